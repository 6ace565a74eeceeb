import { constants, type ServerHttp2Stream } from 'node:http2'
import type { ResponseStart } from '../http/response-events.ts'
import { type Origin, webSocketScope } from '../http/scope.ts'
import type { ServerContext } from '../server/context.ts'
import { WriteGate } from '../server/write-gate.ts'
import { Frames } from '../websocket/frames.ts'
import { type Handshake, readHandshake } from '../websocket/handshake.ts'
import { Heartbeat } from '../websocket/heartbeat.ts'
import type { Acceptance } from '../websocket/send-events.ts'
import { WebSocketSession, type WebSocketTransport } from '../websocket/session.ts'
import type { Http2Request } from './request.ts'
import { checkStatus, errorFields, responseFields, toFields } from './response-headers.ts'

/** Serves an extended CONNECT for WebSocket (RFC 8441), or refuses it. Null when it was refused. */
export function openWebSocket(
  context: ServerContext,
  stream: ServerHttp2Stream,
  request: Http2Request,
  origin: Origin,
): Http2WebSocket | null {
  const handshake = readHandshake(request.headers, context.webSocket, false)
  if (!('status' in handshake)) {
    return new Http2WebSocket(context, stream, request, origin, handshake)
  }
  const { status, headers } = handshake
  stream.respond(errorFields(status, context.defaults, headers), { endStream: true })
  return null
}

/** Carries one WebSocket over a stream of HTTP/2. */
export class Http2WebSocket implements WebSocketTransport {
  readonly #context: ServerContext
  readonly #stream: ServerHttp2Stream
  readonly #handshake: Handshake
  readonly #session: WebSocketSession
  readonly #gate: WriteGate
  readonly #heartbeat: Heartbeat
  #frames: Frames | null
  /** The head of a denial, until its first body comes. */
  #denial: ResponseStart | null

  constructor(
    context: ServerContext,
    stream: ServerHttp2Stream,
    request: Http2Request,
    origin: Origin,
    handshake: Handshake,
  ) {
    this.#context = context
    this.#stream = stream
    this.#handshake = handshake
    const scope = webSocketScope(context, origin, request, handshake.subprotocols)
    this.#session = new WebSocketSession(this, context, scope)
    this.#gate = new WriteGate(stream, context.highWaterMark)
    this.#heartbeat = new Heartbeat(context, {
      open: () => this.#session.open,
      ping: () => this.#frames?.ping(),
      lost: () => stream.close(constants.NGHTTP2_CANCEL),
    })
    this.#frames = null
    this.#denial = null
    stream.on('data', (bytes: Buffer) => {
      if (this.#frames?.receive(bytes) === false) stream.pause()
    })
    stream.on('end', () => {
      this.#heartbeat.stop()
      this.#session.clientEnded()
    })
    stream.on('error', () => this.#session.lost())
    stream.on('close', () => {
      this.#heartbeat.stop()
      this.#session.lost()
    })
    // Nothing is read before the handshake is answered.
    stream.pause()
  }

  async run(): Promise<void> {
    if (this.#context.admission.enter()) await this.#session.run(this.#context.application)
    else this.deny(503)
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
      ...toFields([...headers, ...this.#context.defaults.pairs(acceptance)]),
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
    frames.onDrain(() => this.#stream.resume())
    this.#frames = frames
    this.#heartbeat.start()
    this.#stream.resume()
    return frames
  }

  #respond(fields: ReturnType<typeof toFields>, endStream = false): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return
    this.#stream.respond(fields, { endStream })
  }

  deny(status: number): void {
    this.#respond(errorFields(status, this.#context.defaults), true)
    this.#stream.resume()
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
    if (wanted) this.#stream.resume()
    else this.#stream.pause()
  }

  awaitClose(): void {
    this.#heartbeat.awaitClose()
    this.#stream.resume()
  }

  end(): void {
    if (!this.#stream.destroyed) this.#stream.end()
  }

  truncate(): void {
    // An end of the stream in order would make it look complete.
    this.#stream.destroy(new Error('The denial was cut short.'))
  }
}
