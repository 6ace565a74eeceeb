import { type LatencyHistogram, latencyHistogram, record } from '../statistics/histogram.ts'

/**
 * The fate of each request of a closed model, kept by connection, with its own clock: autocannon
 * times a request that follows a lost connection from the lost one, and counts no loss at all when a
 * server closes without an answer. A request belongs to the measured window by the moment it was
 * sent; times are milliseconds of one clock.
 */
export class RequestLedger {
  readonly latency: LatencyHistogram = latencyHistogram()
  readonly failures: Record<string, number> = {}
  ok = 0
  readonly #pending: (number | null)[]
  readonly #served = new Set<number>()
  readonly #from: number
  #to: number

  constructor(connections: number, window: { readonly from: number; readonly to: number }) {
    this.#pending = Array.from({ length: connections }, () => null)
    this.#from = window.from
    this.#to = window.to
  }

  /** A connection sends one request at a time: what it still waited for will not be answered. */
  sent(connection: number, at: number, whyPreviousWasLost: string): void {
    this.#fail(this.#pending[connection], whyPreviousWasLost)
    this.#pending[connection] = at
  }

  answered(connection: number, at: number, status: number): void {
    const start = this.#pending[connection]
    this.#pending[connection] = null
    if (!this.#measured(start)) return
    if (status < 200 || status > 299) return this.#fail(start, `status ${status}`)
    this.ok += 1
    record(this.latency, at - start)
    this.#served.add(connection)
  }

  /** The request was the generator's own mistake, and says nothing of the server. */
  void(connection: number): void {
    this.#pending[connection] = null
  }

  /** Closes the window before its time. */
  closeAt(at: number): void {
    this.#to = Math.min(this.#to, at)
  }

  /** Requests of the window that still wait. */
  get waiting(): number {
    return this.#pending.filter((start) => this.#measured(start)).length
  }

  /** Whoever still waits has waited in vain. */
  finish(why: string): void {
    for (const start of this.#pending) this.#fail(start, why)
    this.#pending.fill(null)
  }

  get connectionsServed(): number {
    return this.#served.size
  }

  get window(): { readonly from: number; readonly to: number } {
    return { from: this.#from, to: this.#to }
  }

  #measured(start: number | null | undefined): start is number {
    return typeof start === 'number' && start >= this.#from && start < this.#to
  }

  #fail(start: number | null | undefined, why: string): void {
    if (this.#measured(start)) this.failures[why] = (this.failures[why] ?? 0) + 1
  }
}
