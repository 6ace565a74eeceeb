import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import { tellRefused } from '../http/refused.ts'
import type { Origin } from '../http/scope.ts'
import type { ServerContext } from '../server/context.ts'
import type { Drainable } from '../server/listener.ts'
import { WriteGate } from '../server/write-gate.ts'
import { respond } from './answer.ts'
import { GuardedSocket } from './guarded-socket.ts'
import { excess, type Http2Request, isMalformed, readRequest } from './request.ts'
import { errorFields } from './response-headers.ts'
import { Http2Exchange } from './stream.ts'
import type { Carrier } from './stream-patience.ts'
import { type Http2WebSocket, openWebSocket } from './web-socket.ts'

/** Streams that one client may have open at once: far fewer than would hurt, enough for any browser. */
const MOST_STREAMS = 256

/** Where connections of HTTP/2 begin, by ALPN or by prior knowledge. Framing is nghttp2's. */
export class Http2Gateway {
  readonly #context: ServerContext
  readonly #server: Http2Server

  constructor(context: ServerContext) {
    this.#context = context
    this.#server = createServer({
      maxHeaderListPairs: FLOOD * context.limits.headerCount + PSEUDO_HEADERS,
      settings: {
        enableConnectProtocol: context.webSocket.enabled,
        maxConcurrentStreams: MOST_STREAMS,
        maxHeaderListSize: context.limits.headerBytes,
      },
    })
  }

  /** Takes the socket over, with the bytes that were read from it already put back. */
  open(socket: Socket, origin: Origin): Drainable {
    const guarded = new GuardedSocket(socket, this.#context.clock, this.#context.timeouts)
    const outlet = new WriteGate(socket, this.#context.highWaterMark)
    const connection = new Http2Connection(this.#context, origin, guarded, outlet)
    this.#server.once('session', (session) => connection.attach(session))
    this.#server.emit('connection', guarded)
    return connection
  }
}

/** An answer leaves and is read within this time; 0 would turn the timer off. */
const LEAST_IDLE_MS = 100

/** Up to so many times the limit of fields are read, and the request is answered. */
const FLOOD = 4

/** `:method`, `:scheme`, `:authority`, `:path`, `:protocol` */
const PSEUDO_HEADERS = 5

/** One connection of HTTP/2: its streams, its idle time, its end. */
class Http2Connection implements Drainable, Carrier {
  readonly origin: Origin
  readonly socket: GuardedSocket
  readonly outlet: WriteGate
  readonly #context: ServerContext
  readonly #webSockets: Set<Http2WebSocket>
  #session: ServerHttp2Session | null
  #inProgress: number

  constructor(context: ServerContext, origin: Origin, socket: GuardedSocket, outlet: WriteGate) {
    this.#context = context
    this.origin = origin
    this.socket = socket
    this.outlet = outlet
    this.#webSockets = new Set()
    this.#session = null
    this.#inProgress = 0
  }

  attach(session: ServerHttp2Session): void {
    this.#session = session
    session.on('stream', (stream, ...rest) => {
      // The fourth argument, the list as it was sent, is documented but not declared.
      const [, , raw]: readonly unknown[] = rest
      this.#begin(stream, Array.isArray(raw) ? raw.map(String) : [])
    })
    // The session has told the client, or the client is gone: nothing is left to do.
    session.on('error', () => session.destroy())
    session.on('timeout', () => this.closeIdle())
    const { keepAliveMs, headerMs } = this.#context.timeouts
    // Where no idle time is granted, the first request still has its own.
    session.setTimeout(keepAliveMs === 0 ? headerMs : keepAliveMs)
  }

  get #idleMs(): number {
    return Math.max(this.#context.timeouts.keepAliveMs, LEAST_IDLE_MS)
  }

  #begin(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    stream.on('error', () => stream.destroy())
    this.#inProgress += 1
    stream.once('close', () => {
      this.#inProgress -= 1
      if (this.#inProgress === 0) this.#session?.setTimeout(this.#idleMs)
    })
    if (isMalformed(rawHeaders, this.socket.fieldCount(stream.id ?? 0))) {
      stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
      return
    }
    const request = readRequest(rawHeaders)
    const status = excess(rawHeaders, this.#context.limits)
    if (status !== null) {
      this.#refuse(stream, request, status)
    } else if (request.method !== 'CONNECT') {
      void new Http2Exchange(this.#context, stream, request, this).run()
    } else if (request.protocol === 'websocket' && this.#context.webSocket.enabled) {
      this.#openWebSocket(stream, request)
    } else {
      // RFC 9110 §9.3.6: this server is no tunnel.
      this.#refuse(stream, request, 501)
    }
  }

  #refuse(stream: ServerHttp2Stream, request: Http2Request, status: number): void {
    tellRefused(this.#context, this.origin, request, status, 0)
    respond(stream, errorFields(status, this.#context.defaults), { endStream: true })
    // RFC 9113 §8.1: what the client still sends is not wanted.
    if (!stream.endAfterHeaders) stream.close(constants.NGHTTP2_NO_ERROR)
  }

  #openWebSocket(stream: ServerHttp2Stream, request: Http2Request): void {
    const webSocket = openWebSocket(this.#context, stream, request, this)
    if (webSocket === null) return
    this.#webSockets.add(webSocket)
    stream.once('close', () => this.#webSockets.delete(webSocket))
    void webSocket.run()
  }

  /** RFC 9113 §6.8: GOAWAY; streams that are open finish. */
  drain(): void {
    this.#session?.close()
    for (const webSocket of this.#webSockets) webSocket.drain()
  }

  /** nghttp2 reads by itself. A client that was told to go away opens no stream, so it may. */
  hold(): void {}

  release(): void {}

  closeIdle(): void {
    if (this.#inProgress > 0) return
    // A connection whose responses are on their way is not idle.
    if (this.socket.pending) this.#session?.setTimeout(this.#idleMs)
    else this.#session?.close()
  }

  destroy(): void {
    this.#session?.destroy()
    this.socket.cut()
  }
}
