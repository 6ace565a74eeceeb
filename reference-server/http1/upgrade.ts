import type { Socket } from 'node:net'
import { isName, type ResponseStart } from '../http/response-events.ts'
import { type Origin, webSocketScope } from '../http/scope.ts'
import type { ServerContext } from '../server/context.ts'
import { Frames } from '../websocket/frames.ts'
import { asksForWebSocket, type Handshake, readHandshake } from '../websocket/handshake.ts'
import { Heartbeat } from '../websocket/heartbeat.ts'
import type { Acceptance } from '../websocket/send-events.ts'
import { WebSocketSession, type WebSocketTransport } from '../websocket/session.ts'
import { badHandshake } from './refusals.ts'
import type { RequestHead } from './request-head.ts'

/** What the HTTP/1.1 connection lends to a WebSocket that grows out of it. */
export interface UpgradeHost {
  /** The bytes that came after the handshake, once both sides have switched. */
  switchProtocol(): Buffer
  start(start: ResponseStart): void
  body(bytes: Uint8Array, last: boolean): void
  /** Answers the handshake with this status and ends the connection; how many bytes of content it has sent. */
  fail(status: number): number
  accepted(): Promise<void> | null
  /** Ends the stream in order. */
  end(): void
}

/** The WebSocket that this request asks for, null for an ordinary request; ProtocolError if it cannot be. */
export function upgradeOf(
  context: ServerContext,
  socket: Socket,
  host: UpgradeHost,
  head: RequestHead,
  origin: Origin,
): Http1WebSocket | null {
  // RFC 9110 §7.8: a server may ignore an Upgrade field.
  if (!context.webSocket.enabled) return null
  // RFC 6455 §4.1: a GET of HTTP/1.1 without a body; anything else ignores the Upgrade field.
  if (!head.upgrade || head.method !== 'GET' || head.body !== 0) return null
  if (!asksForWebSocket(head.headers)) return null
  const handshake = readHandshake(head.headers, context.webSocket)
  if ('status' in handshake) throw badHandshake(handshake)
  return new Http1WebSocket(context, socket, host, head, origin, handshake)
}

/** Carries one WebSocket over an HTTP/1.1 connection (RFC 6455 §4.2.2), with its pings and deadlines. */
export class Http1WebSocket implements WebSocketTransport {
  readonly #context: ServerContext
  readonly #socket: Socket
  readonly #host: UpgradeHost
  readonly #handshake: Handshake
  readonly #session: WebSocketSession
  #frames: Frames | null
  /** There is room for what the client sends. */
  #wanted: boolean
  readonly #heartbeat: Heartbeat

  constructor(
    context: ServerContext,
    socket: Socket,
    host: UpgradeHost,
    head: RequestHead,
    origin: Origin,
    handshake: Handshake,
  ) {
    this.#context = context
    this.#socket = socket
    this.#host = host
    this.#handshake = handshake
    const scope = webSocketScope(context, origin, head, handshake.subprotocols)
    this.#session = new WebSocketSession(this, context, scope)
    this.#frames = null
    this.#wanted = true
    this.#heartbeat = new Heartbeat(context, {
      open: () => this.#session.open,
      ping: (left) => this.#frames?.ping(left),
      lost: () => socket.destroy(),
    })
  }

  run(): void {
    void this.#session.run(this.#context.application)
  }

  /** Frames flow; before that, bytes are the HTTP machine's. */
  get open(): boolean {
    return this.#frames !== null
  }

  receive(bytes: Buffer): void {
    if (this.#frames?.receive(bytes) === false) this.#socket.pause()
  }

  lost(): void {
    this.#heartbeat.stop()
    this.#session.lost()
  }

  /** The client has ended its side: what it sent before is read, and then the connection ends. */
  clientEnded(): void {
    this.#heartbeat.stop()
    this.#session.clientEnded()
  }

  /** RFC 6455 §7.4.1 and the IANA registry: 1012, the service restarts. */
  drain(): void {
    this.#session.close(1012, '')
  }

  accept(acceptance: Acceptance): Frames {
    const rest = this.#host.switchProtocol()
    this.#socket.write(this.#response(acceptance))
    const { webSocket } = this.#context
    const session = this.#session
    const frames = new Frames(this.#socket, this.#handshake.deflate, webSocket, {
      message: (data, isBinary) => session.message(data, isBinary),
      closeFrame: (code, reason) => session.closeFrame(code, reason),
      violation: (code) => session.violation(code),
      pong: () => this.#heartbeat.pong(),
    })
    frames.onDrain(() => {
      if (this.#wanted) this.#socket.resume()
    })
    this.#frames = frames
    this.#heartbeat.start()
    if (rest.length > 0) queueMicrotask(() => this.receive(rest))
    this.#socket.resume()
    return frames
  }

  #response(acceptance: Acceptance): Buffer {
    const { subprotocol, headers } = acceptance
    const { accept, extensions } = this.#handshake
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'upgrade: websocket',
      'connection: upgrade',
      `sec-websocket-accept: ${accept}`,
    ]
    if (subprotocol !== null) lines.push(`sec-websocket-protocol: ${subprotocol}`)
    if (extensions !== '') lines.push(`sec-websocket-extensions: ${extensions}`)
    for (const [name, value] of headers) {
      if (HANDSHAKE_NAMES.some((own) => isName(name, own))) continue
      lines.push(`${latin1(name).toLowerCase()}: ${latin1(value)}`)
    }
    return Buffer.concat([
      Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1'),
      ...this.#context.defaults.lines(acceptance),
      Buffer.from('\r\n'),
    ])
  }

  deny(status: number): number {
    return this.#host.fail(status)
  }

  denialStart(start: ResponseStart): void {
    this.#host.start({ ...start, close: true, headers: [...start.headers, CLOSE] })
  }

  denialBody(bytes: Uint8Array, last: boolean): void {
    this.#host.body(bytes, last)
    if (last) this.#host.end()
  }

  accepted(): Promise<void> | null {
    return this.#host.accepted()
  }

  reading(wanted: boolean): void {
    this.#wanted = wanted
    this.#heartbeat.reading(wanted)
    if (wanted) this.#socket.resume()
    else this.#socket.pause()
  }

  awaitClose(): void {
    this.#wanted = true
    this.#heartbeat.awaitClose()
  }

  end(): void {
    this.#host.end()
  }

  /** HTTP/1.1 shows by length or by chunks what is missing. */
  truncate(): void {
    this.#host.end()
  }
}

const CLOSE = [Buffer.from('connection'), Buffer.from('close')] as const
/** Fields of the handshake that an application may not double. */
const HANDSHAKE_NAMES = ['upgrade', 'connection', 'content-length', 'transfer-encoding']

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
