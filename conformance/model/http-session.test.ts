import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import {
  after,
  dueTo,
  type HttpModel,
  type HttpTurn,
  IDLE,
  mayDisconnect,
  mayTake,
  OPENING,
} from './http-session.ts'

function model(turn: Partial<HttpTurn>, client: HttpModel['client'] = 'there'): HttpModel {
  return { client, turn: { ...OPENING, opened: true, ...turn } }
}

const WHOLE = { sent: true, given: 'whole' } as const

/** www.rst, "Request - receive event" and "Disconnect - receive event". */
describe('the model of an HTTP session', () => {
  it('owes the application an event once the request is whole, and nothing before', () => {
    assert.equal(dueTo(model({})), 'either')
    assert.equal(dueTo(model({ response: 'complete' })), 'either')
    assert.equal(dueTo(model({ sent: true })), 'event')
  })

  it('lets receive() wait while the client waits for its response', () => {
    assert.equal(dueTo(model(WHOLE)), 'nothing')
    assert.equal(dueTo(model({ ...WHOLE, response: 'started' })), 'nothing')
    assert.equal(mayDisconnect(model({ ...WHOLE, response: 'started' })), false)
  })

  it('owes a disconnect after the response and after the client has left', () => {
    for (const over of [model({ ...WHOLE, response: 'complete' }), model(WHOLE, 'left')]) {
      assert.equal(dueTo(over), 'event')
      assert.equal(mayDisconnect(over), true)
    }
  })

  it('is between two requests only when both sides are done', () => {
    const answered = model({ ...WHOLE, response: 'complete' })
    assert.equal(after(answered, { over: true }).turn, null)
    assert.notEqual(after({ ...answered, client: 'left' }, { over: true }).turn, null)
    assert.notEqual(after(model({ response: 'complete' }), { over: true }).turn, null)
  })

  it('lets nobody act out of turn', () => {
    assert.equal(mayTake(IDLE, 'request'), true)
    assert.equal(mayTake(IDLE, 'start'), false)
    assert.equal(mayTake(model({}), 'request'), false)
    assert.equal(mayTake(model({}), 'body'), false)
    assert.equal(mayTake(model({ response: 'started' }), 'start'), false)
    assert.equal(mayTake(model({ given: 'disconnect' }), 'receive'), false)
    assert.equal(mayTake(model({ over: true }), 'end'), false)
    assert.equal(mayTake(model({ opened: false }), 'start'), false)
    assert.equal(mayTake(model(WHOLE, 'left'), 'content'), false)
  })
})
