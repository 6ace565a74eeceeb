/**
 * The strict reader of HTTP/1.1 responses: sans-I/O, bytes in, responses out. It never throws; what
 * breaks the grammar of RFC 9112 is noted as a defect with the clause it breaks.
 */
export interface Defect {
  readonly clause: string
  readonly expected: string
  readonly observed: string
}

export interface ResponseHead {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** Latin-1 text, in wire order, duplicates kept, optional whitespace around values removed. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export interface WireResponse extends ResponseHead {
  readonly interim: readonly ResponseHead[]
  /** `frames`: of HTTP/2. */
  readonly framing: 'none' | 'content-length' | 'chunked' | 'close' | 'frames'
  readonly body: Buffer
  /** Sizes of the chunks or DATA frames as they came; empty in any other framing. */
  readonly chunks: readonly number[]
  readonly trailers: readonly (readonly [name: string, value: string])[]
  /** False when the connection ended before the framing said so. */
  readonly complete: boolean
  readonly defects: readonly Defect[]
}

const STATUS_LINE = /^(HTTP\/\d\.\d) (\d{3})(?: ([\t \x21-\x7e\x80-\xff]*))?$/
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const FIELD_VALUE = /^[\t \x21-\x7e\x80-\xff]*$/

/** Fields that tell where content ends: where there is none, none of them. */
const FRAMING = [
  ['transfer-encoding', 'wire/rfc9112/no-transfer-encoding-in-204-1xx'],
  ['content-length', 'wire/rfc9110/no-content-length-in-204'],
] as const

type Phase =
  | { readonly in: 'head' }
  | { readonly in: 'sized'; readonly length: number }
  | { readonly in: 'chunk-size' }
  | { readonly in: 'chunk-data'; readonly size: number }
  | { readonly in: 'trailers' }
  | { readonly in: 'until-close' }

interface Partial {
  interim: ResponseHead[]
  head: ResponseHead | null
  framing: WireResponse['framing']
  parts: Buffer[]
  chunks: number[]
  trailers: (readonly [string, string])[]
  defects: Defect[]
}

export class ResponseReader {
  #buffer: Buffer = Buffer.alloc(0)
  #phase: Phase = { in: 'head' }
  #now: Partial = blank()
  /** Method of each request whose response has not been read, oldest first. */
  readonly #methods: string[] = []
  #broken = false

  /** Says that a request was sent: the method decides how its response is framed. */
  expect(method: string): void {
    this.#methods.push(method)
  }

  /** Bytes that no response accounts for. */
  get surplus(): Buffer {
    return this.#phase.in === 'head' ? this.#buffer : Buffer.alloc(0)
  }

  /** Hands over the bytes after a 101, which are no HTTP any more. */
  takeSurplus(): Buffer {
    const surplus = this.surplus
    this.#buffer = Buffer.alloc(0)
    return surplus
  }

  /** True when part of a response is in. */
  get midway(): boolean {
    return this.#now.head !== null || this.#buffer.length > 0
  }

  /** The head of the response that is being read, as soon as it is in. */
  get currentHead(): ResponseHead | null {
    return this.#now.head
  }

  /** Body bytes of the response that is being read. */
  get currentBody(): Buffer {
    return this.#phase.in === 'sized' || this.#phase.in === 'chunk-data'
      ? Buffer.concat([...this.#now.parts, this.#buffer.subarray(0, remaining(this.#phase))])
      : Buffer.concat([
          ...this.#now.parts,
          ...(this.#phase.in === 'until-close' ? [this.#buffer] : []),
        ])
  }

  get currentInterim(): readonly ResponseHead[] {
    return this.#now.interim
  }

  push(bytes: Buffer): WireResponse[] {
    if (this.#broken) return []
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    const done: WireResponse[] = []
    while (this.#step(done)) {
      // each step consumes something or stops
    }
    return done
  }

  /** The server closed: ends a close-delimited response; any other that is midway is incomplete. */
  end(): WireResponse[] {
    if (this.#phase.in === 'until-close') return [this.#finish(true)]
    if (this.#now.head !== null) return [this.#finish(false)]
    return []
  }

  #step(done: WireResponse[]): boolean {
    const phase = this.#phase
    switch (phase.in) {
      case 'head':
        return this.#methods.length > 0 && this.#readHead(done)
      case 'sized':
        if (this.#buffer.length < phase.length) return false
        this.#take(phase.length)
        done.push(this.#finish(true))
        return true
      case 'chunk-size':
        return this.#readChunkSize(done)
      case 'chunk-data':
        return this.#readChunk(phase.size, done)
      case 'trailers':
        return this.#readTrailers(done)
      case 'until-close':
        this.#now.parts.push(this.#buffer)
        this.#buffer = Buffer.alloc(0)
        return false
    }
  }

  #readHead(done: WireResponse[]): boolean {
    const end = this.#buffer.indexOf('\r\n\r\n')
    if (end < 0) return false
    const [first = '', ...lines] = this.#buffer.toString('latin1', 0, end).split('\r\n')
    this.#buffer = this.#buffer.subarray(end + 4)
    const match = STATUS_LINE.exec(first)
    // RFC 9112 §4: the space behind the status code is sent "even when the reason-phrase is absent".
    if (match?.[3] === undefined) {
      this.#defect(
        'wire/rfc9112/status-line',
        'a status line "HTTP/x.y NNN reason", with both spaces',
        JSON.stringify(first),
      )
    }
    const head: ResponseHead = {
      version: match?.[1] ?? '',
      status: Number(match?.[2] ?? 0),
      reason: match?.[3] ?? '',
      headers: lines.map((line) => this.#field(line)),
    }
    if (head.status >= 100 && head.status < 200 && head.status !== 101) {
      this.#now.interim.push(head)
      this.#forbidFraming(head)
      return true
    }
    this.#now.head = head
    this.#frame(head, this.#methods.shift() ?? 'GET', done)
    return true
  }

  /** RFC 9112 §6.3: how long the content is. */
  #frame(head: ResponseHead, method: string, done: WireResponse[]): void {
    const codings = valuesOf(head, 'transfer-encoding')
    const lengths = valuesOf(head, 'content-length')
    if (head.status === 204) this.#forbidFraming(head)
    if (method === 'HEAD' || head.status === 204 || head.status === 304 || head.status === 101) {
      done.push(this.#finish(true))
      return
    }
    if (method === 'CONNECT' && head.status >= 200 && head.status < 300) {
      this.#phase = { in: 'until-close' }
      this.#now.framing = 'close'
      return
    }
    if (codings.length > 0) {
      if (lengths.length > 0) {
        this.#defect(
          'wire/rfc9112/no-content-length-beside-te',
          'no Content-Length beside Transfer-Encoding',
          `Transfer-Encoding: ${codings.join(', ')} and Content-Length: ${lengths.join(', ')}`,
        )
      }
      const named = codings.join(',').toLowerCase()
      if ((named.match(/chunked/g) ?? []).length > 1)
        this.#defect('wire/rfc9112/chunked-once', 'chunked once', `Transfer-Encoding: ${named}`)
      const chunked = named.endsWith('chunked')
      this.#now.framing = chunked ? 'chunked' : 'close'
      this.#phase = { in: chunked ? 'chunk-size' : 'until-close' }
      return
    }
    const length = lengths[0]
    if (length === undefined) {
      this.#now.framing = 'close'
      this.#phase = { in: 'until-close' }
      return
    }
    if (!/^\d{1,15}$/.test(length) || lengths.some((other) => other !== length)) {
      this.#defect('wire/rfc9112/message-framing', 'one decimal Content-Length', lengths.join(', '))
    }
    this.#now.framing = 'content-length'
    this.#phase = { in: 'sized', length: Number.parseInt(length, 10) || 0 }
  }

  /** RFC 9112 §6.1, RFC 9110 §8.6: no Transfer-Encoding and no Content-Length in 1xx and 204. */
  #forbidFraming(head: ResponseHead): void {
    for (const [name, clause] of FRAMING) {
      const values = valuesOf(head, name)
      if (values.length === 0) continue
      this.#defect(
        clause,
        `no ${name} in a ${head.status} response`,
        `${name}: ${values.join(', ')}`,
      )
    }
  }

  #readChunkSize(done: WireResponse[]): boolean {
    const end = this.#buffer.indexOf('\r\n')
    if (end < 0) return false
    const line = this.#buffer.toString('latin1', 0, end)
    this.#buffer = this.#buffer.subarray(end + 2)
    const match = /^([0-9A-Fa-f]{1,13})(?:[\t ]*;.*)?$/.exec(line)
    if (match === null) {
      this.#defect(
        'wire/rfc9112/message-framing',
        'a chunk size in hexadecimal',
        JSON.stringify(line),
      )
      return this.#giveUp(done)
    }
    const size = Number.parseInt(match[1] ?? '0', 16)
    this.#phase = size === 0 ? { in: 'trailers' } : { in: 'chunk-data', size }
    return true
  }

  #readChunk(size: number, done: WireResponse[]): boolean {
    if (this.#buffer.length < size + 2) return false
    this.#now.chunks.push(size)
    this.#take(size)
    const ending = this.#buffer.toString('latin1', 0, 2)
    this.#buffer = this.#buffer.subarray(2)
    if (ending !== '\r\n') {
      this.#defect(
        'wire/rfc9112/message-framing',
        'CRLF after the chunk data',
        JSON.stringify(ending),
      )
      return this.#giveUp(done)
    }
    this.#phase = { in: 'chunk-size' }
    return true
  }

  /** Nothing after this point can be told apart: the response ends here, incomplete. */
  #giveUp(done: WireResponse[]): boolean {
    this.#broken = true
    this.#buffer = Buffer.alloc(0)
    done.push(this.#finish(false))
    return false
  }

  #readTrailers(done: WireResponse[]): boolean {
    const end = this.#buffer.indexOf('\r\n')
    if (end < 0) return false
    const line = this.#buffer.toString('latin1', 0, end)
    this.#buffer = this.#buffer.subarray(end + 2)
    if (line === '') done.push(this.#finish(true))
    else this.#now.trailers.push(this.#field(line))
    return true
  }

  #field(line: string): readonly [string, string] {
    if (/^[\t ]/.test(line))
      this.#defect('wire/rfc9112/no-obs-fold-sent', 'no folded field line', JSON.stringify(line))
    if (line.includes('\r'))
      this.#defect('wire/rfc9112/no-bare-cr-sent', 'no bare CR', JSON.stringify(line))
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')
    if (colon < 0 || !TOKEN.test(name) || !FIELD_VALUE.test(value)) {
      this.#defect(
        'wire/rfc9112/field-syntax',
        'field-name ":" OWS field-value OWS',
        JSON.stringify(line),
      )
    }
    return [name, value]
  }

  #take(length: number): void {
    this.#now.parts.push(this.#buffer.subarray(0, length))
    this.#buffer = this.#buffer.subarray(length)
  }

  #defect(clause: string, expected: string, observed: string): void {
    this.#now.defects.push({ clause, expected, observed })
  }

  #finish(complete: boolean): WireResponse {
    const now = this.#now
    const { version, status, reason, headers } = now.head ?? NO_HEAD
    if (!complete) {
      now.parts.push(this.#buffer)
      this.#buffer = Buffer.alloc(0)
    }
    this.#now = blank()
    this.#phase = { in: 'head' }
    return {
      version,
      status,
      reason,
      headers,
      interim: now.interim,
      framing: now.framing,
      body:
        now.parts.length === 1 && now.parts[0] !== undefined
          ? now.parts[0]
          : Buffer.concat(now.parts),
      chunks: now.chunks,
      trailers: now.trailers,
      complete,
      defects: now.defects,
    }
  }
}

const NO_HEAD: ResponseHead = { version: '', status: 0, reason: '', headers: [] }

function blank(): Partial {
  return {
    interim: [],
    head: null,
    framing: 'none',
    parts: [],
    chunks: [],
    trailers: [],
    defects: [],
  }
}

function remaining(
  phase: { in: 'sized'; length: number } | { in: 'chunk-data'; size: number },
): number {
  return phase.in === 'sized' ? phase.length : phase.size
}

/** Values of all header lines of one name (lower case), in order. */
export function valuesOf(head: ResponseHead, name: string): string[] {
  return head.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}
