import fc, { type Arbitrary } from 'fast-check'
import type { BlockStyle } from '../http2/hpack-encoder.ts'
import type { HeadFraming } from '../http2/request.ts'
import { cutShares } from './http.ts'

/** By text or by index, in the Huffman code or not, behind other sizes of the dynamic table (RFC 7541 §6). */
export const blockStyle: Arbitrary<BlockStyle> = fc.record({
  representation: fc.constantFrom('plain', 'never-indexed', 'remembered', 'indexed'),
  huffman: fc.boolean(),
  resizes: fc.constantFrom<readonly number[]>([], [], [0, 4096], [100]),
})

/** Any way of writing the same head: with padding or a priority (RFC 9113 §6.2), in CONTINUATION frames. */
export const headFraming: Arbitrary<HeadFraming> = fc.record({
  style: blockStyle,
  extras: fc.record({
    padding: fc.option(fc.nat(255), { nil: null }),
    priority: fc.constantFrom('none', 'none', 'field', 'frame'),
  }),
  cuts: cutShares.map((cuts) => cuts.toSorted((a, b) => a - b)),
})
