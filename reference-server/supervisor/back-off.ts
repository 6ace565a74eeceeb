/** Workers that end before they were ready, one after the other, until nobody tries again. */
const MOST_FAILURES = 5
const FIRST_DELAY_MS = 50
const LONGEST_DELAY_MS = 800

/**
 * How long to wait before a worker is replaced: not at all after a worker that was ready, longer each
 * time after one that was not, and never more than keeps the replacement within a second.
 */
export class BackOff {
  #failures: number

  constructor() {
    this.#failures = 0
  }

  ready(): void {
    this.#failures = 0
  }

  /** Milliseconds until the next try, null when there should be none. */
  next(wasReady: boolean): number | null {
    if (wasReady) return 0
    this.#failures += 1
    if (this.#failures >= MOST_FAILURES) return null
    return Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), LONGEST_DELAY_MS)
  }
}
