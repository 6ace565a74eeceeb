import type { Level } from '../../evidence/clause.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import type { Tool } from '../../reports/record/record.ts'
import type { Standing } from './search.ts'

/** The value of `schema` in the bisections this release writes. */
export const BISECTION_SCHEMA = 'asgi-assay/bisection/1'

/** How one release was judged. */
export interface Step {
  readonly version: string
  readonly verdict: Verdict
  readonly standing: Standing
  /** The counterexample of another release failed here too, or programs were generated, or neither could run. */
  readonly how: 'replayed' | 'generated' | 'not run'
  /** Programs in which the clause was judged. */
  readonly programs: number
  /** Why it is neither PASS nor FAIL; null where it is. */
  readonly reason: string | null
  /** What a FAIL showed, and the stored program, relative to the folder. */
  readonly shown: {
    readonly expected: string
    readonly observed: string
    readonly program: string
  } | null
}

/** One change of standing. */
export interface Change {
  /** `first good release` is `version`, and `before` is the last bad one; or the other way round. */
  readonly turns: 'good' | 'bad'
  readonly version: string
  readonly before: string
  /** Releases between the two that nobody can judge: the change may lie at any of them. */
  readonly unjudged: readonly string[]
}

export interface Bisection {
  readonly schema: typeof BISECTION_SCHEMA
  readonly tool: Tool
  /** As typed. */
  readonly target: string
  readonly serverArgs: readonly string[]
  readonly pins: readonly string[]
  readonly clause: { readonly id: string; readonly level: Level; readonly paraphrase: string }
  readonly seed: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly finishedAt: string
  readonly complete: boolean
  readonly range: { readonly from: string; readonly to: string; readonly releases: number }
  /** In the order in which they were judged. */
  readonly steps: readonly Step[]
  /** Empty where none was found. */
  readonly changes: readonly Change[]
  /** True: every release of the range was judged. Otherwise one change between both ends is assumed. */
  readonly every: boolean
  /** In one sentence. */
  readonly answer: string
}
