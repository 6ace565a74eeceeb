import { isIPv6 } from 'node:net'
import { COLON, HEX_VALUE, HOST, PERCENT } from './alphabet.ts'
import { ProtocolError } from './errors.ts'
import type { RequestLine } from './request-line.ts'

/** A request target taken apart, as the scope shows it. */
export interface Target {
  readonly path: string
  readonly rawPath: Uint8Array
  readonly queryString: Uint8Array
  /** Authority of an absolute-form target, which overrules the Host field (RFC 9112 §3.2.2). */
  readonly authority: Uint8Array | null
}

const SLASH = 0x2f
const ZERO = 0x30
const BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const ASTERISK = 0x2a
const EMPTY = new Uint8Array(0)

/** RFC 9112 §3.2: origin-form, absolute-form, asterisk-form of OPTIONS; no other form has a meaning here. */
export function readTarget(bytes: Buffer, line: RequestLine, method: string): Target {
  const { target, targetEnd, query } = line
  if (method === 'CONNECT') {
    throw new ProtocolError(501, 'RFC 9110 §9.3.6', 'This server is no tunnel.')
  }
  if (bytes[target] === SLASH) return fromPath(bytes, target, targetEnd, query, line.escaped, null)
  if (bytes[target] === ASTERISK && targetEnd === target + 1) {
    if (method === 'OPTIONS') return fromPath(bytes, target, targetEnd, -1, false, null)
    throw new ProtocolError(400, 'RFC 9112 §3.2.4', 'The target "*" belongs to OPTIONS alone.')
  }
  return readAbsolute(bytes, line)
}

/** RFC 9112 §3.2.2: `http` or `https`, `://`, an authority without userinfo, then path and query. */
function readAbsolute(bytes: Buffer, line: RequestLine): Target {
  const text = bytes.toString('latin1', line.target, line.targetEnd)
  const match = /^https?:\/\/([^/?]+)/i.exec(text)
  if (match === null || match[1] === undefined) {
    throw new ProtocolError(400, 'RFC 9112 §3.2', 'A target is a path, an http URI, or "*".')
  }
  const authorityEnd = line.target + match[0].length
  const authority = bytes.subarray(authorityEnd - match[1].length, authorityEnd)
  if (!isHost(authority, 0, authority.length)) {
    throw new ProtocolError(400, 'RFC 9110 §4.2.4', 'The authority of a target is host and port.')
  }
  if (bytes[authorityEnd] === SLASH) {
    const { targetEnd, query, escaped } = line
    return fromPath(bytes, authorityEnd, targetEnd, query, escaped, authority)
  }
  // RFC 9110 §4.2.3: an empty path component is equivalent to "/".
  const queryString = line.query === -1 ? EMPTY : bytes.subarray(line.query + 1, line.targetEnd)
  return { path: '/', rawPath: Buffer.from('/'), queryString, authority }
}

function fromPath(
  bytes: Buffer,
  start: number,
  targetEnd: number,
  query: number,
  escaped: boolean,
  authority: Uint8Array | null,
): Target {
  const end = query === -1 ? targetEnd : query
  const rawPath = bytes.subarray(start, end)
  return {
    path: escaped
      ? decodePath(rawPath)
      : end === start + 1
        ? singleByte(bytes, start)
        : rawPath.toString('latin1'),
    rawPath,
    queryString: query === -1 ? EMPTY : bytes.subarray(query + 1, targetEnd),
    authority,
  }
}

function singleByte(bytes: Buffer, at: number): string {
  return bytes[at] === SLASH ? '/' : '*'
}

/**
 * www.rst, `path`: percent sequences and UTF-8 decoded. What is no UTF-8 becomes U+FFFD; a percent sign
 * that starts no sequence stands for itself.
 */
export function decodePath(raw: Uint8Array): string {
  const decoded = Buffer.allocUnsafe(raw.length)
  let length = 0
  for (let i = 0; i < raw.length; i += 1) {
    const byte = raw[i] ?? 0
    if (byte === PERCENT && i + 2 < raw.length) {
      const high = HEX_VALUE[raw[i + 1] ?? 0] ?? 0
      const low = HEX_VALUE[raw[i + 2] ?? 0] ?? 0
      if (high !== 255 && low !== 255) {
        decoded[length] = (high << 4) | low
        length += 1
        i += 2
        continue
      }
    }
    decoded[length] = byte
    length += 1
  }
  return decoded.toString('utf8', 0, length)
}

/** RFC 9110 §7.2: `uri-host [ ":" port ]`, not empty: an http URI without a host is invalid (§4.2.1). */
export function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  const port =
    bytes[start] === BRACKET ? endOfLiteral(bytes, start, end) : endOfName(bytes, start, end)
  if (port === start) return false
  if (port === end) return true
  if (bytes[port] !== COLON) return false
  for (let i = port + 1; i < end; i += 1) {
    const digit = (bytes[i] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return false
  }
  return true
}

/** RFC 3986 §3.2.2, `reg-name` or IPv4: the offset behind it, `start` where there is none. */
function endOfName(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== COLON) {
    const byte = bytes[i] ?? 0
    if (byte === PERCENT) {
      if (i + 2 >= end || !isHex(bytes[i + 1]) || !isHex(bytes[i + 2])) return start
      i += 2
    } else if (HOST[byte] === 0) return start
    i += 1
  }
  return i
}

function isHex(byte: number | undefined): boolean {
  return HEX_VALUE[byte ?? 0] !== 255
}

/** RFC 3986 §3.2.2, `IP-literal`: the offset behind its bracket, `start` where it is broken. */
function endOfLiteral(bytes: Uint8Array, start: number, end: number): number {
  const close = bytes.indexOf(CLOSING_BRACKET, start)
  if (close === -1 || close >= end) return start
  const { buffer, byteOffset } = bytes
  const literal = Buffer.from(buffer, byteOffset + start + 1, close - start - 1).toString('latin1')
  const valid = IPV6_CHARACTERS.test(literal) ? isIPv6(literal) : IP_FUTURE.test(literal)
  return valid ? close + 1 : start
}

/** No zone, which Node.js takes for a part of the address. */
const IPV6_CHARACTERS = /^[0-9a-f:.]+$/i

/** RFC 3986 §3.2.2, `IPvFuture`: a version, and what its address is made of. */
const IP_FUTURE = /^v[0-9a-f]+\.[\w\-.~!$&'()*+,;=:]+$/i
