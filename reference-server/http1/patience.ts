import type { Socket } from 'node:net'
import type { Clock } from '../server/clock.ts'
import type { Timeouts } from '../server/context.ts'

/** What a connection waits for: it decides what becomes of it when the time is over. */
export type Waiting = 'head' | 'next-request' | 'body' | 'application' | 'end'

/** How long a client may still talk once its connection was given up (RFC 9112 §9.6). */
const LINGER_MS = 2_000

/** The one deadline of a connection, and the watch over a client that does not read. */
export class Patience {
  readonly #clock: Clock
  readonly #timeouts: Timeouts
  readonly #socket: Socket
  #waiting: Waiting
  #deadline: number
  #stallTimerArmed: boolean

  constructor(clock: Clock, timeouts: Timeouts, socket: Socket) {
    this.#clock = clock
    this.#timeouts = timeouts
    this.#socket = socket
    this.#waiting = 'head'
    this.#deadline = clock.now + timeouts.headerMs
    this.#stallTimerArmed = false
    socket.on('timeout', () => socket.destroy())
  }

  get waiting(): Waiting {
    return this.#waiting
  }

  await(waiting: Waiting): void {
    this.#waiting = waiting
    switch (waiting) {
      case 'head':
        this.#deadline = this.#clock.now + this.#timeouts.headerMs
        return
      case 'next-request':
        this.#deadline = this.#clock.now + this.#timeouts.keepAliveMs
        return
      case 'body':
        this.#deadline = this.#clock.now + this.#timeouts.stallMs
        return
      case 'end':
        this.#deadline = this.#clock.now + LINGER_MS
        return
      case 'application':
        this.#deadline = Number.POSITIVE_INFINITY
    }
  }

  /** To be called once a tick: true when the time for what is awaited is over. */
  expired(now: number): boolean {
    this.#watchWrites()
    return now >= this.#deadline
  }

  /** The socket's own timer knows of partial progress, so it is armed while bytes cannot leave. */
  #watchWrites(): void {
    const blocked = this.#socket.writableLength > 0
    if (blocked === this.#stallTimerArmed) return
    this.#stallTimerArmed = blocked
    this.#socket.setTimeout(blocked ? this.#timeouts.stallMs : 0)
  }
}
