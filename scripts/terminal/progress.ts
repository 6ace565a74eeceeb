import type { ChalkInstance } from 'chalk'
import { formatDuration } from './duration.ts'
import { penFor } from './style.ts'

/** One part of a run and how long it is expected to take; null: nobody can tell. */
export interface Stage {
  readonly title: string
  readonly expectedMs: number | null
}

/** What a run tells its user while it goes on; standard output stays free for results. */
export interface Progress {
  /** The stages to come, for the remaining time; may be told again when more is known. */
  plan(stages: readonly Stage[]): void
  begin(title: string): void
  /** Where the current stage is, in a few words, and what is left of it; null: as planned. */
  update(detail: string, remainingMs: number | null): void
  /** A line that stays. */
  note(text: string): void
  finish(): void
}

interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Milliseconds between two pictures of the line on a terminal, and between two lines in a log. */
const TERMINAL_PERIOD = 200
const LOG_PERIOD = 15_000

/** A line that moves on a terminal; plain lines in CI and in files. */
export function createProgress(
  output: Output = process.stderr,
  environment: NodeJS.ProcessEnv = process.env,
): Progress {
  const moving = output.isTTY === true && environment['TERM'] !== 'dumb' && !isCi(environment)
  return new ProgressReporter(output, moving, penFor(output, environment))
}

function isCi(environment: NodeJS.ProcessEnv): boolean {
  const value = environment['CI'] ?? ''
  return value !== '' && value !== '0' && value !== 'false'
}

class ProgressReporter implements Progress {
  readonly #output: Output
  readonly #moving: boolean
  readonly #pen: ChalkInstance
  readonly #clock = new StageClock()
  readonly #timer: NodeJS.Timeout
  #detail = ''

  constructor(output: Output, moving: boolean, pen: ChalkInstance) {
    this.#output = output
    this.#pen = pen
    this.#moving = moving
    this.#timer = setInterval(
      () => {
        this.#tick()
      },
      moving ? TERMINAL_PERIOD : LOG_PERIOD,
    )
    this.#timer.unref()
  }

  plan(stages: readonly Stage[]): void {
    this.#clock.plan(stages)
  }

  begin(title: string): void {
    this.#clock.begin(title)
    this.#detail = ''
    if (this.#moving) this.#tick()
    else this.#output.write(`[${formatDuration(this.#clock.elapsedMs())}] ${title}\n`)
  }

  update(detail: string, remainingMs: number | null): void {
    this.#detail = detail
    if (remainingMs !== null) this.#clock.expect(remainingMs)
  }

  note(text: string): void {
    this.#clear()
    this.#output.write(`${text}\n`)
  }

  finish(): void {
    clearInterval(this.#timer)
    this.#clear()
  }

  #tick(): void {
    const line = this.#clock.line(this.#detail)
    if (!this.#moving) {
      this.#output.write(`${line}\n`)
      return
    }
    const columns = this.#output.columns ?? 80
    this.#output.write(`\r\x1b[2K${this.#pen.cyan(line.slice(0, columns - 1))}`)
  }

  #clear(): void {
    if (this.#moving) this.#output.write('\r\x1b[2K')
  }
}

/** Elapsed and remaining time of a run in stages. */
export class StageClock {
  readonly #now: () => number
  readonly #startedAt: number
  #stages: readonly Stage[] = []
  #title = ''
  /** When the current stage will be over; null: nobody can tell. */
  #stageEndsAt: number | null = null

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#startedAt = now()
  }

  plan(stages: readonly Stage[]): void {
    this.#stages = stages
  }

  begin(title: string): void {
    this.#title = title
    const expected = this.#stages.find((stage) => stage.title === title)?.expectedMs ?? null
    this.#stageEndsAt = expected === null ? null : this.#now() + expected
  }

  /** The current stage knows better than the plan. */
  expect(remainingMs: number): void {
    this.#stageEndsAt = this.#now() + remainingMs
  }

  elapsedMs(): number {
    return this.#now() - this.#startedAt
  }

  /** Of the current stage and those after it; null as soon as one of them has no expectation. */
  remainingMs(): number | null {
    if (this.#stageEndsAt === null) return null
    let sum = Math.max(0, this.#stageEndsAt - this.#now())
    const index = this.#stages.findIndex(({ title }) => title === this.#title)
    for (const { expectedMs } of this.#stages.slice(index + 1)) {
      if (expectedMs === null) return null
      sum += expectedMs
    }
    return sum
  }

  line(detail: string): string {
    const remaining = this.remainingMs()
    const left = remaining === null ? '' : `, about ${formatDuration(remaining)} left`
    const what = detail === '' ? this.#title : `${this.#title}: ${detail}`
    return `[${formatDuration(this.elapsedMs())}${left}] ${what}`
  }
}
