import type { Transcript } from '../../evidence/conformance.ts'
import type { Violation } from '../judge/judge.ts'
import type { ProgramResult } from './session.ts'

/** A clause that some program broke, with the smallest program that still breaks it. */
export interface Counterexample {
  readonly violation: Violation
  readonly program: unknown
  readonly transcript: Transcript
  /** How many of `reruns` fresh runs of the shrunk program broke the clause again. */
  readonly failed: number
  readonly reruns: number
  /** Why some of those that did not break it say nothing; null: all do. */
  readonly doubt: string | null
}

/** All that the programs of one property have shown. */
export interface Tally {
  programs: number
  /** Clause -> programs in which it was judged. */
  readonly exercised: Map<string, number>
  /** Clause -> programs that broke it. */
  readonly broken: Map<string, number>
  readonly doubts: Map<string, string>
  readonly inapplicable: Map<string, string>
  readonly counterexamples: Counterexample[]
  sample: { readonly program: unknown; readonly transcript: Transcript } | null
}

export function emptyTally(): Tally {
  return {
    programs: 0,
    exercised: new Map(),
    broken: new Map(),
    doubts: new Map(),
    inapplicable: new Map(),
    counterexamples: [],
    sample: null,
  }
}

export function count(result: ProgramResult, tally: Tally, program: unknown): void {
  const { judge } = result
  tally.programs += 1
  for (const clause of judge.exercised) increment(tally.exercised, clause)
  if (judge.violations.length > 0) {
    for (const clause of new Set(judge.violations.map((violation) => violation.clause)))
      increment(tally.broken, clause)
  }
  for (const { clause, reason } of judge.doubts) tally.doubts.set(clause, reason)
  for (const { clause, reason } of judge.inapplicable) tally.inapplicable.set(clause, reason)
  tally.sample ??= { program, transcript: result.transcript() }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
