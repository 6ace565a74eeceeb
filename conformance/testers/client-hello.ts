import { randomBytes } from 'node:crypto'

/** Versions that our own TLS library may refuse to offer, so that their handshake is written by hand. */
export const OLD_VERSIONS = { 'TLS 1.0': 0x0301, 'TLS 1.1': 0x0302 } as const

export type OldVersion = keyof typeof OLD_VERSIONS

/** What a server made of a ClientHello. */
export type HelloAnswer =
  | { readonly kind: 'accepted'; readonly version: number }
  | { readonly kind: 'alert'; readonly description: number }
  | { readonly kind: 'other' }

/** Content types of records (RFC 5246 §6.2.1). */
const ALERT = 21
const HANDSHAKE = 22
/** Types of handshake messages (RFC 5246 §7.4). */
const CLIENT_HELLO = 1
const SERVER_HELLO = 2

/** Suites that every server of those versions had: (EC)DHE and RSA with AES in CBC mode. */
const SUITES = [0xc013, 0xc014, 0xc009, 0xc00a, 0x0033, 0x0039, 0x002f, 0x0035]
/** supported_groups: secp256r1, secp384r1 (RFC 8422 §5.1.1); ec_point_formats: uncompressed (§5.1.2). */
const EXTENSIONS = Buffer.from('000a0006000400170018000b00020100', 'hex')

/** The first flight of a client that speaks no version above this one (RFC 2246, RFC 4346 §7.4.1.2). */
export function clientHello(version: OldVersion): Buffer {
  const number = uint16(OLD_VERSIONS[version])
  const suites = Buffer.concat(SUITES.map(uint16))
  const body = Buffer.concat([
    number,
    randomBytes(32),
    Buffer.from([0]),
    uint16(suites.length),
    suites,
    Buffer.from([1, 0]),
    uint16(EXTENSIONS.length),
    EXTENSIONS,
  ])
  const message = Buffer.concat([Buffer.from([CLIENT_HELLO, 0]), uint16(body.length), body])
  return Buffer.concat([Buffer.from([HANDSHAKE]), number, uint16(message.length), message])
}

/** Null while more bytes are needed. */
export function readHelloAnswer(bytes: Buffer): HelloAnswer | null {
  const type = bytes[0]
  if (type === undefined || (type === ALERT && bytes.length < 7)) return null
  if (type === ALERT) return { kind: 'alert', description: bytes[6] ?? 0 }
  if (type !== HANDSHAKE) return { kind: 'other' }
  // Record header (5), type (1) and length (3) of the message, then the version that was chosen.
  if (bytes.length < 11) return null
  if (bytes[5] !== SERVER_HELLO) return { kind: 'other' }
  return { kind: 'accepted', version: bytes.readUInt16BE(9) }
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
