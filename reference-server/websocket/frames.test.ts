import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { describe, it } from 'mocha'
import { type FrameListener, Frames } from './frames.ts'

const LIMITS = {
  enabled: true,
  messageBytes: 2 ** 24,
  fragments: 2 ** 16,
  queueBytes: 2 ** 20,
  pingIntervalMs: 0,
  pingTimeoutMs: 0,
  closeTimeoutMs: 0,
  compression: false,
} as const

/** How much longer eight times the pieces may take: where each piece moves all of the others, it is 64 times. */
const LINEAR = 30

/** A binary message whose mask changes nothing. */
function frame(payload: Buffer): Buffer {
  const head = Buffer.alloc(14)
  head.writeUInt16BE(0x82ff)
  head.writeUIntBE(payload.length, 4, 6)
  return Buffer.concat([head, payload])
}

const fail = (): never => assert.fail()

/** What is told of the bytes in pieces of this size. */
function heard(bytes: Buffer, size: number): { readonly messages: Buffer[]; readonly ms: number } {
  const messages: Buffer[] = []
  const listener: FrameListener = {
    message: (data) => void messages.push(data),
    pong: fail,
    closeFrame: fail,
    violation: fail,
  }
  const frames = new Frames(new PassThrough(), null, LIMITS, listener)
  const began = performance.now()
  for (let at = 0; at < bytes.length; at += size) frames.receive(bytes.subarray(at, at + size))
  return { messages, ms: performance.now() - began }
}

describe('frames', () => {
  it('are read in linear time, however small their pieces are', () => {
    const payload = randomBytes(1_600_000)
    const { messages, ms } = heard(frame(payload), 2)
    assert.ok(messages.length === 1 && messages[0]?.equals(payload))
    const few = heard(frame(payload.subarray(0, payload.length / 8)), 2)
    assert.ok(ms < LINEAR * few.ms, `${ms} ms, and ${few.ms} ms for an eighth of it`)
  })

  for (const size of [1, 3, 1000])
    it(`are the same in pieces of ${size}`, () => {
      const payloads = [1, 1023, 5000, 2_000_000, 7, 100_000].map((length) => randomBytes(length))
      const { messages } = heard(Buffer.concat(payloads.map(frame)), size)
      assert.ok(Buffer.concat(messages).equals(Buffer.concat(payloads)))
      assert.deepEqual(
        messages.map(({ length }) => length),
        payloads.map(({ length }) => length),
      )
    })
})
