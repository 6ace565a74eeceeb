import type { Level } from '../../evidence/clause.ts'
import type { Comparison } from '../../evidence/difference.ts'
import type { Interval } from '../../evidence/load.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import type { Problem, Tool } from '../record/record.ts'

/** The value of `schema` in the comparisons this release writes. */
export const DIFF_SCHEMA = 'asgi-assay/diff/1'

/** What tells targets, or two records, apart. */
export interface DiffDocument {
  readonly schema: typeof DIFF_SCHEMA
  readonly kind: 'targets' | 'records'
  readonly tool: Tool
  /** Of the generated programs; null where records were compared. */
  readonly seed: number | null
  /** ISO 8601, UTC; null where records were compared, which takes no time worth telling. */
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** False when a run was cut short, or one of the records is incomplete. */
  readonly complete: boolean
  readonly sides: readonly Side[]
  /** Clauses that one side breaks and another does not, in the order of the catalogue. */
  readonly clauses: readonly ClauseDifference[]
  /** Ids of clauses that every side breaks: nothing to tell them apart by. */
  readonly brokenByAll: readonly string[]
  /** What differs where nobody breaks a clause; null where records were compared: they do not hold it. */
  readonly silent: Comparison | null
  /** Of two records: findings that only the second has, and only the first. Null for targets. */
  readonly findings: {
    readonly appeared: readonly FindingLine[]
    readonly gone: readonly FindingLine[]
  } | null
  /** Of two records: what both measured. Empty for targets. */
  readonly measurements: readonly MeasurementDifference[]
  readonly problems: readonly Problem[]
}

/** One target, or one record of one. */
export interface Side {
  /** As it is called in the rest of the document, unlike every other one. */
  readonly name: string
  readonly target: string
  readonly purl: string | null
  readonly args: readonly string[]
  readonly seed: number
  readonly programs: number
  readonly verdict: Verdict
  /** Its record, relative to the folder of a comparison; as given where records were compared. */
  readonly record: string
}

export interface ClauseDifference {
  readonly id: string
  readonly level: Level
  readonly document: string
  readonly section: string
  readonly paraphrase: string
  /** One for each side, in their order; NOT_RUN where a record does not have the clause. */
  readonly verdicts: readonly Verdict[]
  readonly breaks: readonly FindingLine[]
}

export interface FindingLine {
  /** Name of the side. */
  readonly side: string
  readonly id: string
  readonly property: string
  readonly clauses: readonly string[]
  readonly verdict: 'FAIL' | 'INCONCLUSIVE'
  readonly expected: string
  readonly observed: string
  /** The command that runs its program again. */
  readonly replay: string
  /** Lets an attacker in: report it to the maintainers first. */
  readonly security: boolean
}

/** The same metric, statistic and conditions in both records, in base units. */
export interface MeasurementDifference {
  readonly id: string
  readonly engine: string
  readonly unit: string
  readonly estimates: readonly [number, number]
  readonly intervals: readonly [Interval | null, Interval | null]
  /** Second estimate over the first; null where the first is 0. */
  readonly ratio: number | null
  /** `apart`: the intervals do not meet. `overlap`: they do, so nothing is shown. `unknown`: one is missing. */
  readonly change: 'apart' | 'overlap' | 'unknown'
}
