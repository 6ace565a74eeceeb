import type { Progress } from './events.ts'
import type { PlannedStart } from './plan.ts'

/** Seconds to start and stop a server, until the first one has shown how long that takes. */
const FIRST_GUESS = 0.8

const loadSeconds = ({ run }: PlannedStart): number =>
  run.profile.warmupSeconds + run.profile.seconds

/** Knows what has been done and reckons what remains. */
export class Clock {
  readonly #began: number = performance.now()
  readonly #total: number
  readonly #remaining: Set<PlannedStart>
  #startBegan = 0
  #overheads: readonly number[] = []

  constructor(starts: readonly PlannedStart[]) {
    this.#total = starts.length
    this.#remaining = new Set(starts)
  }

  started(): void {
    this.#startBegan = performance.now()
  }

  finished(start: PlannedStart): void {
    const took = (performance.now() - this.#startBegan) / 1000
    this.#overheads = [...this.#overheads, Math.max(0, took - loadSeconds(start))]
    this.#remaining.delete(start)
  }

  skipped(start: PlannedStart): void {
    this.#remaining.delete(start)
  }

  progress(): Progress {
    const known = this.#overheads
    const overhead =
      known.length === 0 ? FIRST_GUESS : known.reduce((sum, each) => sum + each, 0) / known.length
    let remainingSeconds = 0
    for (const start of this.#remaining) remainingSeconds += loadSeconds(start) + overhead
    return {
      doneStarts: this.#total - this.#remaining.size,
      totalStarts: this.#total,
      elapsedSeconds: (performance.now() - this.#began) / 1000,
      remainingSeconds,
    }
  }
}
