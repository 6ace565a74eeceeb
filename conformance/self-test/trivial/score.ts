import { join } from 'node:path'
import { AssayError } from '../../../evidence/errors.ts'
import type { PreparedTarget } from '../../../targets/target.ts'
import { runSuite } from '../../suite.ts'
import type { TrivialServer } from './trivial-servers.ts'
import { trivialTarget } from './trivial-target.ts'

export interface TrivialResult {
  readonly id: string
  /** Share of the properties that passed, 0 to 1. */
  readonly score: number
  /** Why the run ended early; null when every property was run. */
  readonly reason: string | null
}

interface ScoreOptions {
  readonly reference: PreparedTarget
  readonly seed: number
  /** Folder for logs; the server gets one of its own in it. */
  readonly bundle: string
  readonly signal: AbortSignal
}

/** Runs the whole suite on a trivial server. A run that cannot be judged has passed nothing. */
export async function scoreTrivialServer(
  id: TrivialServer,
  { reference, seed, bundle, signal }: ScoreOptions,
): Promise<TrivialResult> {
  try {
    const { properties } = await runSuite({
      target: trivialTarget(id, reference),
      seed,
      runs: 5,
      launches: 1,
      timeMs: null,
      lanes: 2,
      grep: null,
      bundle: join(bundle, 'trivial', id),
      onEvent: () => undefined,
      signal,
    })
    const passed = properties.filter(({ verdict }) => verdict === 'PASS')
    return { id, score: passed.length / Math.max(1, properties.length), reason: null }
  } catch (error) {
    if (!(error instanceof AssayError)) throw error
    return { id, score: 0, reason: error.code }
  }
}
