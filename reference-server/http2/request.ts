import type { Header } from '../asgi/messages.ts'
import type { ScopeRequest } from '../http/scope.ts'
import { NEVER_TRAILERS } from '../http/trailer-names.ts'
import type { RequestLimits } from '../http1/limits.ts'
import { decodePath, isHost } from '../http1/target.ts'

/** A request of HTTP/2 as its scope shows it, and what its pseudo-header fields said besides. */
export interface Http2Request extends ScopeRequest {
  readonly scheme: string
  /** `:authority`, or what the Host field names in its place. */
  readonly authority: string | null
  readonly expectsContinue: boolean
  /** `:protocol` of an extended CONNECT (RFC 8441 §4). */
  readonly protocol: string | null
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/**
 * Sorts a header list (RFC 9113 §8.3), which nghttp2 has checked. www.rst: pseudo-headers are removed,
 * and `:authority` becomes the first field, `host`, in place of any other.
 */
export function readRequest(rawHeaders: readonly string[]): Http2Request {
  const pseudo = new Map<string, string>()
  const headers: Header[] = []
  let host: string | null = null
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const value = rawHeaders[i + 1] ?? ''
    if (name === 'host') host = value
    if (name.startsWith(':')) pseudo.set(name, value)
    else if (name !== 'host' || !pseudo.has(':authority')) headers.push([bytes(name), bytes(value)])
  }
  const authority = pseudo.get(':authority') ?? null
  if (authority !== null) headers.unshift([bytes('host'), bytes(authority)])
  const target = pseudo.get(':path') ?? '/'
  const question = target.indexOf('?')
  const rawPath = bytes(question === -1 ? target : target.slice(0, question))
  return {
    method: (pseudo.get(':method') ?? 'GET').toUpperCase(),
    version: '2',
    path: decodePath(rawPath),
    rawPath,
    queryString: bytes(question === -1 ? '' : target.slice(question + 1)),
    headers,
    acceptsTrailers: says(headers, 'te', 'trailers'),
    expectsContinue: says(headers, 'expect', '100-continue'),
    scheme: pseudo.get(':scheme') ?? 'http',
    authority: authority ?? host,
    protocol: pseudo.get(':protocol') ?? null,
  }
}

/**
 * What nghttp2 lets pass: a request with invalid fields, which it dropped (RFC 9113 §8.2.1), one whose
 * target is no path and query or whose authority is no host and port (§8.3.1), one whose host is another than
 * its authority, and what is refused over HTTP/1.1 of a length and of fields that look like those of framing.
 */
export function isMalformed(rawHeaders: readonly string[], sent: number | null): boolean {
  if (sent !== null && sent !== rawHeaders.length / 2) return true
  const value = (name: string): string | null => {
    const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text === name)
    return at === -1 ? null : (rawHeaders[at + 1] ?? '')
  }
  if (!TARGET.test(value(':path') ?? '')) return true
  if (value('content_length') !== null || value('transfer_encoding') !== null) return true
  if (!LENGTH.test(value('content-length') ?? '0')) return true
  const authority = value(':authority')
  const host = value('host')
  for (const name of [authority, host]) {
    if (name !== null && !isHost(bytes(name), 0, name.length)) return true
  }
  if (authority === null || host === null || authority === host) return false
  const scheme = value(':scheme') ?? ''
  return withoutDefaultPort(authority, scheme) !== withoutDefaultPort(host, scheme)
}

/** RFC 9110 §6.5.1, as over HTTP/1.1: a field that no trailer may be. */
export function hasForbiddenTrailer(rawTrailers: readonly string[]): boolean {
  return rawTrailers.some((text, index) => index % 2 === 0 && NEVER_TRAILERS.has(text))
}

/**
 * The status that refuses a head beyond the limits: 414 for what would make a request line that is too long, 431
 * for too many fields, or a section larger than the one announced (RFC 9113 §6.5.2: 32 octets a field). Null: within.
 */
export function excess(
  rawHeaders: readonly string[],
  { requestLineBytes, headerBytes, headerCount }: Omit<RequestLimits, 'bodyBytes'>,
): 414 | 431 | null {
  let line = '  HTTP/2'.length
  let count = 0
  let octets = 0
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const length = rawHeaders[i + 1]?.length ?? 0
    octets += name.length + length + 32
    if (name === ':method' || name === ':path') line += length
    else if (!name.startsWith(':')) count += 1
  }
  if (line > requestLineBytes) return 414
  return count > headerCount || octets > headerBytes ? 431 : null
}

/** RFC 3986 §3.3 and §3.4 know neither `#` nor anything beyond the visible characters of US-ASCII. */
const TARGET = /^[!-"$-~]*$/

/** RFC 9110 §8.6, without padding, and as much as a double holds. */
const LENGTH = /^(?:0|[1-9][0-9]{0,14})$/

/** RFC 3986 §6.2: the case of a host and the port of its scheme make no difference. */
function withoutDefaultPort(authority: string, scheme: string): string {
  const port = scheme === 'https' ? /:443$/ : /:80$/
  return authority.toLowerCase().replace(port, '')
}

/** True when the list of a field of that name holds the word, in any case. */
function says(headers: readonly Header[], name: string, word: string): boolean {
  return headers.some(
    ([own, value]) =>
      latin1(own) === name &&
      latin1(value)
        .split(',')
        .some((element) => element.trim().toLowerCase() === word),
  )
}

function latin1(value: Uint8Array): string {
  return Buffer.from(value).toString('latin1')
}
