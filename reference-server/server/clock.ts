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
  /** `date: Tue, 15 Nov 1994 08:12:31 GMT` CR LF (RFC 9110 §6.6.1). */
  dateLine: Uint8Array
  #seconds: number
  readonly #subjects: Set<Expiring>
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#seconds = Math.floor(Date.now() / 1000)
    this.dateLine = dateLine(this.#seconds)
    this.#subjects = new Set()
    // What arrived while the process had no time is read before it counts as late.
    this.#timer = setInterval(() => setImmediate(() => this.#tick()), TICK_MS)
    this.#timer.unref()
  }

  /**
   * Monotonic, milliseconds. The time of the last tick would not do: a deadline that counts from it comes up to a
   * tick early, and at once after an application that has computed for longer.
   */
  get now(): number {
    return performance.now()
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
    const { now } = this
    this.#renewDate()
    for (const subject of this.#subjects) subject.onTick(now)
  }
}

function dateLine(seconds: number): Uint8Array {
  return Buffer.from(`date: ${new Date(1000 * seconds).toUTCString()}\r\n`)
}
