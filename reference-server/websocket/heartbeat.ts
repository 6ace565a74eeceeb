import type { Expiring } from '../server/clock.ts'
import type { ServerContext } from '../server/context.ts'

const NEVER = Number.POSITIVE_INFINITY

/** What a heartbeat can ask and do. */
export interface Pulse {
  /** Both sides may still send messages. */
  open(): boolean
  ping(): void
  /** The client has not answered in time. */
  lost(): void
}

/** Pings a WebSocket (RFC 6455 §5.5.2) and gives up on a client that answers neither ping nor close. */
export class Heartbeat implements Expiring {
  readonly #context: ServerContext
  readonly #pulse: Pulse
  #pingAt: number
  #pongBy: number
  #closeBy: number

  constructor(context: ServerContext, pulse: Pulse) {
    this.#context = context
    this.#pulse = pulse
    this.#pingAt = NEVER
    this.#pongBy = NEVER
    this.#closeBy = NEVER
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
  }

  /** The close frame was sent: the client's is due. */
  awaitClose(): void {
    const { clock, webSocket } = this.#context
    this.#closeBy = clock.now + webSocket.closeTimeoutMs
  }

  onTick(now: number): void {
    if (now >= this.#closeBy || now >= this.#pongBy) {
      this.#pulse.lost()
      return
    }
    if (now < this.#pingAt || !this.#pulse.open()) return
    const { pingIntervalMs, pingTimeoutMs } = this.#context.webSocket
    this.#pulse.ping()
    this.#pingAt = now + pingIntervalMs
    if (this.#pongBy === NEVER) this.#pongBy = now + pingTimeoutMs
  }
}
