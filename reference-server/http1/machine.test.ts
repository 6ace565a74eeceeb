import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { cutAt, eachByte, traceOf } from '../testing/machine-trace.ts'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** Fragments that reach deep into the grammar when they are put together at random. */
const FRAGMENTS = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
  '5;a=b;c="d\\"e"\r\nhello\r\n',
  '0\r\nX-Sum: 1\r\n\r\n',
  '0\r\n\r\n',
  'GET ',
  '/a%20b?q=%zz',
  ' HTTP/1.1\r\n',
  ' HTTP/1.0\r\n',
  'Host: b\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Connection: close\r\n',
  'X: y\r\n',
  '\r\n',
  '\r',
  '\n',
  ' ',
  ':',
  '\0',
]

const streams = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .array(fc.constantFrom(...FRAGMENTS), { maxLength: 12 })
    .map((parts) => Uint8Array.from(latin1(parts.join('')))),
)

const SMALL = { requestLineBytes: 60, headerBytes: 80, headerCount: 3, bodyBytes: 20 }

describe('the HTTP/1.1 machine', () => {
  it('makes the same of the same bytes, however they were cut, and throws only its own error', () => {
    fc.assert(
      fc.property(
        streams,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.boolean(),
        (bytes, cuts, end) => {
          const whole = traceOf([bytes], end)
          assert.deepEqual(traceOf(cutAt(bytes, cuts), end), whole)
          assert.deepEqual(traceOf(eachByte(bytes), end), whole)
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('keeps that law at its limits', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
        const whole = traceOf([bytes], true, SMALL)
        assert.deepEqual(traceOf(cutAt(bytes, cuts), true, SMALL), whole)
        assert.deepEqual(traceOf(eachByte(bytes), true, SMALL), whole)
      }),
      { numRuns: 3_000 },
    )
  })

  it('judges the length of a line before its form, however it arrives', () => {
    for (const [text, status] of [
      [`${'x'.repeat(70)}\r\n`, 414],
      [`GET / HTTP/1.1\r\nHost a${'x'.repeat(80)}\r\n`, 431],
    ] as const) {
      for (const pieces of [[latin1(text)], eachByte(latin1(text))]) {
        assert.equal(traceOf(pieces, false, SMALL).refused, status)
      }
    }
  })

  it('gives a request the same meaning whatever bytes follow it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (rest) => {
        const request = latin1(FRAGMENTS[1] ?? '')
        const [alone] = traceOf([request]).requests
        const [followed] = traceOf([Buffer.concat([request, rest])]).requests
        assert.deepEqual(followed, alone)
      }),
    )
  })

  it('delivers a body of any bytes in any chunks as it was', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 6 })
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(), { maxLength: 5 }), (chunks, cuts) => {
        const body = Buffer.concat(chunks)
        const encoded = chunks.map((chunk) =>
          Buffer.concat([latin1(`${chunk.length.toString(16)}\r\n`), chunk, latin1('\r\n')]),
        )
        const head = 'POST / HTTP/1.1\r\nHost: a\r\n'
        const chunked = Buffer.concat([
          latin1(`${head}Transfer-Encoding: chunked\r\n\r\n`),
          ...encoded,
          latin1('0\r\n\r\n'),
        ])
        const counted = Buffer.concat([
          latin1(`${head}Content-Length: ${body.length}\r\n\r\n`),
          body,
        ])
        for (const bytes of [chunked, counted]) {
          const [request] = traceOf(cutAt(bytes, cuts)).requests
          assert.equal(request?.body, body.toString('latin1'))
          assert.equal(request?.complete, true)
        }
      }),
    )
  })

  it('takes an end of stream between requests only', () => {
    assert.equal(traceOf([latin1(FRAGMENTS[0] ?? '')], true).closed, true)
    assert.equal(traceOf([latin1('GET / HT')], true).refused, 400)
    const unfinished = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel'
    assert.equal(traceOf([latin1(unfinished)], true).refused, 400)
  })

  it('does not look at the bytes after a request that ends the connection', () => {
    const bytes = latin1(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    )
    const trace = traceOf([bytes])
    assert.equal(trace.requests.length, 1)
    assert.equal(trace.refused, null)
  })
})
