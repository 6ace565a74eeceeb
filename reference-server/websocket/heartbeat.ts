import type { Expiring } from '../server/clock.ts'
import type { WebSocketLimits } from './limits.ts'

const NEVER = Number.POSITIVE_INFINITY

/** What a heartbeat can ask and do. */
export interface Pulse {
  /** Both sides may still send messages. */
  open(): boolean
  /** Sends a ping; `left` is called once it has left. */
  ping(left: () => void): void
  /** The client has not answered in time. */
  lost(): void
}

/** What it needs of the server: the time in milliseconds, ticks, and its own times. */
export interface HeartbeatContext {
  readonly clock: {
    readonly now: number
    add(subject: Expiring): void
    remove(subject: Expiring): void
  }
  readonly webSocket: Pick<WebSocketLimits, 'pingIntervalMs' | 'pingTimeoutMs' | 'closeTimeoutMs'>
}

/** Pings a WebSocket (RFC 6455 §5.5.2) and gives up on a client that answers neither ping nor close. */
export class Heartbeat implements Expiring {
  readonly #context: HeartbeatContext
  readonly #pulse: Pulse
  #pingAt: number
  #pongBy: number
  /** A ping waits behind what the client has not read: no pong can come. */
  #pingWaits: boolean
  #closeBy: number
  /** What the client sends is not read for now, its pongs included. */
  #deaf: boolean

  constructor(context: HeartbeatContext, pulse: Pulse) {
    this.#context = context
    this.#pulse = pulse
    this.#pingAt = NEVER
    this.#pongBy = NEVER
    this.#pingWaits = false
    this.#closeBy = NEVER
    this.#deaf = false
  }

  start(): void {
    const { clock, webSocket } = this.#context
    if (webSocket.pingIntervalMs > 0) this.#pingAt = clock.now + webSocket.pingIntervalMs
    clock.add(this)
  }

  stop(): void {
    this.#context.clock.remove(this)
  }

  pong(): void {
    this.#pongBy = NEVER
    // It may be read before the server hears that the ping has left, over HTTP/2 above all.
    this.#pingWaits = false
  }

  /** A pong that waits behind messages nobody has received is not late: its time counts from when it can be read. */
  reading(wanted: boolean): void {
    this.#deaf = !wanted
    const { clock, webSocket } = this.#context
    if (wanted && this.#pongBy !== NEVER) this.#pongBy = clock.now + webSocket.pingTimeoutMs
  }

  /** The close frame has left: the client's is due. */
  awaitClose(): void {
    const { clock, webSocket } = this.#context
    this.#closeBy = clock.now + webSocket.closeTimeoutMs
  }

  onTick(now: number): void {
    const open = this.#pulse.open()
    if (now >= this.#closeBy || (open && !this.#deaf && now >= this.#pongBy)) {
      this.#pulse.lost()
      return
    }
    if (now < this.#pingAt || !open) return
    this.#pingAt = now + this.#context.webSocket.pingIntervalMs
    if (this.#pingWaits) return
    this.#pingWaits = true
    this.#pulse.ping(() => this.#awaitPong())
  }

  #awaitPong(): void {
    const { clock, webSocket } = this.#context
    if (!this.#pingWaits) return
    this.#pingWaits = false
    if (this.#pongBy === NEVER) this.#pongBy = clock.now + webSocket.pingTimeoutMs
  }
}
