import { COMMA, HTAB, SP } from './alphabet.ts'
import { ProtocolError } from './errors.ts'
import { isHost } from './target.ts'

/** What the fields that concern the connection itself said; all others only pass through. */
export interface SpecialFields {
  hosts: number
  /** Index of the Host field among the headers, -1 without one. */
  hostIndex: number
  /** Declared length, -1 without one. */
  contentLength: number
  /** Transfer codings in order, in lower case; null without the field. */
  transferCodings: string[] | null
  close: boolean
  keepAlive: boolean
  upgrade: boolean
  expectContinue: boolean
  /** The client takes trailers (`TE: trailers`). */
  acceptsTrailers: boolean
}

export function noSpecialFields(): SpecialFields {
  return {
    hosts: 0,
    hostIndex: -1,
    contentLength: -1,
    transferCodings: null,
    close: false,
    keepAlive: false,
    upgrade: false,
    expectContinue: false,
    acceptsTrailers: false,
  }
}

/**
 * Notes the field if it is one of the few that matter to framing or persistence. The name's length
 * decides first, so that an ordinary field costs one comparison.
 */
export function noteField(
  fields: SpecialFields,
  bytes: Buffer,
  name: number,
  nameEnd: number,
  value: number,
  valueEnd: number,
  index: number,
): void {
  switch (nameEnd - name) {
    case 2:
      if (equals(bytes, name, 'te')) {
        fields.acceptsTrailers ||= listOf(bytes, value, valueEnd).includes('trailers')
      }
      return
    case 4:
      if (equals(bytes, name, 'host')) noteHost(fields, bytes, value, valueEnd, index)
      return
    case 6:
      if (equals(bytes, name, 'expect')) {
        fields.expectContinue ||= listOf(bytes, value, valueEnd).includes('100-continue')
      }
      return
    case 10:
      if (equals(bytes, name, 'connection')) noteConnection(fields, bytes, value, valueEnd)
      return
    case 14:
      if (equals(bytes, name, 'content-length')) noteLength(fields, bytes, value, valueEnd)
      else if (equals(bytes, name, 'content_length')) refuseLookalike()
      return
    case 17:
      if (equals(bytes, name, 'transfer-encoding')) {
        fields.transferCodings = [
          ...(fields.transferCodings ?? []),
          ...listOf(bytes, value, valueEnd),
        ]
      } else if (equals(bytes, name, 'transfer_encoding')) refuseLookalike()
      return
    default:
  }
}

/** RFC 9112 §3.2: a server must refuse more than one Host, and a Host that is no `host[:port]`. */
function noteHost(
  fields: SpecialFields,
  bytes: Buffer,
  value: number,
  valueEnd: number,
  index: number,
): void {
  fields.hosts += 1
  fields.hostIndex = index
  if (fields.hosts > 1) throw new ProtocolError(400, 'RFC 9112 §3.2', 'There is exactly one Host.')
  if (!isHost(bytes, value, valueEnd)) {
    throw new ProtocolError(400, 'RFC 9112 §3.2', 'The Host field holds a host and a port.')
  }
}

function noteConnection(
  fields: SpecialFields,
  bytes: Buffer,
  value: number,
  valueEnd: number,
): void {
  const length = valueEnd - value
  if (length === 10 && equals(bytes, value, 'keep-alive')) {
    fields.keepAlive = true
    return
  }
  for (const token of listOf(bytes, value, valueEnd)) {
    if (token === 'close') fields.close = true
    else if (token === 'keep-alive') fields.keepAlive = true
    else if (token === 'upgrade') fields.upgrade = true
  }
}

/**
 * RFC 9110 §8.6: 1*DIGIT. Repeated or listed lengths are refused even where they agree, as RFC 9112
 * §6.3 allows: a proxy in front may have read another one. Fifteen digits are 1 PB and exact in a double.
 */
function noteLength(fields: SpecialFields, bytes: Buffer, value: number, valueEnd: number): void {
  if (fields.contentLength !== -1) {
    throw new ProtocolError(400, 'RFC 9112 §6.3', 'There is at most one Content-Length.')
  }
  // No leading zeros: some readers take them for octal.
  const padded = bytes[value] === 0x30 && valueEnd - value > 1
  let length = value === valueEnd || padded ? -1 : 0
  for (let i = value; i < valueEnd && length !== -1; i += 1) {
    const digit = (bytes[i] ?? 0) - 0x30
    length = digit < 0 || digit > 9 || i - value >= 15 ? -1 : length * 10 + digit
  }
  if (length === -1) {
    throw new ProtocolError(
      400,
      'RFC 9110 §8.6',
      'A Content-Length is a number of bytes in decimal.',
    )
  }
  fields.contentLength = length
}

/** Gateways that turn `-` into `_`, as CGI does, would take it for the field that frames the body. */
function refuseLookalike(): never {
  throw new ProtocolError(400, 'RFC 9112 §6', 'No field may look like one that frames the message.')
}

function equals(bytes: Buffer, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i += 1) {
    if (bytes[at + i] !== word.charCodeAt(i)) return false
  }
  return true
}

/** Elements of a comma-separated list in lower case, empty ones kept: their reader decides on them. */
function listOf(bytes: Buffer, start: number, end: number): string[] {
  const elements: string[] = []
  let from = start
  for (let i = start; i <= end; i += 1) {
    if (i < end && bytes[i] !== COMMA) continue
    let first = from
    let last = i
    while (first < last && (bytes[first] === SP || bytes[first] === HTAB)) first += 1
    while (last > first && (bytes[last - 1] === SP || bytes[last - 1] === HTAB)) last -= 1
    elements.push(bytes.toString('latin1', first, last).toLowerCase())
    from = i + 1
  }
  return elements
}
