/** Byte classes of the HTTP/1.1 grammar as tables, so that a parser decides with one array access. */

export const HTAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20
export const COLON = 0x3a
export const COMMA = 0x2c
export const SEMICOLON = 0x3b
export const QUESTION = 0x3f
export const PERCENT = 0x25

function table(accept: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => accept(byte))
}

function contains(characters: string): (byte: number) => boolean {
  return (byte) => byte < 0x80 && characters.includes(String.fromCharCode(byte))
}

const isAlphanumeric = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)

const isTokenPunctuation = contains("!#$%&'*+-.^_`|~")

/** RFC 9110 §5.6.2, `tchar`: the byte itself, letters in lower case; 0 for all that is no token. */
export const TOKEN: Uint8Array = table((byte) => {
  if (!isAlphanumeric(byte)) return isTokenPunctuation(byte) ? byte : 0
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
})

/**
 * RFC 9110 §5.5, `field-content`: 1 for visible characters, obs-text, SP and HTAB. The remaining
 * control characters, which the RFC lets a recipient keep in a safe context, are refused.
 */
export const FIELD_VALUE: Uint8Array = table((byte) =>
  byte === HTAB || (byte >= SP && byte !== 0x7f) ? 1 : 0,
)

/**
 * RFC 9112 §3.2, request-target: 1 for visible US-ASCII but `#`, which no form of target contains.
 * The few visible characters that RFC 3986 excludes are let through: browsers send them in queries.
 */
export const TARGET: Uint8Array = table((byte) =>
  byte > SP && byte < 0x7f && byte !== 0x23 ? 1 : 0,
)

const isHostPunctuation = contains("-._~!$&'()*+;=")

/** RFC 3986 §3.2.2: 1 for what a host is made of, but for escapes and what delimits an IP literal. */
export const HOST: Uint8Array = table((byte) =>
  isAlphanumeric(byte) || isHostPunctuation(byte) ? 1 : 0,
)

/** RFC 5234, `HEXDIG`: its value, 255 for all others. */
export const HEX_VALUE: Uint8Array = table((byte) => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 && byte >= 0x41 ? lower - 0x57 : 255
})
