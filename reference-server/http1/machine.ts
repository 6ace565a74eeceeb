import { BodyReader } from './body-reader.ts'
import type { ByteSink } from './byte-sink.ts'
import { NotHttp1, ProtocolError } from './errors.ts'
import type { RequestLimits } from './limits.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { type PartialRequest, type RequestHead, RequestHeadReader } from './request-head.ts'
import { type EncodableHead, ResponseEncoder } from './response-encoder.ts'
import { CLIENT, type ClientState, MEETING, SERVER, type ServerState, step } from './states.ts'

export interface DataEvent {
  readonly type: 'data'
  /** A view of the bytes that arrived, not empty. */
  readonly bytes: Uint8Array
}

export interface EndEvent {
  readonly type: 'end'
}

/** More bytes are needed, or the end of the stream. */
export interface NeedData {
  readonly type: 'need-data'
}

/** The current request is complete; the next is not looked at before its response is. */
export interface Paused {
  readonly type: 'paused'
}

/** The client ended the stream between two requests. */
export interface Closed {
  readonly type: 'closed'
}

export type InboundEvent = RequestHead | DataEvent | EndEvent | NeedData | Paused | Closed

const END: EndEvent = { type: 'end' }
const NEED_DATA: NeedData = { type: 'need-data' }
const PAUSED: Paused = { type: 'paused' }
const CLOSED: Closed = { type: 'closed' }

/**
 * The server's side of one HTTP/1.1 connection, without a socket: bytes go in by `feed`, events come
 * out of `next`; responses go in by `respond` and `body`, and bytes come out at the sink. Which calls
 * are possible when is the matter of the table in states.ts. `next` throws ProtocolError for what the
 * client must not send, and nothing else.
 */
export class Http1Machine {
  readonly input: ReceiveBuffer
  readonly #head: RequestHeadReader
  readonly #body: BodyReader
  readonly #encoder: ResponseEncoder
  readonly #sink: ByteSink
  #client: ClientState
  #server: ServerState
  #persistent: boolean
  #ended: boolean
  /** Set when a head was refused. */
  #refused: PartialRequest | null

  constructor(limits: RequestLimits, sink: ByteSink) {
    this.input = new ReceiveBuffer()
    this.#head = new RequestHeadReader(limits)
    this.#body = new BodyReader(limits)
    this.#encoder = new ResponseEncoder(sink)
    this.#sink = sink
    this.#client = 'idle'
    this.#server = 'idle'
    this.#persistent = true
    this.#ended = false
    this.#refused = null
  }

  get client(): ClientState {
    return this.#client
  }

  get server(): ServerState {
    return this.#server
  }

  /** No request is in progress and no byte of one has arrived. */
  get idle(): boolean {
    return this.#client === 'idle' && this.#head.isBetweenRequests(this.input)
  }

  /** Bytes that are certain to come of the current body, as far as the client has declared it. */
  get expected(): number {
    return this.#client === 'sending' ? this.#body.expected - this.input.length : 0
  }

  /** Both sides agreed so far to keep the connection open. */
  get persistent(): boolean {
    return this.#persistent
  }

  /** The request whose head is being read or was refused; of no meaning once its head was complete. */
  get partial(): PartialRequest {
    return this.#refused ?? this.#head.partial(this.input)
  }

  /** Takes over what arrived; the caller must not change it afterwards. */
  feed(bytes: Buffer): void {
    this.input.append(bytes)
  }

  /** The client will send no more. */
  feedEnd(): void {
    this.#ended = true
  }

  next(): InboundEvent {
    switch (this.#client) {
      case 'idle':
        return this.#nextRequest()
      case 'sending':
        return this.#nextBody()
      case 'done':
        return PAUSED
      case 'closed':
        return CLOSED
      case 'error':
      case 'switched':
        return PAUSED
    }
  }

  #nextRequest(): RequestHead | NeedData | Closed {
    let head: RequestHead | null = null
    try {
      head = this.#head.read(this.input)
      if (head !== null) this.#body.begin(head.body)
    } catch (error) {
      this.#refused = head === null ? this.#head.partial(this.input) : { ...head, target: head }
      throw this.#fail(error)
    }
    if (head === null) {
      if (!this.#ended) return NEED_DATA
      if (this.idle) {
        this.#client = step(CLIENT, this.#client, 'eof')
        return CLOSED
      }
      this.#refused = this.#head.partial(this.input)
      throw this.#fail(new ProtocolError(400, 'RFC 9112 §8', 'The request head is incomplete.'))
    }
    this.#client = step(CLIENT, this.#client, 'request')
    this.#server = step(SERVER, this.#server, 'request')
    this.#persistent = this.#persistent && head.keepAlive
    return head
  }

  #nextBody(): DataEvent | EndEvent | NeedData {
    let bytes: Uint8Array | null
    try {
      bytes = this.#body.read(this.input)
    } catch (error) {
      throw this.#fail(error)
    }
    if (bytes !== null) {
      this.#client = step(CLIENT, this.#client, 'data')
      return { type: 'data', bytes }
    }
    if (this.#body.ended) {
      this.#client = step(CLIENT, this.#client, 'end')
      this.#meet()
      return END
    }
    if (!this.#ended) return NEED_DATA
    throw this.#fail(new ProtocolError(400, 'RFC 9112 §8', 'The request body is incomplete.'))
  }

  #fail(error: unknown): unknown {
    this.#client = step(CLIENT, this.#client, 'error')
    this.#persistent = false
    if (!(error instanceof NotHttp1)) this.input.clear()
    return error
  }

  /** The connection ends after the current response, which will say so if its head is still to come. */
  endAfterResponse(): void {
    this.#persistent = false
  }

  /** An answer to bytes that are no request. */
  refuse(head: EncodableHead, body: Uint8Array): void {
    this.#server = step(SERVER, this.#server, 'refuse')
    this.#server = step(SERVER, this.#server, 'head')
    this.#encoder.head(head, body.length)
    this.body(body, true)
  }

  /** An interim response (RFC 9110 §15.2): it overtakes a final head that still waits for its body. */
  interim(bytes: Uint8Array): void {
    this.#server = step(SERVER, this.#server, 'interim')
    this.#sink.write(bytes)
  }

  /** Interim responses are over once the final head is on its way. */
  get mayInterim(): boolean {
    return this.#server === 'responding' || this.#server === 'head-ready'
  }

  /** Trailers, which complete the response. */
  trailers(lines: Uint8Array): void {
    this.#server = step(SERVER, this.#server, 'end')
    this.#encoder.trailers(lines)
    this.#meet()
  }

  /** The 101 response is about to leave: both sides speak another protocol. Returns what came after. */
  switchProtocol(): Buffer {
    this.#server = step(SERVER, this.#server, 'switch')
    this.#client = step(CLIENT, this.#client, 'switch')
    return this.takeInput()
  }

  /** What arrived and was not understood, for somebody who will. */
  takeInput(): Buffer {
    const { bytes, start, end } = this.input
    const rest = bytes.subarray(start, end)
    this.input.clear()
    return rest
  }

  /** The head of the final response; `bodyBytes` is how much body will probably follow. */
  respond(head: EncodableHead, bodyBytes: number): void {
    this.#server = step(SERVER, this.#server, 'head')
    if (head.ends) this.#persistent = false
    this.#encoder.head(head, bodyBytes)
  }

  /** A piece of the body; the last one completes the response. */
  body(bytes: Uint8Array, last: boolean): void {
    this.#server = step(SERVER, this.#server, last ? 'end' : 'data')
    this.#encoder.body(bytes, last)
    if (last) this.#meet()
  }

  /** When both messages are complete, either another cycle begins or the connection is at its end. */
  #meet(): void {
    if (this.#server !== 'done' || this.#client !== 'done') return
    const meeting = this.#persistent ? MEETING.persistent : MEETING.final
    this.#client = meeting.client
    this.#server = meeting.server
  }
}
