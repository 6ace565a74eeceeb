import { CR, LF, PERCENT, QUESTION, SP, TARGET, TOKEN } from './alphabet.ts'
import { NotHttp1, ProtocolError } from './errors.ts'
import { INCOMPLETE } from './field-line.ts'

/** Where the parts of the request line begin and end, and what its scan noticed in passing. */
export interface RequestLine {
  method: number
  methodEnd: number
  target: number
  targetEnd: number
  /** Offset of the first `?` of the target, or -1. */
  query: number
  /** True when the target holds a percent sign before the query. */
  escaped: boolean
  version: '1.0' | '1.1'
}

/** `HTTP/x.y` CR LF */
const VERSION_BYTES = 10
const ZERO = 0x30
const NINE = 0x39

/**
 * Reads `method SP request-target SP HTTP-version CRLF` (RFC 9112 §3) at `at` and returns the offset
 * after it or INCOMPLETE. Exactly one SP separates the parts: the RFC lets a recipient be lenient, but
 * two readings of one line are what request smuggling lives on.
 */
export function readRequestLine(bytes: Buffer, at: number, end: number, line: RequestLine): number {
  let i = at
  while (i < end && TOKEN[bytes[i] ?? 0] !== 0) i += 1
  if (i === end) return INCOMPLETE
  if (bytes[i] !== SP || i === at)
    return refuse(bytes, end, i, 'A method is a token and one space.')
  line.method = at
  line.methodEnd = i
  i += 1
  line.target = i
  line.query = -1
  line.escaped = false
  for (; i < end; i += 1) {
    const byte = bytes[i] ?? 0
    if (TARGET[byte] === 0) break
    if (byte === QUESTION && line.query === -1) line.query = i
    if (byte === PERCENT && line.query === -1) line.escaped = true
  }
  if (i === end) return INCOMPLETE
  if (bytes[i] !== SP || i === line.target) {
    return refuse(bytes, end, i, 'A request target is visible US-ASCII without "#".')
  }
  line.targetEnd = i
  return readVersion(bytes, i + 1, end, line)
}

/** RFC 9112 §2.3: the name is case-sensitive, both numbers are one digit. */
function readVersion(bytes: Buffer, at: number, end: number, line: RequestLine): number {
  if (end - at < VERSION_BYTES) {
    return refuseVersion(bytes, at, end, line)
  }
  const major = bytes[at + 5] ?? 0
  const minor = bytes[at + 7] ?? 0
  if (
    bytes[at] !== 0x48 ||
    bytes[at + 1] !== 0x54 ||
    bytes[at + 2] !== 0x54 ||
    bytes[at + 3] !== 0x50 ||
    bytes[at + 4] !== 0x2f ||
    major < ZERO ||
    major > NINE ||
    bytes[at + 6] !== 0x2e ||
    minor < ZERO ||
    minor > NINE ||
    bytes[at + 8] !== CR ||
    bytes[at + 9] !== LF
  ) {
    return refuseVersion(bytes, at, end, line)
  }
  if (major === ZERO + 2 && isPreface(bytes, line)) {
    throw new NotHttp1(505, 'RFC 9113 §3.4', 'HTTP/2 is not spoken here.')
  }
  if (major !== ZERO + 1) {
    throw new ProtocolError(505, 'RFC 9110 §15.6.6', 'Only major version 1 is spoken here.')
  }
  // RFC 9110 §2.5: a higher minor version is processed as the highest one that is known.
  line.version = minor === ZERO ? '1.0' : '1.1'
  return at + VERSION_BYTES
}

/** `PRI * HTTP/2.0` begins the connection preface of HTTP/2, and no request of HTTP/1. */
function isPreface(bytes: Buffer, { method, methodEnd, target, targetEnd }: RequestLine): boolean {
  return (
    bytes.toString('latin1', method, methodEnd) === 'PRI' &&
    bytes.toString('latin1', target, targetEnd) === '*'
  )
}

const NO_VERSION = 'The request line must end with "HTTP/" digit "." digit.'

/**
 * A line of three words of which none is a version of HTTP or a target in any form (RFC 9112 §3.2) is
 * no mistaken HTTP/1: where HTTP/2 is spoken, it is a broken connection preface (RFC 9113 §3.4).
 */
function refuseVersion(
  bytes: Buffer,
  at: number,
  end: number,
  { target, targetEnd }: RequestLine,
): typeof INCOMPLETE {
  const lineEnd = bytes.subarray(0, end).indexOf(LF, at)
  if (lineEnd === -1) return INCOMPLETE
  const version = bytes.toString('latin1', at, lineEnd)
  const isTarget = /[*/:]/.test(bytes.toString('latin1', target, targetEnd))
  const Refusal = isTarget || /http/i.test(version) ? ProtocolError : NotHttp1
  throw new Refusal(400, 'RFC 9112 §3', NO_VERSION)
}

/** Judges a byte out of place once its line is complete, whatever the segmentation. */
function refuse(bytes: Buffer, end: number, from: number, rule: string): typeof INCOMPLETE {
  if (bytes.subarray(0, end).indexOf(LF, from) === -1) return INCOMPLETE
  throw new ProtocolError(400, 'RFC 9112 §3', rule)
}
