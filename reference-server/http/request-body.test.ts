import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { RequestBody } from './request-body.ts'

const MANY = 200_000
/** How much longer eight times the pieces may take: where each piece moves all of the others, it is 64 times. */
const LINEAR = 30

/** Milliseconds in which so many pieces are received that wait already. */
async function received(pieces: number): Promise<number> {
  const body = new RequestBody({ wantBody: () => {}, watchClient: () => {} })
  const piece = Buffer.from('x')
  for (let count = 0; count < pieces; count += 1) body.push(piece)
  body.end()
  const began = performance.now()
  for (let count = 1; count <= pieces; count += 1) {
    const event = await body.take()
    assert.ok(event.type === 'http.request' && event.more_body === count < pieces)
  }
  assert.equal(body.buffered, 0)
  return performance.now() - began
}

describe('the body of a request', () => {
  it('is received in linear time, however small its pieces are', async () => {
    const few = await received(MANY / 8)
    const many = await received(MANY)
    assert.ok(many < LINEAR * few, `${many} ms, and ${few} ms for an eighth of it`)
  })
})
