import type { Property } from '../properties/property.ts'

/** The last part of the time is for looking into what was found, and for programs that are slow. */
const RESERVE_SHARE = 0.15
const MOST_RESERVE = 10_000

/** A program that shows something new is run again, which takes as long once more, and some more for luck. */
const RUN_AND_PROVE = 2.5

/** Milliseconds that a program which launches servers takes, until some have been run. */
const USUAL_LAUNCH = 2500

/** When a run is to end, in milliseconds of performance.now(). */
export interface Deadline {
  /** Null: never. */
  readonly deadline: number | null
  /**
   * Milliseconds beyond it for programs that were planned and have had no turn: a run should run the same ones
   * on every machine, or its verdicts would hang on the speed of the machine.
   */
  readonly graceMs: number
}

/** Says whether there is time for another program. */
export class Clock {
  readonly #deadline: number
  readonly #graceMs: number
  readonly #reserve: number
  readonly #launches: Map<string, number> = new Map()

  constructor({ deadline, graceMs }: Deadline) {
    this.#deadline = deadline ?? Number.POSITIVE_INFINITY
    this.#graceMs = graceMs
    this.#reserve = Math.min(MOST_RESERVE, RESERVE_SHARE * (this.#deadline - performance.now()))
  }

  allows({ kind, id }: Property): boolean {
    const left = this.#deadline + this.#graceMs - performance.now()
    if (kind === 'exchange') return left > this.#reserve
    return left > RUN_AND_PROVE * (this.#launches.get(id) ?? this.#meanLaunch())
  }

  /** Calls back when a third of the time is over. */
  third(callback: () => void): NodeJS.Timeout | undefined {
    const left = this.#deadline - performance.now()
    return Number.isFinite(left) ? setTimeout(callback, left / 3).unref() : undefined
  }

  /** How long a program took. */
  learn({ kind, id }: Property, ms: number): void {
    if (kind === 'process') this.#launches.set(id, ms)
  }

  #meanLaunch(): number {
    if (this.#launches.size === 0) return USUAL_LAUNCH
    return [...this.#launches.values()].reduce((sum, ms) => sum + ms, 0) / this.#launches.size
  }
}

/** Comes when the time is over, that of grace too, or the run is stopped. */
export class Cut {
  readonly came: Promise<void>
  readonly #signal: AbortSignal
  #timer: NodeJS.Timeout | undefined
  #cut: () => void = () => undefined

  constructor({ deadline, graceMs, signal }: Deadline & { readonly signal: AbortSignal }) {
    this.#signal = signal
    this.came = new Promise((resolve) => {
      this.#cut = () => resolve()
      signal.addEventListener('abort', this.#cut)
      if (signal.aborted) resolve()
      if (deadline !== null)
        this.#timer = setTimeout(resolve, Math.max(0, deadline + graceMs - performance.now()))
    })
  }

  release(): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#cut)
  }
}
