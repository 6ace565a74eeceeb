import fc, { type Arbitrary } from 'fast-check'
import { type HeadersExtras, NO_EXTRAS } from '../http2/frame.ts'
import type { BlockStyle } from '../http2/hpack-encoder.ts'
import type { HeadFraming } from '../http2/request.ts'
import { cutShares } from './http.ts'

/** By text or by index, in the Huffman code or not, behind other sizes of the dynamic table (RFC 7541 §6). */
export const blockStyle: Arbitrary<BlockStyle> = fc.record({
  representation: fc.constantFrom('plain', 'never-indexed', 'remembered', 'indexed'),
  huffman: fc.boolean(),
  resizes: fc.constantFrom<readonly number[]>([], [], [0, 4096], [100]),
})

/** Padding, and a priority of any of the forms (RFC 9113 §6.2, §5.3). */
const anyExtras: Arbitrary<HeadersExtras> = fc.record({
  padding: fc.option(fc.nat(255), { nil: null }),
  priority: fc.constantFrom('none', 'none', 'field', 'frame'),
})

/** Any way of writing the same head, in CONTINUATION frames too; one frame with nothing else in it as often. */
export const headFraming: Arbitrary<HeadFraming> = fc.record({
  style: blockStyle,
  extras: fc.oneof(fc.constant(NO_EXTRAS), anyExtras),
  cuts: fc.oneof(
    fc.constant([]),
    cutShares.map((cuts) => cuts.toSorted((a, b) => a - b)),
  ),
})
