import type { Header } from '../asgi/messages.ts'
import type { ScopeRequest } from '../http/scope.ts'
import { CR, LF, SP } from './alphabet.ts'
import { ProtocolError } from './errors.ts'
import { type FieldLine, INCOMPLETE, readFieldLine } from './field-line.ts'
import { bodyFraming } from './framing.ts'
import type { RequestLimits } from './limits.ts'
import type { ReceiveBuffer } from './receive-buffer.ts'
import { type RequestLine, readRequestLine } from './request-line.ts'
import { noSpecialFields, noteField, type SpecialFields } from './special-fields.ts'
import { readTarget, type Target } from './target.ts'

/** A complete and unambiguous request head. */
export interface RequestHead extends Target, ScopeRequest {
  readonly type: 'request'
  /** In upper case, as www.rst wants it. */
  readonly method: string
  readonly version: '1.0' | '1.1'
  /** Names in lower case, order and duplicates kept; views of the bytes that arrived. */
  readonly headers: Header[]
  /** Bytes of the body, or CHUNKED. */
  readonly body: number
  /** The client lets the connection persist. */
  readonly keepAlive: boolean
  readonly expectContinue: boolean
  /** `Connection: upgrade` was sent, by HTTP/1.1. */
  readonly upgrade: boolean
  /** `TE: trailers` was sent, by HTTP/1.1. */
  readonly acceptsTrailers: boolean
}

/** As much of a request as was understood when it was refused, or so far. */
export interface PartialRequest {
  /** Empty as long as it has not arrived. */
  readonly method: string
  /** Null without a complete and well-formed request line. */
  readonly target: Target | null
  readonly version: '1.0' | '1.1'
  /** Empty as long as they are not complete. */
  readonly headers: readonly Header[]
}

const HOST_NAME = Buffer.from('host')

/** Reads one request head after another, each line once, however its bytes were cut. */
export class RequestHeadReader {
  readonly #limits: RequestLimits
  readonly #line: RequestLine
  readonly #field: FieldLine
  #method: string
  #target: Target | null
  #headers: Header[]
  #special: SpecialFields
  /** Bytes that the request line, then the field lines, may still take. */
  #budget: number
  /** How many bytes of the line at `start` are known to hold no LF. */
  #searched: number

  constructor(limits: RequestLimits) {
    this.#limits = limits
    this.#line = {
      method: 0,
      methodEnd: 0,
      target: 0,
      targetEnd: 0,
      query: -1,
      escaped: false,
      version: '1.1',
    }
    this.#field = { name: 0, nameEnd: 0, value: 0, valueEnd: 0 }
    this.#method = ''
    this.#target = null
    this.#headers = []
    this.#special = noSpecialFields()
    this.#budget = limits.requestLineBytes
    this.#searched = 0
  }

  /** True when some bytes of a head were consumed or wait for the rest of their line. */
  isBetweenRequests(input: ReceiveBuffer): boolean {
    return this.#target === null && input.start === input.end
  }

  /** Of the request whose head is being read, or which `read` has refused. */
  partial({ bytes, start, end }: ReceiveBuffer): PartialRequest {
    const { version } = this.#line
    const headers: Header[] = []
    if (this.#target !== null) {
      return { method: this.#method, target: this.#target, version, headers }
    }
    const length = bytes.subarray(start, end).indexOf(SP)
    const method = length === -1 ? '' : methodName(bytes, start, start + length)
    return { method, target: null, version, headers }
  }

  /** Consumes whole lines; the head once its empty line was read, null while bytes are missing. */
  read(input: ReceiveBuffer): RequestHead | null {
    if (this.#searched > 0 && !this.#lineEndArrived(input)) return null
    const target = this.#target ?? this.#readStart(input)
    if (target === null) return null
    const { bytes, end } = input
    const field = this.#field
    while (true) {
      const at = input.start
      if (at < end && bytes[at] === CR && (at + 1 === end || bytes[at + 1] === LF)) {
        if (at + 1 === end) return this.#wait(input)
        this.#spend(2)
        input.start = at + 2
        return this.#finish(target)
      }
      let next: number
      try {
        next = readFieldLine(bytes, at, end, field)
      } catch (error) {
        throw this.#judged(input, error)
      }
      if (next === INCOMPLETE) return this.#wait(input)
      this.#spend(next - at)
      input.start = next
      const { name, nameEnd, value, valueEnd } = field
      const index =
        this.#headers.push([bytes.subarray(name, nameEnd), bytes.subarray(value, valueEnd)]) - 1
      if (index >= this.#limits.headerCount) {
        throw new ProtocolError(431, 'RFC 6585 §5', 'There are too many header fields.')
      }
      noteField(this.#special, bytes, name, nameEnd, value, valueEnd, index)
    }
  }

  /** The request line, after any empty lines, which RFC 9112 §2.2 tells a server to ignore. */
  #readStart(input: ReceiveBuffer): Target | null {
    const { bytes, end } = input
    while (bytes[input.start] === CR && input.start + 1 < end && bytes[input.start + 1] === LF) {
      this.#spend(2)
      input.start += 2
    }
    const at = input.start
    if (at === end || (bytes[at] === CR && at + 1 === end)) return this.#wait(input)
    const line = this.#line
    let next: number
    try {
      next = readRequestLine(bytes, at, end, line)
    } catch (error) {
      throw this.#judged(input, error)
    }
    if (next === INCOMPLETE) return this.#wait(input)
    this.#spend(next - at)
    this.#method = methodName(bytes, line.method, line.methodEnd)
    this.#target = readTarget(bytes, line, this.#method)
    this.#budget = this.#limits.headerBytes
    input.start = next
    return this.#target
  }

  /**
   * What is wrong with the malformed line at `start`: its length comes before its form, as a line that
   * arrives in pieces is found to be too long before its end was seen.
   */
  #judged({ bytes, start, end }: ReceiveBuffer, error: unknown): unknown {
    const length = bytes.subarray(start, end).indexOf(LF) + 1
    return length > this.#budget ? this.#tooLong() : error
  }

  #lineEndArrived(input: ReceiveBuffer): boolean {
    const from = input.start + this.#searched
    for (let i = from; i < input.end; i += 1) {
      if (input.bytes[i] === LF) {
        this.#searched = 0
        return true
      }
    }
    this.#wait(input)
    return false
  }

  /** Remembers how far the unfinished line was searched, and refuses it once it must become too long. */
  #wait(input: ReceiveBuffer): null {
    this.#searched = input.end - input.start
    if (this.#searched >= this.#budget) this.#tooLong()
    return null
  }

  #spend(bytes: number): void {
    this.#budget -= bytes
    if (this.#budget < 0) this.#tooLong()
  }

  #tooLong(): never {
    if (this.#target === null) {
      throw new ProtocolError(414, 'RFC 9112 §3', 'The request line is too long.')
    }
    throw new ProtocolError(431, 'RFC 6585 §5', 'The header fields are too long.')
  }

  #finish(target: Target): RequestHead {
    const special = this.#special
    const headers = this.#headers
    const version = this.#line.version
    // RFC 9112 §3.2: a request of HTTP/1.1 without Host must be refused.
    if (special.hosts === 0 && version === '1.1') {
      throw new ProtocolError(400, 'RFC 9112 §3.2', 'A request of HTTP/1.1 has a Host field.')
    }
    if (target.authority !== null) {
      const host: Header = [HOST_NAME, target.authority]
      if (special.hostIndex === -1) headers.unshift(host)
      else headers[special.hostIndex] = host
    }
    const head: RequestHead = {
      type: 'request',
      method: this.#method,
      path: target.path,
      rawPath: target.rawPath,
      queryString: target.queryString,
      authority: target.authority,
      version,
      headers,
      body: bodyFraming(special, version),
      // RFC 9112 §9.3: persistence is the default of 1.1 and an option of 1.0.
      keepAlive: !special.close && (version === '1.1' || special.keepAlive),
      expectContinue: special.expectContinue && version === '1.1',
      upgrade: special.upgrade && version === '1.1',
      // RFC 9112 §7.1.2: they follow chunks, which HTTP/1.0 does not know.
      acceptsTrailers: special.acceptsTrailers && version === '1.1',
    }
    this.#reset()
    return head
  }

  #reset(): void {
    this.#target = null
    this.#headers = []
    this.#special = noSpecialFields()
    this.#budget = this.#limits.requestLineBytes
    this.#searched = 0
  }
}

/** The two methods that matter for speed without making a string. */
function methodName(bytes: Buffer, start: number, end: number): string {
  if (
    end - start === 3 &&
    bytes[start] === 0x47 &&
    bytes[start + 1] === 0x45 &&
    bytes[start + 2] === 0x54
  ) {
    return 'GET'
  }
  return bytes.toString('latin1', start, end).toUpperCase()
}
