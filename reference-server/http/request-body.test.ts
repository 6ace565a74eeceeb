import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { RequestBody } from './request-body.ts'

const MANY = 200_000
/** A hundred times what it takes; where each piece moves all of the others, it is ten times as long. */
const LINEAR_MS = 5_000

describe('the body of a request', () => {
  it('is received in linear time, however small its pieces are', async () => {
    const body = new RequestBody({ wantBody: () => {} })
    const piece = Buffer.from('x')
    for (let count = 0; count < MANY; count += 1) body.push(piece)
    body.end()
    const began = performance.now()
    for (let count = 1; count <= MANY; count += 1) {
      const event = await body.take()
      assert.ok(event.type === 'http.request' && event.more_body === count < MANY)
    }
    assert.ok(performance.now() - began < LINEAR_MS)
    assert.equal(body.buffered, 0)
  })
})
