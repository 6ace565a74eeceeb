import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Deferred, deferred } from './deferred.ts'
import { ResponseReader, type WireResponse } from './response-reader.ts'
import { secure, type TlsClient } from './tls-client.ts'

/** How the server's side of a connection ended. */
export type Closing = 'fin' | 'reset'

/** One thing that crossed the wire, for transcripts. */
export interface WireEvent {
  readonly at: number
  readonly direction: 'out' | 'in'
  readonly what: 'bytes' | 'fin' | 'reset'
  readonly bytes: Buffer
  /** What the bytes are, where their first line does not tell. */
  readonly label?: string
}

/**
 * The lower tester: one connection (TCP, a unix socket, or TLS over TCP), raw bytes out, strictly read responses in. It does nothing by
 * itself: no header is added, no body is framed, nothing is retried.
 */
export class WireConnection {
  /** 0 for a unix socket, which has no ports. */
  readonly localPort: number
  events: WireEvent[] = []
  /** Every final response that has come, read or not. */
  received: WireResponse[] = []
  readonly reader: ResponseReader = new ResponseReader()
  readonly #socket: Socket
  readonly #closed: Deferred<Closing> = deferred()
  #closing: Closing | null = null
  readonly #responses: WireResponse[] = []
  readonly #readers: Deferred<WireResponse | null>[] = []
  #watchers: Deferred<void>[] = []
  #sink: ((bytes: Buffer) => void) | null = null
  #finished = false

  /** The encrypted connection that carries this one; null where it is plain. */
  readonly tls: TLSSocket | null

  private constructor(socket: Socket, tls: TLSSocket | null = null) {
    this.#socket = socket
    this.tls = tls
    this.localPort = socket.localPort ?? 0
    socket.on('data', (bytes: Buffer) => this.#hear(bytes))
    socket.on('end', () => this.#close('fin'))
    socket.on('error', () => this.#close('reset'))
    socket.on('close', (hadError) => this.#close(hadError ? 'reset' : 'fin'))
  }

  static async open(host: string, port: number): Promise<WireConnection> {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    await once(socket, 'connect')
    return new WireConnection(socket)
  }

  /** Over a unix socket. */
  static async openPath(path: string): Promise<WireConnection> {
    const socket = connect({ path, allowHalfOpen: true })
    await once(socket, 'connect')
    return new WireConnection(socket)
  }

  /** Through TLS, after the handshake; rejects when that fails. */
  static async openTls(host: string, port: number, client: TlsClient): Promise<WireConnection> {
    const socket = await secure(host, port, client)
    return new WireConnection(socket, socket)
  }

  /** Resolves when the server has closed its side. */
  get closed(): Promise<Closing> {
    return this.#closed.promise
  }

  get closing(): Closing | null {
    return this.#closing
  }

  /** True while both sides may still send. */
  get usable(): boolean {
    return this.#closing === null && !this.#finished
  }

  /** True once we have closed, half-closed or reset our side. */
  get finished(): boolean {
    return this.#finished
  }

  /** Bytes of ours that neither the server nor the sockets between us have taken yet. */
  get unsent(): number {
    return this.#socket.writableLength
  }

  write(bytes: Buffer, label?: string): void {
    const event: WireEvent = { at: performance.now(), direction: 'out', what: 'bytes', bytes }
    this.events.push(label === undefined ? event : { ...event, label })
    this.#socket.write(bytes)
  }

  /** The next complete final response, or null when the server closed without one. */
  response(): Promise<WireResponse | null> {
    const waiting = deferred<WireResponse | null>()
    const ready = this.#responses.shift()
    if (ready !== undefined) waiting.resolve(ready)
    else if (this.#closing !== null) waiting.resolve(null)
    else this.#readers.push(waiting)
    return waiting.promise
  }

  /** Resolves at the next arrival of bytes, or at the close: to await a part of a response. */
  activity(): Promise<void> {
    const waiting = deferred<void>()
    if (this.#closing === null) this.#watchers.push(waiting)
    else waiting.resolve()
    return waiting.promise
  }

  /** After a 101: what came behind it, and all that comes from now on, goes to `sink`. */
  upgrade(sink: (bytes: Buffer) => void): void {
    this.#sink = sink
    const early = this.reader.takeSurplus()
    if (early.length > 0) sink(early)
  }

  /** Says what the bytes that have just arrived are. */
  label(label: string): void {
    const last = this.events.at(-1)
    if (last !== undefined) this.events[this.events.length - 1] = { ...last, label }
  }

  /** Half-close: FIN, and go on reading. */
  end(): void {
    this.#finished = true
    this.#note('out', 'fin')
    this.#socket.end()
  }

  /** Only TCP has a reset. */
  get hasReset(): boolean {
    return this.tls === null && this.localPort > 0
  }

  /** RST. */
  reset(): void {
    this.#finished = true
    if (this.#closing === null) this.#note('out', 'reset')
    if (!this.hasReset) this.#socket.destroy()
    // While its shutdown is under way Node.js fails to reset it, and never lets go of it: not even to end itself.
    else if (this.#endsNow) this.#socket.once('finish', () => this.#socket.resetAndDestroy())
    else this.#socket.resetAndDestroy()
  }

  get #endsNow(): boolean {
    const { writableEnded, writableFinished, writableLength } = this.#socket
    return writableEnded && !writableFinished && writableLength === 0
  }

  /** Full close: FIN, and answer further bytes with RST. */
  close(): void {
    this.#finished = true
    this.#note('out', 'fin')
    this.#socket.destroy()
  }

  pauseReading(): void {
    this.#socket.pause()
  }

  resumeReading(): void {
    this.#socket.resume()
  }

  #hear(bytes: Buffer): void {
    this.events.push({ at: performance.now(), direction: 'in', what: 'bytes', bytes })
    if (this.#sink === null) this.#deliver(this.reader.push(bytes))
    else this.#sink(bytes)
    this.#wake()
  }

  #close(how: Closing): void {
    if (this.#closing !== null) return
    this.#closing = how
    this.#note('in', how)
    this.#deliver(this.reader.end())
    for (const waiting of this.#readers.splice(0)) waiting.resolve(null)
    this.#closed.resolve(how)
    this.#wake()
  }

  #deliver(responses: readonly WireResponse[]): void {
    for (const response of responses) {
      this.received.push(response)
      const waiting = this.#readers.shift()
      if (waiting !== undefined) waiting.resolve(response)
      else this.#responses.push(response)
    }
  }

  #wake(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const watcher of watchers) watcher.resolve()
  }

  #note(direction: WireEvent['direction'], what: Closing): void {
    this.events.push({ at: performance.now(), direction, what, bytes: Buffer.alloc(0) })
  }
}
