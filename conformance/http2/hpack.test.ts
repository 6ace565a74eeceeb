import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { blockStyle } from '../arbitraries/http2.ts'
import { CompressionError, HpackDecoder } from './hpack.ts'
import { HpackEncoder } from './hpack-encoder.ts'
import type { Field } from './hpack-table.ts'

/** RFC 7541, Appendix C.4: three requests on one connection, with Huffman codes. */
const EXAMPLES: readonly (readonly [block: string, fields: readonly Field[]])[] = [
  [
    '828684418cf1e3c2e5f23a6ba0ab90f4ff',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'www.example.com'],
    ],
  ],
  [
    '828684be5886a8eb10649cbf',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'www.example.com'],
      ['cache-control', 'no-cache'],
    ],
  ],
  [
    '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ],
  ],
]

const BROKEN: Readonly<Record<string, string>> = {
  'an index of nothing': '80',
  'an index beyond both tables': 'ff00',
  'a string that breaks off': '000561',
  'a table beyond what was allowed': '3fffff03',
  'padding that is no part of the end-of-string code': '008100816100',
}

describe('the decoder of field blocks', () => {
  it('reads the examples of RFC 7541, and remembers from one to the next', () => {
    const decoder = new HpackDecoder()
    for (const [block, fields] of EXAMPLES)
      assert.deepEqual(decoder.decode(Buffer.from(block, 'hex')), fields)
  })

  for (const [what, block] of Object.entries(BROKEN)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => new HpackDecoder().decode(Buffer.from(block, 'hex')), CompressionError)
    })
  }

  it('reads back what our clients write in any style, block after block', () => {
    const text = fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Buffer.from(bytes).toString('latin1'))
    const field = fc.oneof(
      fc.tuple(text, text),
      fc.constantFrom([':method', 'GET'] as const, ['accept', '*/*'] as const),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(field), blockStyle), { maxLength: 4 }), (blocks) => {
        const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()]
        for (const [fields, how] of blocks)
          assert.deepEqual(decoder.decode(encoder.encode(fields, how)), fields)
      }),
    )
  })

  it('is written to by index and in the Huffman code as RFC 7541 does in its examples', () => {
    const encoder = new HpackEncoder()
    for (const [block, fields] of EXAMPLES) {
      const style = { representation: 'indexed', huffman: true, resizes: [] } as const
      assert.equal(encoder.encode(fields, style).toString('hex'), block)
    }
  })
})
