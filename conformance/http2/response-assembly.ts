import type { Defect, ResponseHead, WireResponse } from '../testers/response-reader.ts'
import type { Field } from './hpack-table.ts'

/** RFC 9113 §8.2.2. */
export const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** Responses of these have no content, whatever their Content-Length says (RFC 9110 §6.4.1). */
function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}

/**
 * The response on one stream, put together from its frames: sans-I/O, and strict. What breaks RFC 9113
 * §8 is noted as a defect with the clause it breaks.
 */
export class ResponseAssembly {
  readonly defects: Defect[] = []
  readonly #method: string
  readonly #interim: ResponseHead[] = []
  #head: ResponseHead | null = null
  readonly #parts: Buffer[] = []
  #trailers: readonly Field[] = []
  #phase: 'head' | 'content' | 'ended' = 'head'

  constructor(method: string) {
    this.#method = method
  }

  /** The server has ended the stream with END_STREAM. */
  get ended(): boolean {
    return this.#phase === 'ended'
  }

  get head(): ResponseHead | null {
    return this.#head
  }

  get interim(): readonly ResponseHead[] {
    return this.#interim
  }

  get content(): Buffer {
    return Buffer.concat(this.#parts)
  }

  headers(fields: readonly Field[], endStream: boolean): void {
    this.#inspect(fields)
    switch (this.#phase) {
      case 'head':
        return this.#readHead(fields, endStream)
      case 'content':
        return this.#readTrailers(fields, endStream)
      case 'ended':
        this.#note('wire/rfc9113/response-framing', 'nothing after END_STREAM', 'HEADERS')
    }
  }

  data(content: Buffer, endStream: boolean): void {
    if (this.#phase !== 'content') {
      const where = this.#phase === 'head' ? 'before HEADERS' : 'after END_STREAM'
      this.#note('wire/rfc9113/response-framing', 'DATA between HEADERS and its end', `it ${where}`)
      if (endStream) this.#phase = 'ended'
      return
    }
    this.#parts.push(content)
    if (endStream) this.#end()
  }

  /** What has come; null where not even the head has. */
  response(): WireResponse | null {
    if (this.#head === null) return null
    return {
      ...this.#head,
      interim: this.#interim,
      framing: 'frames',
      body: this.content,
      chunks: this.#parts.map((part) => part.length),
      trailers: this.#trailers,
      complete: this.ended,
      defects: this.defects,
    }
  }

  #readHead(fields: readonly Field[], endStream: boolean): void {
    const status = this.#status(fields)
    const head: ResponseHead = {
      version: 'HTTP/2',
      status,
      reason: '',
      headers: fields.filter(([name]) => !name.startsWith(':')),
    }
    if (status >= 100 && status < 200) {
      this.#interim.push(head)
      if (endStream) {
        const expected = 'an interim response that does not end the stream'
        this.#note('wire/rfc9113/response-framing', expected, `END_STREAM with ${status}`)
      }
      return
    }
    this.#head = head
    this.#phase = 'content'
    if (endStream) this.#end()
  }

  #readTrailers(fields: readonly Field[], endStream: boolean): void {
    const pseudo = fields.filter(([name]) => name.startsWith(':'))
    if (!endStream || pseudo.length > 0) {
      this.#note(
        'wire/rfc9113/trailers-end-stream',
        'trailers that end the stream, without pseudo-header fields',
        pseudo.length > 0 ? pseudo.map(([name]) => name).join(', ') : 'no END_STREAM',
      )
    }
    this.#trailers = fields
    if (endStream) this.#end()
  }

  #end(): void {
    this.#phase = 'ended'
    const head = this.#head
    if (head === null || isBodiless(this.#method, head.status)) return
    const declared = head.headers.filter(([name]) => name === 'content-length')
    const length = this.content.length
    if (declared.every(([, value]) => value === String(length))) return
    const observed = `${length} bytes of DATA, content-length ${declared.map(([, v]) => v).join(', ')}`
    this.#note('wire/rfc9113/response-content-length', 'as many bytes as declared', observed)
  }

  #status(fields: readonly Field[]): number {
    const pseudo = fields.filter(([name]) => name.startsWith(':'))
    const [first] = fields
    const held = pseudo.length === 1 && first?.[0] === ':status' && /^\d{3}$/.test(first[1])
    if (!held) {
      const observed = pseudo.map(([name, value]) => `${name}: ${value}`).join(', ')
      this.#note('wire/rfc9113/status-pseudo-header', 'one :status, before all fields', observed)
    }
    return Number(pseudo.find(([name]) => name === ':status')?.[1] ?? 0)
  }

  #inspect(fields: readonly Field[]): void {
    for (const [name, value] of fields) {
      const named = `${name}: ${value}`
      if (name !== name.toLowerCase()) {
        this.#note('wire/rfc9113/names-lowercase', 'field names in lower case', named)
      }
      if (CONNECTION_FIELDS.has(name.toLowerCase())) {
        const clause = 'wire/rfc9113/no-connection-fields-sent'
        this.#note(clause, 'no field about the connection', named)
      }
    }
  }

  #note(clause: string, expected: string, observed: string): void {
    this.defects.push({ clause, expected, observed })
  }
}
