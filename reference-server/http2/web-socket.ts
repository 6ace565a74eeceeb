import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Headers } from '../asgi/messages.ts'
import { tellRefused } from '../http/refused.ts'
import type { ResponseStart } from '../http/response-events.ts'
import { webSocketScope } from '../http/scope.ts'
import type { ServerContext } from '../server/context.ts'
import { WriteGate } from '../server/write-gate.ts'
import { Frames } from '../websocket/frames.ts'
import { type Handshake, readHandshake } from '../websocket/handshake.ts'
import { Heartbeat } from '../websocket/heartbeat.ts'
import type { Acceptance } from '../websocket/send-events.ts'
import { WebSocketSession, type WebSocketTransport } from '../websocket/session.ts'
import { isOver, respond } from './answer.ts'
import type { Http2Request } from './request.ts'
import { checkStatus, errorFields, responseFields, toFields } from './response-headers.ts'
import { type Carrier, StreamPatience } from './stream-patience.ts'

/** How long a client may still talk once its WebSocket has ended, as over HTTP/1.1. */
const LINGER_MS = 2_000

/** Serves an extended CONNECT for WebSocket (RFC 8441), or refuses it. Null when it was refused. */
export function openWebSocket(
  context: ServerContext,
  stream: ServerHttp2Stream,
  request: Http2Request,
  carrier: Carrier,
): Http2WebSocket | null {
  const handshake = readHandshake(request.headers, context.webSocket, false)
  if (!('status' in handshake)) {
    return new Http2WebSocket(context, stream, request, carrier, handshake)
  }
  const { status, headers } = handshake
  tellRefused(context, carrier.origin, request, status, 0)
  respond(stream, errorFields(status, context.defaults, headers), { endStream: true })
  return null
}

/** Carries one WebSocket over a stream of HTTP/2. */
export class Http2WebSocket implements WebSocketTransport {
  readonly #context: ServerContext
  readonly #stream: ServerHttp2Stream
  readonly #request: Http2Request
  readonly #carrier: Carrier
  readonly #handshake: Handshake
  readonly #session: WebSocketSession
  readonly #gate: WriteGate
  readonly #heartbeat: Heartbeat
  #frames: Frames | null
  /** There is room for what the client sends. */
  #wanted: boolean
  /** The head of a denial, until its first body comes. */
  #denial: ResponseStart | null

  constructor(
    context: ServerContext,
    stream: ServerHttp2Stream,
    request: Http2Request,
    carrier: Carrier,
    handshake: Handshake,
  ) {
    this.#context = context
    this.#stream = stream
    this.#request = request
    this.#carrier = carrier
    this.#handshake = handshake
    const scope = webSocketScope(context, carrier.origin, request, handshake.subprotocols)
    this.#session = new WebSocketSession(this, context, scope)
    this.#gate = new WriteGate(stream, context.highWaterMark)
    this.#heartbeat = new Heartbeat(context, {
      open: () => this.#session.open,
      ping: (left) => this.#frames?.ping(left),
      lost: () => this.#giveUp(),
    })
    this.#frames = null
    this.#wanted = true
    this.#denial = null
    stream.on('data', (bytes: Buffer) => {
      if (this.#frames?.receive(bytes) === false) stream.pause()
    })
    stream.on('end', () => {
      this.#heartbeat.stop()
      this.#session.clientEnded()
    })
    this.#watchProgress()
    stream.on('error', () => this.#session.lost())
    stream.on('close', () => {
      this.#heartbeat.stop()
      this.#session.lost()
    })
    // Nothing is read before the handshake is answered.
    stream.pause()
    stream.on('aborted', () => this.#aborted())
    if (isOver(stream)) this.#aborted()
  }

  /** RFC 8441 §5: END_STREAM stands for the end of TCP. Behind the server's, the client's is due as well, and soon. */
  #watchProgress(): void {
    const stream = this.#stream
    const { clock, timeouts } = this.#context
    const patience = new StreamPatience(clock, timeouts.stallMs, stream, this.#carrier.socket, {
      awaits: () => stream.writableFinished,
      stalled: () => this.#giveUp(),
    })
    const lingerMs = Math.min(LINGER_MS, timeouts.stallMs)
    stream.once('finish', () => patience.renew(this.#frames === null ? timeouts.stallMs : lingerMs))
  }

  /** The client has reset the stream; that of an open WebSocket tells so by its end, behind what was sent before. */
  #aborted(): void {
    if (this.#frames !== null) return
    this.#session.lost()
    this.#stream.resume()
  }

  async run(): Promise<void> {
    if (this.#context.admission.enter()) {
      await this.#session.run(this.#context.application)
      return
    }
    tellRefused(this.#context, this.#carrier.origin, this.#request, 503, 0)
    this.deny(503)
  }

  /** 1012: the service restarts. */
  drain(): void {
    this.#session.close(1012, '')
  }

  accept(acceptance: Acceptance): Frames {
    const { subprotocol, headers } = acceptance
    const { extensions, deflate } = this.#handshake
    this.#respond({
      ':status': 200,
      ...fieldsOf([...headers, ...this.#context.defaults.pairs(acceptance)]),
      ...(subprotocol === null ? {} : { 'sec-websocket-protocol': subprotocol }),
      ...(extensions === '' ? {} : { 'sec-websocket-extensions': extensions }),
    })
    const session = this.#session
    const frames = new Frames(this.#stream, deflate, this.#context.webSocket, {
      message: (data, isBinary) => session.message(data, isBinary),
      closeFrame: (code, reason) => session.closeFrame(code, reason),
      violation: (code) => session.violation(code),
      pong: () => this.#heartbeat.pong(),
    })
    frames.onDrain(() => {
      if (this.#wanted) this.#stream.resume()
    })
    this.#frames = frames
    this.#heartbeat.start()
    this.#stream.resume()
    return frames
  }

  #respond(fields: ReturnType<typeof toFields>, endStream = false): void {
    respond(this.#stream, fields, { endStream })
  }

  deny(status: number): number {
    this.#respond(errorFields(status, this.#context.defaults), true)
    this.#stream.resume()
    return 0
  }

  denialStart(start: ResponseStart): void {
    checkStatus(start.status)
    this.#denial = start
  }

  denialBody(bytes: Uint8Array, last: boolean): void {
    if (this.#denial !== null) this.#respond(responseFields(this.#denial, this.#context.defaults))
    this.#denial = null
    if (last) this.#stream.end(bytes)
    else this.#stream.write(bytes)
    this.#stream.resume()
  }

  accepted(): Promise<void> | null {
    return this.#gate.accepted()
  }

  reading(wanted: boolean): void {
    this.#wanted = wanted
    this.#heartbeat.reading(wanted)
    if (wanted) this.#stream.resume()
    else this.#stream.pause()
  }

  awaitClose(): void {
    this.#wanted = true
    this.#heartbeat.awaitClose()
  }

  end(): void {
    this.#stream.end()
  }

  /** RFC 9113 §8.1: behind a whole answer, no error tells that the rest of the request is not wanted. */
  #giveUp(): void {
    const { writableFinished } = this.#stream
    this.#stream.close(writableFinished ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL)
  }

  truncate(): void {
    // An end of the stream in order would make it look complete.
    this.#stream.destroy(new Error('The denial was cut short.'))
  }
}

/** RFC 9110 §9.3.6: where a CONNECT is granted there is no content, so that none has a length. */
function fieldsOf(headers: Headers): ReturnType<typeof toFields> {
  const { 'content-length': _, ...fields } = toFields(headers)
  return fields
}
