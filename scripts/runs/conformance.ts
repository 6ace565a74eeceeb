import { runSuite, type SuiteEvent, type SuiteOptions } from '../../conformance/suite.ts'
import type { ConformanceEvidence } from '../../evidence/conformance.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import type { Progress } from '../terminal/progress.ts'
import type { RunContext } from './context.ts'

export const CONFORMANCE_STAGE = 'conformance'

/** Programs in flight at once unless the user says otherwise. */
export const LANES = 16

/** How much is generated. Same seed, same programs: time and lanes decide only how many and when. */
export interface ConformanceEffort {
  /** Programs of each property; null: the suite's own choice. */
  readonly runs: number | null
  /** Programs of each property that launches a server of its own; null: the suite's own choice. */
  readonly launches: number | null
  /** Milliseconds for all of them; null: no limit. */
  readonly timeMs: number | null
  /** Milliseconds more, see `Deadline`. */
  readonly graceMs: number
  /** Null: this machine's usual number. */
  readonly lanes: number | null
  /** Only properties that cite an id which contains it; null: all of them. */
  readonly grep: string | null
}

/** Sees what each program of a run has shown. */
export type Observer = NonNullable<SuiteOptions['onResult']>

/**
 * Drives the target from both ends; a run that was cut short yields what it has shown so far.
 * `scope`: what the requirements ask for; empty: everything.
 */
export function conform(
  target: PreparedTarget,
  { runs, launches, timeMs, graceMs, lanes, grep }: ConformanceEffort,
  scope: Pick<SuiteOptions, 'clauses' | 'unused' | 'onResult'>,
  pins: readonly string[],
  { folder, seed, progress, signal }: RunContext,
): Promise<ConformanceEvidence> {
  progress.begin(CONFORMANCE_STAGE)
  return runSuite({
    target,
    runs,
    launches,
    timeMs,
    graceMs,
    lanes: lanes ?? LANES,
    grep,
    ...scope,
    seed,
    pins,
    bundle: folder,
    signal,
    onEvent: narrate(progress),
  })
}

/** Turns what happens into a line: the current property, and how many programs are done. */
function narrate(progress: Progress): (event: SuiteEvent) => void {
  const startedAt = performance.now()
  let property = ''
  return (event) => {
    switch (event.kind) {
      case 'started':
        return
      case 'property-started':
        property = event.id
        return
      case 'program': {
        const { done, of } = event
        const spent = performance.now() - startedAt
        progress.update(`${property}, ${done} of ${of} programs`, (spent * (of - done)) / done)
        return
      }
      case 'property-finished':
        for (const { id, clauses, summary } of event.findings) {
          progress.note(`${id} ${clauses.join(', ')}: ${summary}`)
        }
        return
    }
  }
}
