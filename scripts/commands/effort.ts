import type { Command } from 'commander'
import { UsageError } from '../../evidence/errors.ts'
import type { ConformanceEffort } from '../runs/conformance.ts'
import { countOption, durationOption } from './options.ts'

/** Which programs are run, and how many: the same words in every command that generates some. */
export interface EffortOptions {
  readonly grep?: string
  readonly time?: number
  readonly runs?: number
  readonly lanes?: number
}

/** Milliseconds for each target where neither a time nor a number of programs is given. */
const DEFAULT_TIME = 60_000

/**
 * And more, where nobody said when to end, for what a slow server or machine has not come to by then: the
 * run ends with its programs, and what a busy machine had no time for would be a verdict that changes.
 */
export const DEFAULT_GRACE = 240_000

/**
 * What a run of a minute does with each property. A longer one does more of it, not the same and then
 * nothing; how much must not hang on the speed of the machine, or its verdicts would.
 */
const PER_MINUTE = { runs: 100, launches: 2 } as const

export function addEffortOptions(command: Command): Command {
  return command
    .option('--grep <id>', 'only properties and clauses whose id contains it: http/disconnect')
    .addOption(durationOption('--time <duration>', 'how long for each target (default: 60s)'))
    .addOption(countOption('--runs <number>', 'programs for each property, instead of a time'))
    .addOption(countOption('--lanes <number>', 'programs in flight at once'))
}

/** @throws UsageError for a time and a number of programs at once. */
export function effortOf({ time, runs, lanes, grep }: EffortOptions): ConformanceEffort {
  if (time !== undefined && runs !== undefined) {
    throw new UsageError({
      code: 'conformance/two-efforts',
      input: '--time and --runs',
      rule: 'A run ends after a time or after a number of programs, not both.',
      cure: 'Keep one of them.',
    })
  }
  const common = { lanes: lanes ?? null, grep: grep ?? null }
  if (runs !== undefined) return { ...common, runs, launches: null, timeMs: null, graceMs: 0 }
  const timeMs = time ?? DEFAULT_TIME
  const minutes = Math.max(1, timeMs / 60_000)
  return {
    ...common,
    runs: Math.round(PER_MINUTE.runs * minutes),
    launches: Math.round(PER_MINUTE.launches * minutes),
    timeMs,
    graceMs: time === undefined ? DEFAULT_GRACE : 0,
  }
}
