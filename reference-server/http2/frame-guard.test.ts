import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { cutAt } from '../testing/machine-trace.ts'
import { FrameGuard } from './frame-guard.ts'

const END = 0x1
const END_HEADERS = 0x4

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

const MAGIC = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const settings = frame(4, 0, 0, Buffer.alloc(0))
const PREFACE = Buffer.concat([MAGIC, settings])
/** Five times the field with the index 2. */
const BLOCK = Buffer.alloc(5, 0x82)

const headers = (stream: number, flags = 0): Buffer => frame(1, flags | END_HEADERS, stream, BLOCK)
const begun = (stream: number): Buffer => frame(1, 0, stream, BLOCK)
const continued = (stream: number): Buffer => frame(9, END_HEADERS, stream, BLOCK)
const data = (stream: number, flags = 0): Buffer => frame(0, flags, stream, Buffer.alloc(7))
const reset = (stream: number): Buffer => frame(3, 0, stream, Buffer.alloc(4))
const pingAck = frame(6, END, 0, Buffer.alloc(8))
const widen = (stream: number, by: number): Buffer => {
  const increment = Buffer.alloc(4)
  increment.writeUInt32BE(by)
  return frame(8, 0, stream, increment)
}

interface Judged {
  readonly passed: string
  readonly error: number | null
}

function judge(pieces: readonly Uint8Array[]): Judged {
  const guard = new FrameGuard()
  const passed: Buffer[] = []
  for (const piece of pieces) {
    const { bytes, error } = guard.receive(Buffer.from(piece))
    passed.push(Buffer.from(bytes))
    if (error !== null) return { passed: Buffer.concat(passed).toString('hex'), error }
  }
  return { passed: Buffer.concat(passed).toString('hex'), error: null }
}

const CASES: readonly (readonly [string, readonly Buffer[], number | null])[] = [
  ['a request with body', [headers(1), data(1), data(1, END)], null],
  ['trailers', [headers(1), data(1), headers(1, END)], null],
  ['requests one after the other', [headers(1, END), headers(3, END), headers(5, END)], null],
  ['a frame on a reset stream that was open', [headers(1), widen(1, 1), reset(1)], null],
  ['data after the end', [headers(1, END), data(1)], 5],
  ['headers after the end', [headers(1, END), headers(1)], 5],
  ['data after a reset', [headers(1), reset(1), data(1)], 5],
  ['headers after a reset', [headers(1), reset(1), headers(1)], 5],
  ['a lower stream', [headers(5, END), headers(3, END)], 1],
  ['an even stream', [headers(2, END)], 1],
  ['a field block in two frames', [begun(1), continued(1), data(1, END)], null],
  ['a frame within a field block', [begun(1), pingAck, continued(1)], 1],
  ['a field block that goes on on another stream', [begun(1), continued(3)], 1],
  ['a full window', [widen(0, 2 ** 31 - 1 - 65_535)], null],
  ['a window that overflows', [widen(0, 2 ** 31 - 65_535)], 3],
  ['a window that grows by nothing', [widen(0, 0)], 1],
  ['a window of a stream that grows by nothing', [headers(1), widen(1, 0)], 1],
  ['data on an idle stream', [headers(1, END), data(3)], 1],
  ['a reset of an idle stream', [reset(1)], 1],
  ['a window of an idle stream', [widen(1, 1)], 1],
  ['a window of a stream that the server may have opened', [widen(2, 1)], null],
  ['data of no stream', [data(0)], 1],
  ['headers of no stream', [headers(0)], 1],
  ['a ping of a stream', [headers(1), frame(6, 0, 1, Buffer.alloc(8))], 1],
  ['an acknowledgement of a ping of a stream', [headers(1), frame(6, END, 1, Buffer.alloc(8))], 1],
  ['a reset of no stream', [reset(0)], 1],
]

describe('the frame guard', () => {
  for (const [what, frames, expected] of CASES) {
    it(`${expected === null ? 'passes' : 'refuses'} ${what}`, () => {
      const { error, passed } = judge([PREFACE, ...frames])
      assert.equal(error, expected)
      if (expected === null)
        assert.equal(passed, Buffer.concat([PREFACE, ...frames]).toString('hex'))
    })
  }

  it('resets a stream whose window overflows, and leaves the connection alone', () => {
    const frames = [PREFACE, headers(1), widen(1, 2 ** 31 - 1), widen(1, 1), headers(3)]
    const { resets, error } = new FrameGuard().receive(Buffer.concat(frames))
    assert.deepEqual({ resets, error }, { resets: [1], error: null })
  })

  it('resets no stream that the client has reset', () => {
    const frames = [PREFACE, headers(1), reset(1), widen(1, 2 ** 31 - 1), widen(1, 1)]
    const { resets, error } = new FrameGuard().receive(Buffer.concat(frames))
    assert.deepEqual({ resets, error }, { resets: [], error: null })
  })

  it('passes trailers for a stream that the server has reset, and a request behind them', () => {
    const guard = new FrameGuard()
    guard.receive(Buffer.concat([PREFACE, headers(1), headers(3)]))
    guard.send(reset(1))
    const late = Buffer.concat([data(1), headers(1, END), headers(5, END)])
    const { bytes, error } = guard.receive(late)
    assert.deepEqual(
      { passed: bytes.toString('hex'), error },
      { passed: late.toString('hex'), error: null },
    )
    assert.equal(guard.fieldCount(1), 5)
    assert.equal(guard.fieldCount(1), null)
  })

  it('keeps unsolicited acknowledgements of pings from nghttp2, and nothing else', () => {
    const { passed } = judge([PREFACE, pingAck, headers(1, END)])
    const ignored = Buffer.from(pingAck)
    ignored.writeUInt8(0xfa, 3)
    assert.equal(passed, Buffer.concat([PREFACE, ignored, headers(1, END)]).toString('hex'))
  })

  it('refuses a connection that does not begin with the preface and SETTINGS', () => {
    for (const wrong of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.concat([MAGIC, headers(1)])])
      assert.equal(judge([wrong]).error, 1)
  })

  it('counts the fields of each request, once, and not those of its trailers', () => {
    const guard = new FrameGuard()
    guard.receive(Buffer.concat([PREFACE, begun(1), continued(1), headers(1, END)]))
    assert.equal(guard.fieldCount(1), 10)
    assert.equal(guard.fieldCount(1), null)
  })

  it('judges the same of the same bytes, however they were cut', () => {
    const frames = fc.array(fc.constantFrom(...CASES.flatMap(([, list]) => list), pingAck))
    fc.assert(
      fc.property(frames, fc.array(fc.nat()), (list, cuts) => {
        const bytes = Buffer.concat([PREFACE, ...list])
        const whole = judge([bytes])
        const cut = judge(cutAt(bytes, cuts))
        assert.equal(cut.error, whole.error)
        if (whole.error === null) assert.equal(cut.passed, whole.passed)
      }),
    )
  })
})
