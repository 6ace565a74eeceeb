import type { Clock } from '../server/clock.ts'
import type { Timeouts } from '../server/context.ts'
import type { Delivery } from '../server/delivery.ts'

/**
 * What a connection waits for: it decides what becomes of it when the time is over.
 *
 * - `departure`: this side has ended, and what it wrote has not left
 * - `farewell`: all of it has; the client may still end its side
 */
export type Waiting = 'head' | 'next-request' | 'body' | 'application' | 'departure' | 'farewell'

/** How long a client may still talk once everything was sent to it (RFC 9112 §9.6), in milliseconds. */
const FAREWELL_MS = 2_000

const NEVER = Number.POSITIVE_INFINITY

/** The one deadline of a connection. */
export class Patience {
  readonly #clock: Clock
  readonly #timeouts: Timeouts
  readonly #delivery: Delivery
  #waiting: Waiting
  #deadline: number

  constructor(clock: Clock, timeouts: Timeouts, delivery: Delivery) {
    this.#clock = clock
    this.#timeouts = timeouts
    this.#delivery = delivery
    this.#waiting = 'head'
    this.#deadline = clock.now + timeouts.headerMs
  }

  get waiting(): Waiting {
    return this.#waiting
  }

  await(waiting: Waiting): void {
    this.#waiting = waiting
    this.#deadline = this.#clock.now + this.#timeFor(waiting)
  }

  /** Milliseconds. */
  #timeFor(waiting: Waiting): number {
    switch (waiting) {
      case 'head':
        return this.#timeouts.headerMs
      case 'next-request':
        return this.#timeouts.keepAliveMs
      case 'body':
        return this.#timeouts.stallMs
      case 'farewell':
        return FAREWELL_MS
      case 'application':
      case 'departure':
        return NEVER
    }
  }

  /** To be called once a tick: true when the time for what is awaited is over. */
  expired(now: number): boolean {
    // A connection whose responses are on their way is not idle, and reads no further request.
    const another = this.#waiting === 'next-request' || this.#waiting === 'head'
    if (another && this.#delivery.pending) this.await(this.#waiting)
    return now >= this.#deadline
  }
}
