/**
 * The Huffman code of HPACK (RFC 7541, Appendix B). It is canonical: the codes follow from their lengths,
 * so that this is all there is to know. Length in bits, and the bytes that have such a code, in hex.
 */
const BY_LENGTH: readonly (readonly [bits: number, symbols: string])[] = [
  [5, '303132616365696f7374'],
  [6, '20252d2e2f333435363738393d415f62646667686c6d6e707275'],
  [7, '3a42434445464748494a4b4c4d4e4f5051525354555657596a6b71767778797a'],
  [8, '262a2c3b585a'],
  [10, '212228293f'],
  [11, '272b7c'],
  [12, '233e'],
  [13, '0024405b5d7e'],
  [14, '5e7d'],
  [15, '3c607b'],
  [19, '5cc3d0'],
  [20, '808283a2b8c2e0e2'],
  [21, '99a1a7acb0b1b3d1d8d9e3e5e6'],
  [22, '8184858688929a9ca0a3a4a9aaadb2b5b9babbbdbec4c6e4e8e9'],
  [23, '0187898a8b8c8d8f93959697989b9d9ea5a6a8aeafb4b6b7bcbfc5e7ef'],
  [24, '098e9091949fabced7e1eced'],
  [25, 'c7cfeaeb'],
  [26, 'c0c1c8c9cacdd2d5dadbeef0f2f3ff'],
  [27, 'cbccd3d4d6dddedff1f4f5f6f7f8fafbfcfdfe'],
  [28, '020304050607080b0c0e0f1011121314151718191a1b1c1d1e1f7fdcf9'],
  [30, '0a0d16'],
]

/** The code of the end-of-string symbol, thirty ones, which is never sent; its start pads the last byte. */
const MOST_PADDING = 7

const SYMBOLS: ReadonlyMap<number, number> = symbols()
/** Length and code of each byte. */
const CODES: ReadonlyMap<number, readonly [bits: number, code: number]> = new Map(
  Array.from(SYMBOLS, ([key, symbol]) => [symbol, [Math.floor(key / 2 ** 31), key % 2 ** 31]]),
)

function symbols(): Map<number, number> {
  const table = new Map<number, number>()
  let code = 0
  let width = BY_LENGTH[0]?.[0] ?? 0
  for (const [bits, hex] of BY_LENGTH) {
    code *= 2 ** (bits - width)
    width = bits
    for (const symbol of Buffer.from(hex, 'hex')) {
      table.set(keyOf(bits, code), symbol)
      code += 1
    }
  }
  return table
}

/** Codes of different lengths may have the same value. */
function keyOf(bits: number, code: number): number {
  return bits * 2 ** 31 + code
}

/** The decoded bytes; null where RFC 7541 §5.2 wants a decoding error. */
export function decodeHuffman(bytes: Buffer): Buffer | null {
  const decoded: number[] = []
  let code = 0
  let bits = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = code * 2 + ((byte >> bit) & 1)
      bits += 1
      const symbol = SYMBOLS.get(keyOf(bits, code))
      if (symbol !== undefined) {
        decoded.push(symbol)
        code = 0
        bits = 0
      } else if (bits > 30) return null
    }
  }
  return bits <= MOST_PADDING && code === 2 ** bits - 1 ? Buffer.from(decoded) : null
}

/** The code of these bytes, its last byte filled up with ones (RFC 7541 §5.2). */
export function encodeHuffman(bytes: Buffer): Buffer {
  const bits = Array.from(bytes, (byte) => {
    const [width, code] = CODES.get(byte) ?? [0, 0]
    return code.toString(2).padStart(width, '0')
  }).join('')
  const whole = bits.padEnd(8 * Math.ceil(bits.length / 8), '1')
  return Buffer.from(whole.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
}
