import type { Lane } from '../testers/trial.ts'

type Job = (lane: Lane) => Promise<void>

/**
 * So many jobs at a time, the most urgent first, in the order in which they came where urgency is
 * equal. A lane keeps its connection from job to job.
 */
export class Lanes {
  readonly #queue: Job[][] = []
  readonly #idle: Lane[]
  readonly #width: number
  #held: boolean
  #failure: unknown = null
  #waiting: (() => void)[] = []

  /** `held`: nothing begins before `open()`. */
  constructor(width: number, held = false) {
    this.#width = width
    this.#idle = Array.from({ length: width }, () => new Map())
    this.#held = held
  }

  /** The lower, the more urgent: a whole number from 0 on. */
  add(urgency: number, job: Job): void {
    const level = (this.#queue[urgency] ??= [])
    level.push(job)
    this.#pump()
  }

  open(): void {
    this.#held = false
    this.#pump()
  }

  /** Whether a job of this urgency, or of a higher one, still waits for a lane. */
  waits(urgency: number): boolean {
    return this.#queue.slice(0, urgency + 1).some((level) => (level?.length ?? 0) > 0)
  }

  /** Resolves when no job waits and none is under way; rejects with the first error out of one. */
  async done(): Promise<readonly Lane[]> {
    while (!this.over) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.#failure !== null) throw this.#failure
    return this.#idle
  }

  /** No job waits and none is under way. */
  get over(): boolean {
    return this.#idle.length === this.#width && !this.#queue.some((level) => level.length > 0)
  }

  #pump(): void {
    while (!this.#held && this.#idle.length > 0) {
      const job = this.#queue.find((level) => level !== undefined && level.length > 0)?.shift()
      if (job === undefined) break
      const lane = this.#idle.pop() ?? new Map()
      void this.#run(job, lane)
    }
    if (!this.over) return
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async #run(job: Job, lane: Lane): Promise<void> {
    try {
      if (this.#failure === null) await job(lane)
    } catch (error) {
      this.#failure ??= error
    }
    this.#idle.push(lane)
    this.#pump()
  }
}
