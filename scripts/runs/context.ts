import { AssayError } from '../../evidence/errors.ts'
import { EXIT } from '../../evidence/verdict.ts'
import { problemOf } from '../../reports/record/build.ts'
import { type Problem } from '../../reports/record/record.ts'
import type { Progress } from '../terminal/progress.ts'

/** What every part of a run needs to know. */
export interface RunContext {
  /** Absolute path of the report's folder: raw evidence is written there while the run goes on. */
  readonly folder: string
  readonly seed: number
  readonly progress: Progress
  /** Aborted by Ctrl-C: each part then ends soon, with the evidence it has. */
  readonly signal: AbortSignal
}

/**
 * Infrastructure errors of a run. They are kept for the record instead of ending it: what was
 * measured before one of them is still evidence.
 */
export class Incidents {
  readonly problems: Problem[] = []

  /** The value, or null after an infrastructure error; every other error is thrown on. */
  async attempt<T>(action: () => Promise<T>): Promise<T | null> {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof AssayError) || error.exitCode !== EXIT.infrastructure) throw error
      this.problems.push(problemOf(error))
      return null
    }
  }
}
