import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { ResponseReader, type WireResponse } from './response-reader.ts'

/** What one response is read as; `clause` is that of its first defect. */
interface Reading {
  readonly status: number
  readonly body: string
  readonly framing: WireResponse['framing']
  readonly complete: boolean
  readonly clause: string | null
}

type Case = readonly [bytes: string, method: string, reading: Reading]

const H = 'HTTP/1.1 '
const CHUNKED = `${H}200 OK\r\nTransfer-Encoding: chunked\r\n\r\n`

function read(status: number, body: string, framing: Reading['framing'], clause?: string): Reading {
  return { status, body, framing, complete: true, clause: clause ?? null }
}

function cut(reading: Reading): Reading {
  return { ...reading, complete: false }
}

const GOOD: readonly Case[] = [
  [`${H}200 OK\r\nContent-Length: 2\r\n\r\nok`, 'GET', read(200, 'ok', 'content-length')],
  [`${H}200 \r\ncontent-length:0\r\n\r\n`, 'GET', read(200, '', 'content-length')],
  [`${H}404 \r\nContent-Length: 1\r\n\r\nx`, 'POST', read(404, 'x', 'content-length')],
  [`${H}200 OK\r\nContent-Length: 9\r\n\r\n`, 'HEAD', read(200, '', 'none')],
  [`${H}304 Not Modified\r\nContent-Length: 9\r\n\r\n`, 'GET', read(304, '', 'none')],
  [`${H}204 No Content\r\n\r\n`, 'GET', read(204, '', 'none')],
  [`${CHUNKED}2\r\nok\r\n0\r\n\r\n`, 'GET', read(200, 'ok', 'chunked')],
  [
    `${CHUNKED}01;a="b"\r\nx\r\nA\r\n0123456789\r\n0\r\nSum: 1\r\n\r\n`,
    'GET',
    read(200, 'x0123456789', 'chunked'),
  ],
  [
    `${H}200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    'GET',
    read(200, '', 'chunked'),
  ],
  [`${H}200 OK\r\n\r\nuntil the end`, 'GET', read(200, 'until the end', 'close')],
  [
    `${H}100 Continue\r\n\r\n${H}200 OK\r\nContent-Length: 0\r\n\r\n`,
    'GET',
    read(200, '', 'content-length'),
  ],
]

const BROKEN: readonly Case[] = [
  [
    `${H}404\r\nContent-Length: 1\r\n\r\nx`,
    'POST',
    read(404, 'x', 'content-length', 'wire/rfc9112/status-line'),
  ],
  [
    `HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n`,
    'GET',
    read(0, '', 'content-length', 'wire/rfc9112/status-line'),
  ],
  [
    `HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n`,
    'GET',
    read(0, '', 'content-length', 'wire/rfc9112/status-line'),
  ],
  [
    `${H}200 OK\r\nA : 1\r\nContent-Length: 0\r\n\r\n`,
    'GET',
    read(200, '', 'content-length', 'wire/rfc9112/field-syntax'),
  ],
  [
    `${H}200 OK\r\nNo colon\r\nContent-Length: 0\r\n\r\n`,
    'GET',
    read(200, '', 'content-length', 'wire/rfc9112/field-syntax'),
  ],
  [
    `${H}200 OK\r\nA: 1\nB: 2\r\nContent-Length: 0\r\n\r\n`,
    'GET',
    read(200, '', 'content-length', 'wire/rfc9112/field-syntax'),
  ],
  [
    `${H}200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok`,
    'GET',
    read(200, 'ok', 'content-length', 'wire/rfc9112/message-framing'),
  ],
  [
    `${H}200 OK\r\nContent-Length: two\r\n\r\n`,
    'GET',
    read(200, '', 'content-length', 'wire/rfc9112/message-framing'),
  ],
  [
    `${H}200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'GET',
    read(200, '', 'chunked', 'wire/rfc9112/no-content-length-beside-te'),
  ],
  [
    `${H}204 No Content\r\nContent-Length: 0\r\n\r\n`,
    'GET',
    read(204, '', 'none', 'wire/rfc9110/no-content-length-in-204'),
  ],
  [
    `${H}204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n`,
    'GET',
    read(204, '', 'none', 'wire/rfc9112/no-transfer-encoding-in-204-1xx'),
  ],
  [`${CHUNKED}x\r\n`, 'GET', cut(read(200, '', 'chunked', 'wire/rfc9112/message-framing'))],
  [
    `${CHUNKED}2\r\nokay\r\n`,
    'GET',
    cut(read(200, 'ok', 'chunked', 'wire/rfc9112/message-framing')),
  ],
  [`${H}200 OK\r\nContent-Length: 3\r\n\r\nok`, 'GET', cut(read(200, 'ok', 'content-length'))],
  [`${CHUNKED}2\r\nok\r\n`, 'GET', cut(read(200, 'ok', 'chunked'))],
]

/** Reads segments, then the end of the connection. */
function readAll(segments: readonly Buffer[], methods: readonly string[]): WireResponse[] {
  const reader = new ResponseReader()
  for (const method of methods) reader.expect(method)
  return [...segments.flatMap((segment) => reader.push(segment)), ...reader.end()]
}

function summary({ status, body, framing, complete, defects }: WireResponse): Reading {
  const clause = defects[0]?.clause ?? null
  return { status, body: body.toString('latin1'), framing, complete, clause }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** The bytes, cut where the shares (in thousandths) say. */
function cutAt(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const cuts = shares.map((share) => Math.floor((share * bytes.length) / 1000))
  const ends = [...cuts.toSorted((a, b) => a - b), bytes.length]
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

describe('response reader', () => {
  for (const [bytes, method, reading] of [...GOOD, ...BROKEN]) {
    it(`reads ${JSON.stringify(bytes)} after ${method} as ${JSON.stringify(reading)}`, () => {
      const [response, ...others] = readAll([bytesOf(bytes)], [method])
      assert.ok(response)
      assert.deepEqual(summary(response), reading)
      assert.deepEqual(others, [])
    })
  }

  it('reads the same from any segments, byte by byte among them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GOOD, ...BROKEN),
        fc.option(fc.array(fc.nat(1000), { maxLength: 8 }), { nil: null }),
        ([text, method], shares) => {
          const bytes = bytesOf(text)
          const segments =
            shares === null ? Array.from(bytes, (byte) => Buffer.of(byte)) : cutAt(bytes, shares)
          assert.deepEqual(
            readAll(segments, [method]).map(summary),
            readAll([bytes], [method]).map(summary),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('leaves bytes behind a complete response alone, however they arrive', () => {
    const framed = GOOD.filter(([, , { framing }]) => framing !== 'close')
    fc.assert(
      fc.property(
        fc.constantFrom(...framed),
        fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }),
        fc.array(fc.nat(1000), { maxLength: 4 }),
        ([text, method, reading], surplus, shares) => {
          const reader = new ResponseReader()
          reader.expect(method)
          const responses = cutAt(bytesOf(text + surplus), shares).flatMap((part) =>
            reader.push(part),
          )
          assert.deepEqual(responses.map(summary), [reading])
          assert.equal(reader.surplus.toString('latin1'), surplus)
        },
      ),
    )
  })

  it('reads responses that follow one another as those of the requests in their order', () => {
    const framed = GOOD.filter(([, , { framing }]) => framing !== 'close')
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...framed), { maxLength: 5 }), (cases) => {
        const bytes = bytesOf(cases.map(([text]) => text).join(''))
        const methods = cases.map(([, method]) => method)
        assert.deepEqual(
          readAll([bytes], methods).map(summary),
          cases.map(([, , reading]) => reading),
        )
      }),
    )
  })

  it('never throws, whatever the bytes', () => {
    const anything = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
    const almost = fc
      .tuple(fc.constantFrom(...GOOD), fc.nat(999), fc.nat(255))
      .map(([[text], share, byte]) => {
        const bytes = bytesOf(text)
        bytes[Math.floor((share * bytes.length) / 1000)] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(anything, almost), (bytes) => {
        for (const { body } of readAll([bytes], ['GET', 'HEAD']))
          assert.ok(body.length <= bytes.length)
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps interim responses, trailers and chunk sizes', () => {
    const text = `${H}103 Early Hints\r\nLink: a\r\n\r\n${CHUNKED}2\r\nok\r\n1\r\n!\r\n0\r\nSum: 3\r\n\r\n`
    const [response] = readAll([bytesOf(text)], ['GET'])
    assert.deepEqual(
      response?.interim.map(({ status }) => status),
      [103],
    )
    assert.deepEqual(response?.chunks, [2, 1])
    assert.deepEqual(response?.trailers, [['Sum', '3']])
  })
})
