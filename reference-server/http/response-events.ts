import { InvalidEvent } from '../asgi/errors.ts'
import type {
  Header,
  Headers,
  HttpResponseBody,
  HttpResponseEarlyHint,
  HttpResponseStart,
  HttpResponseTrailers,
} from '../asgi/messages.ts'
import { FIELD_VALUE, TOKEN } from '../http1/alphabet.ts'
import { NEVER_TRAILERS } from './trailer-names.ts'

/** A response start whose every part was checked. */
export interface ResponseStart {
  readonly status: number
  readonly headers: Headers
  /** -1 without one. */
  readonly contentLength: number
  readonly hasDate: boolean
  readonly hasServer: boolean
  readonly hasTransferEncoding: boolean
  /** The application asked for `connection: close`. */
  readonly close: boolean
  /** The application names other protocols, and no `connection: upgrade` beside them. */
  readonly upgradeUnsaid: boolean
  /** Trailers follow the last body event. */
  readonly trailers: boolean
}

/** What decides which fields the server adds of its own. */
export type OwnFields = Pick<ResponseStart, 'headers' | 'hasDate' | 'hasServer'>

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] }

const EMPTY = new Uint8Array(0)
const NO_HEADERS: Headers = []

/** Checks an `http.response.start` event; InvalidEvent names what is wrong with it. */
export function readStart(event: HttpResponseStart): ResponseStart {
  const { status, headers, trailers = false } = event
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw new InvalidEvent('status is an integer of three digits and no interim one.')
  }
  if (typeof trailers !== 'boolean') throw new InvalidEvent('trailers is a boolean.')
  const list = headers === undefined ? NO_HEADERS : readHeaders(headers)
  const found: Mutable<ResponseStart> = {
    status,
    headers: list,
    contentLength: -1,
    hasDate: false,
    hasServer: false,
    hasTransferEncoding: false,
    close: false,
    upgradeUnsaid: false,
    trailers,
  }
  for (const [name, value] of list) note(found, name, value)
  if (found.upgradeUnsaid) found.upgradeUnsaid = !list.some(saysUpgrade)
  return found
}

/** The body of an `http.response.body` event. */
export function readBody(event: HttpResponseBody): Uint8Array {
  const { body, more_body: more } = event
  if (more !== undefined && typeof more !== 'boolean')
    throw new InvalidEvent('more_body is a boolean.')
  if (body === undefined) return EMPTY
  if (!(body instanceof Uint8Array)) throw new InvalidEvent('body is a Uint8Array.')
  return body
}

/** The fields of an `http.response.trailers` event, none of which has its place before the content. */
export function readTrailers(event: HttpResponseTrailers): Headers {
  const { headers, more_trailers: more } = event
  if (more !== undefined && typeof more !== 'boolean') {
    throw new InvalidEvent('more_trailers is a boolean.')
  }
  const list = readHeaders(headers)
  for (const [name] of list) {
    if (NEVER_TRAILERS.has(latin1(name).toLowerCase())) {
      throw new InvalidEvent(`${latin1(name)} must not be a trailer (RFC 9110 §6.5.1).`)
    }
  }
  return list
}

/** Link field values of an early hint (RFC 8288), held to the rules of field values. */
export function readLinks(event: HttpResponseEarlyHint): readonly Uint8Array[] {
  const { links } = event
  if (typeof links !== 'object' || links === null || !(Symbol.iterator in links)) {
    throw new InvalidEvent('links is an iterable of Uint8Arrays.')
  }
  const list = [...links]
  for (const link of list) checkValue(link)
  return list
}

/** Any iterable of pairs of bytes, as www.rst allows, checked against RFC 9110 §5. */
export function readHeaders(headers: Iterable<Header>): Headers {
  if (typeof headers !== 'object' || headers === null || !(Symbol.iterator in headers)) {
    throw new InvalidEvent('headers is an iterable of pairs.')
  }
  const list = Array.isArray(headers) ? headers : [...headers]
  for (const pair of list as Headers) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new InvalidEvent('A header is a pair of name and value.')
    }
    checkName(pair[0])
    checkValue(pair[1])
  }
  return list
}

function checkName(name: unknown): void {
  if (!(name instanceof Uint8Array)) throw new InvalidEvent('A header name is a Uint8Array.')
  if (name.length === 0) throw new InvalidEvent('A header name is not empty.')
  for (let i = 0; i < name.length; i += 1) {
    if (TOKEN[name[i] ?? 0] === 0) throw new InvalidEvent('A header name is a token.')
  }
}

function checkValue(value: unknown): void {
  if (!(value instanceof Uint8Array)) throw new InvalidEvent('A header value is a Uint8Array.')
  for (let i = 0; i < value.length; i += 1) {
    if (FIELD_VALUE[value[i] ?? 0] === 0) {
      throw new InvalidEvent('A header value must not hold control characters.')
    }
  }
}

/** Remembers the few fields that the server itself has to know about. */
function note(found: Mutable<ResponseStart>, name: Uint8Array, value: Uint8Array): void {
  switch (name.length) {
    case 4:
      if (isName(name, 'date')) found.hasDate = true
      return
    case 6:
      if (isName(name, 'server')) found.hasServer = true
      return
    case 7:
      if (isName(name, 'upgrade')) found.upgradeUnsaid = true
      return
    case 10:
      if (isName(name, 'connection')) found.close ||= /(^|,)\s*close\s*(,|$)/i.test(latin1(value))
      return
    case 14:
      if (isName(name, 'content-length')) noteLength(found, value)
      return
    case 17:
      if (isName(name, 'transfer-encoding')) found.hasTransferEncoding = true
      return
    default:
  }
}

function saysUpgrade([name, value]: Header): boolean {
  return isName(name, 'connection') && /(^|,)\s*upgrade\s*(,|$)/i.test(latin1(value))
}

function noteLength(found: Mutable<ResponseStart>, value: Uint8Array): void {
  let length = value.length === 0 || value.length > 15 ? -1 : 0
  for (let i = 0; i < value.length && length !== -1; i += 1) {
    const digit = (value[i] ?? 0) - 0x30
    length = digit < 0 || digit > 9 ? -1 : length * 10 + digit
  }
  if (length === -1) throw new InvalidEvent('content-length is a number of bytes in decimal.')
  if (found.contentLength !== -1) throw new InvalidEvent('There is at most one content-length.')
  found.contentLength = length
}

/** Compares without regard to case. */
export function isName(name: Uint8Array, lower: string): boolean {
  if (name.length !== lower.length) return false
  for (let i = 0; i < lower.length; i += 1) {
    if (TOKEN[name[i] ?? 0] !== lower.charCodeAt(i)) return false
  }
  return true
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
