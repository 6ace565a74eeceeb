import { STATUS_CODES } from 'node:http'
import type { Headers } from '../asgi/messages.ts'
import { Slab } from '../server/slab.ts'
import { TOKEN } from './alphabet.ts'
import type { ByteSink } from './byte-sink.ts'

/** How the end of the response body is shown to the client (RFC 9112 §6.3). */
export type ResponseFraming = 'none' | 'length' | 'chunked' | 'close'

/** Everything that goes on the wire before the body. */
export interface EncodableHead {
  readonly status: number
  /** Checked already: names are tokens, values hold no control characters. */
  readonly headers: Headers
  /** Complete lines that the server adds: date, server, defaults. */
  readonly added: readonly Uint8Array[]
  readonly framing: ResponseFraming
  /** Say `connection: close`. */
  readonly close: boolean
  /** The connection ends with this response, whoever said so. */
  readonly ends: boolean
  /** Say `connection: keep-alive`, which a client of HTTP/1.0 has to be told. */
  readonly keepAlive: boolean
  /** Says which fields are not sent because the server decides them itself; null: send all. */
  readonly omit: ((name: Uint8Array) => boolean) | null
}

const CHUNKED_LINE = Buffer.from('transfer-encoding: chunked\r\n')
const CLOSE_LINE = Buffer.from('connection: close\r\n')
const KEEP_ALIVE_LINE = Buffer.from('connection: keep-alive\r\n')
const CRLF = Buffer.from('\r\n')
const ZERO_CHUNK = Buffer.from('0\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const EMPTY = new Uint8Array(0)

/** A body of up to this size is copied behind its head: cheaper than a gathering write. */
const COPY_LIMIT = 8 * 1024
/** Chunk size line, CR LF after the data, last chunk. */
const CHUNK_OVERHEAD = 32

const slab = new Slab()
const statusLines: (Uint8Array | undefined)[] = []

function statusLine(status: number): Uint8Array {
  const line = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`)
  statusLines[status] = line
  return line
}

/** Turns one response after another into bytes; status line, fields and first body leave in one write. */
export class ResponseEncoder {
  readonly #sink: ByteSink
  #framing: ResponseFraming
  /** The encoded head that waits for the first body bytes; null once it has left. */
  #bytes: Buffer | null
  #start: number
  #end: number
  #capacity: number

  constructor(sink: ByteSink) {
    this.#sink = sink
    this.#framing = 'none'
    this.#bytes = null
    this.#start = 0
    this.#end = 0
    this.#capacity = 0
  }

  /** Encodes the head at once, so that the application may reuse its arrays; `bodyBytes` is a guess. */
  head(head: EncodableHead, bodyBytes: number): void {
    const line = statusLines[head.status] ?? statusLine(head.status)
    const room = sizeOf(head, line) + Math.min(bodyBytes, COPY_LIMIT) + CHUNK_OVERHEAD
    const start = slab.reserve(room)
    const bytes = slab.bytes
    let at = append(bytes, start, line)
    const { headers, omit } = head
    for (let i = 0; i < headers.length; i += 1) {
      const header = headers[i]
      if (header === undefined || omit?.(header[0])) continue
      const value = header[1]
      at = appendName(bytes, at, header[0])
      bytes[at] = 0x3a
      bytes[at + 1] = 0x20
      at = append(bytes, at + 2, value)
      bytes[at] = 0x0d
      bytes[at + 1] = 0x0a
      at += 2
    }
    for (const added of head.added) at = append(bytes, at, added)
    if (head.framing === 'chunked') at = append(bytes, at, CHUNKED_LINE)
    if (head.close) at = append(bytes, at, CLOSE_LINE)
    else if (head.keepAlive) at = append(bytes, at, KEEP_ALIVE_LINE)
    at = append(bytes, at, CRLF)
    this.#framing = head.framing
    this.#bytes = bytes
    this.#start = start
    this.#end = at
    this.#capacity = start + room
  }

  /** Encodes body bytes; with `last` the message ends. The bytes belong to the encoder from here on. */
  body(body: Uint8Array, last: boolean): void {
    const payload = this.#framing === 'none' ? 0 : body.length
    const bytes = this.#bytes ?? this.#region(payload)
    if (bytes === null || this.#end + payload + CHUNK_OVERHEAD > this.#capacity) {
      this.#large(body, last)
      return
    }
    let at = this.#end
    const chunked = this.#framing === 'chunked'
    if (payload > 0) {
      if (chunked) at = appendSize(bytes, at, payload)
      at = append(bytes, at, body)
      if (chunked) at = append(bytes, at, CRLF)
    }
    if (last && chunked) at = append(bytes, at, LAST_CHUNK)
    slab.trim(bytes, at, this.#capacity)
    this.#bytes = null
    if (at > this.#start) this.#sink.write(bytes.subarray(this.#start, at))
  }

  /** Ends a chunked body with trailers (RFC 9112 §7.1.2); other framings have no place for them. */
  trailers(lines: Uint8Array): void {
    if (this.#framing !== 'chunked') {
      this.body(EMPTY, true)
      return
    }
    this.body(EMPTY, false)
    this.#sink.write(Buffer.concat([ZERO_CHUNK, lines, CRLF]))
  }

  /** A region for a later, small piece of body; null when it is too large to be copied. */
  #region(payload: number): Buffer | null {
    if (payload > COPY_LIMIT || this.#framing !== 'chunked') return null
    const room = payload + CHUNK_OVERHEAD
    this.#start = slab.reserve(room)
    this.#end = this.#start
    this.#capacity = this.#start + room
    return slab.bytes
  }

  #large(body: Uint8Array, last: boolean): void {
    const parts: Uint8Array[] = []
    if (this.#bytes !== null) parts.push(this.#bytes.subarray(this.#start, this.#end))
    this.#bytes = null
    if (body.length > 0 && this.#framing !== 'none') {
      if (this.#framing === 'chunked') {
        parts.push(Buffer.from(`${body.length.toString(16)}\r\n`), body, CRLF)
      } else {
        parts.push(body)
      }
    }
    if (last && this.#framing === 'chunked') parts.push(LAST_CHUNK)
    const [only] = parts
    if (parts.length === 1 && only !== undefined) this.#sink.write(only)
    else if (parts.length > 1) this.#sink.writeParts(parts)
  }
}

function sizeOf(head: EncodableHead, line: Uint8Array): number {
  let size = line.length + CHUNKED_LINE.length + KEEP_ALIVE_LINE.length + CRLF.length
  for (const [name, value] of head.headers) size += name.length + value.length + 4
  for (const added of head.added) size += added.length
  return size
}

/** Short runs are copied by hand: a call into the runtime costs more than forty bytes do. */
function append(target: Buffer, at: number, source: Uint8Array): number {
  const { length } = source
  if (length > 48) target.set(source, at)
  else for (let i = 0; i < length; i += 1) target[at + i] = source[i] ?? 0
  return at + length
}

/** www.rst wants names in lower case; one that is not is lowered rather than refused. */
function appendName(target: Buffer, at: number, name: Uint8Array): number {
  for (let i = 0; i < name.length; i += 1) target[at + i] = TOKEN[name[i] ?? 0] ?? 0
  return at + name.length
}

function appendSize(target: Buffer, at: number, size: number): number {
  const text = size.toString(16)
  let end = at
  for (let i = 0; i < text.length; i += 1, end += 1) target[end] = text.charCodeAt(i)
  return append(target, end, CRLF)
}
