const PADDED = 0x8
const PRIORITY = 0x20

/** The part of a field block in the payload of HEADERS, without padding and priority (RFC 9113 §6.2). */
export function fragmentOf(payload: Buffer, flags: number): Buffer {
  const padded = (flags & PADDED) !== 0
  const start = (padded ? 1 : 0) + ((flags & PRIORITY) !== 0 ? 5 : 0)
  const end = payload.length - (padded ? (payload[0] ?? 0) : 0)
  return payload.subarray(start, Math.max(start, end))
}

/**
 * How many fields a block holds: that needs no table and no Huffman code, only the lengths (RFC 7541 §6).
 * Null for a block that breaks off, which is nghttp2's to refuse.
 */
export function countFields(block: Buffer): number | null {
  let count = 0
  let at = 0
  const integer = (prefix: number): number => {
    const most = 2 ** prefix - 1
    let value = (block[at] ?? 0) & most
    at += 1
    if (value < most) return value
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = block[at] ?? 0
      at += 1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    return value
  }
  const skipText = (): void => {
    const length = integer(7)
    at += length
  }
  while (at < block.length) {
    const first = block[at] ?? 0
    if ((first & 0xe0) === 0x20) {
      integer(5)
      continue
    }
    count += 1
    if ((first & 0x80) !== 0) {
      integer(7)
      continue
    }
    if (integer((first & 0x40) !== 0 ? 6 : 4) === 0) skipText()
    skipText()
  }
  return at === block.length ? count : null
}
