/** How often deadlines are looked at and the date is renewed, in milliseconds. */
const TICK_MS = 250

export interface Expiring {
  /** Called once a tick; `now` in milliseconds of the monotonic clock. */
  onTick(now: number): void
}

/**
 * One timer for all connections: a deadline that is a number in a field costs nothing to move, and
 * ten thousand of them are looked through in less time than one timer takes to be re-armed.
 */
export class Clock {
  /** Monotonic, milliseconds, as of the last tick. */
  now: number
  /** `date: Tue, 15 Nov 1994 08:12:31 GMT` CR LF (RFC 9110 §6.6.1). */
  dateLine: Uint8Array
  #seconds: number
  readonly #subjects: Set<Expiring>
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.now = performance.now()
    this.#seconds = Math.floor(Date.now() / 1000)
    this.dateLine = dateLine(this.#seconds)
    this.#subjects = new Set()
    // What arrived while the process had no time is read before it counts as late.
    this.#timer = setInterval(() => setImmediate(() => this.#tick()), TICK_MS)
    this.#timer.unref()
  }

  add(subject: Expiring): void {
    this.#subjects.add(subject)
  }

  remove(subject: Expiring): void {
    this.#subjects.delete(subject)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #renewDate(): void {
    const seconds = Math.floor(Date.now() / 1000)
    if (seconds === this.#seconds) return
    this.#seconds = seconds
    this.dateLine = dateLine(seconds)
  }

  #tick(): void {
    this.now = performance.now()
    this.#renewDate()
    for (const subject of this.#subjects) subject.onTick(this.now)
  }
}

function dateLine(seconds: number): Uint8Array {
  return Buffer.from(`date: ${new Date(1000 * seconds).toUTCString()}\r\n`)
}
