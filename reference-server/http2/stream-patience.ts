import type { ServerHttp2Stream } from 'node:http2'
import type { Origin } from '../http/scope.ts'
import type { Clock, Expiring } from '../server/clock.ts'
import type { WriteGate } from '../server/write-gate.ts'

/** The connection that carries a stream. */
export interface Carrier {
  readonly origin: Origin
  /** Of all its streams together. */
  readonly outlet: WriteGate
  readonly socket: Wire
}

/** What is known of the bytes of a connection. */
interface Wire {
  /** Something that was written has not left. */
  readonly pending: boolean
  /** Null when there is room for more fields, else what resolves once there is, or never will be. */
  accepted(): Promise<void> | null
  /** Bytes of DATA that were written of a stream. */
  dataSent(stream: number): number
}

/** What the owner of a stream knows of it. */
interface Owner {
  /** The client has to send something before anything goes on. */
  awaits(): boolean
  /** Nothing moved for too long, by the client's fault. */
  stalled(): void
}

const NEVER = Number.POSITIVE_INFINITY

/**
 * How long the client of one stream may let it stand still, of each direction for itself. The timer of the stream
 * would count what a client sends as progress of what it is sent.
 */
export class StreamPatience implements Expiring {
  readonly #clock: Clock
  readonly #stallMs: number
  readonly #stream: ServerHttp2Stream
  readonly #id: number
  readonly #wire: Wire
  readonly #owner: Owner
  #awaitedBy: number
  #sent: number
  #sentBy: number

  constructor(clock: Clock, stallMs: number, stream: ServerHttp2Stream, wire: Wire, owner: Owner) {
    this.#clock = clock
    this.#stallMs = stallMs
    this.#stream = stream
    this.#id = stream.id ?? 0
    this.#wire = wire
    this.#owner = owner
    this.#awaitedBy = NEVER
    this.#sent = 0
    this.#sentBy = NEVER
    clock.add(this)
    stream.once('close', () => clock.remove(this))
  }

  /** From now on, or again, the client has so many milliseconds for what is awaited of it. */
  renew(ms: number = this.#stallMs): void {
    this.#awaitedBy = this.#clock.now + ms
  }

  onTick(now: number): void {
    const late = now >= this.#awaitedBy && this.#owner.awaits()
    if (late || this.#stuck(now)) this.#owner.stalled()
  }

  /** Of what waits to be sent nothing has left. Behind what fills the socket it is not the stream that waits. */
  #stuck(now: number): boolean {
    if (this.#stream.writableLength === 0) {
      this.#sentBy = NEVER
      return false
    }
    const sent = this.#wire.dataSent(this.#id)
    if (this.#sentBy === NEVER || this.#wire.pending || sent !== this.#sent) {
      this.#sent = sent
      this.#sentBy = now + this.#stallMs
      return false
    }
    return now >= this.#sentBy
  }
}
