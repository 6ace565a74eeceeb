import type {
  ClauseResult,
  ConformanceStats,
  Finding,
  PropertyResult,
} from '../../evidence/conformance.ts'
import type { Dimension, Interval, LoadRun, Measurement } from '../../evidence/load.ts'
import type { TargetIdentity } from '../../evidence/target.ts'
import type { Verdict, VerdictCounts } from '../../evidence/verdict.ts'
import type { DeviationsResult } from '../deviations/deviations.ts'
import type { Allocation, Disposition, Limit, Requirements } from '../requirements/requirements.ts'
import type { Environment } from './environment.ts'

/** The value of `schema` in the records this release writes. */
export const RECORD_SCHEMA = 'asgi-assay/record/1'

/** The canonical result of one validation; every report is a projection of it (DESIGN.md §7, §8). */
export interface ValidationRecord {
  readonly schema: typeof RECORD_SCHEMA
  readonly tool: Tool
  readonly target: TargetIdentity
  readonly environment: Environment
  readonly seed: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly finishedAt: string
  /** False when the run was cut short; then the verdict is never PASS. */
  readonly complete: boolean
  readonly verdict: Verdict
  /** The requirements file judged against; null where none was (conformance or load alone). */
  readonly basis: Basis | null
  readonly requirements: readonly RequirementResult[]
  readonly clauses: readonly ClauseResult[]
  readonly properties: readonly PropertyResult[]
  readonly findings: readonly Finding[]
  readonly measurements: readonly RecordedMeasurement[]
  readonly runs: readonly LoadRun[]
  readonly stats: ConformanceStats
  readonly risks: readonly RiskResult[]
  readonly allocated: readonly RecordedAllocation[]
  readonly anomalies: AnomalyEvaluation
  readonly approvals: readonly Approval[]
  /** Failures that are known in writing; null where no list was given. None of them is a PASS. */
  readonly deviations: DeviationsResult | null
  readonly problems: readonly Problem[]
}

export interface Tool {
  readonly name: string
  readonly version: string
}

/** What the requirements file says besides its requirements. */
export type Basis = Omit<Requirements, 'requirements' | 'risks' | 'approvals'>

export interface RequirementResult {
  readonly id: string
  readonly title: string
  readonly kind: 'functional' | 'security' | 'performance'
  readonly text: string
  readonly rationale: string | null
  readonly risks: readonly string[]
  readonly fingerprint: string
  readonly verdict: Verdict
  readonly criteria: readonly CriterionResult[]
}

export type CriterionResult =
  | ConformanceCriterionResult
  | MeasurementCriterionResult
  | QuestionCriterionResult

interface CriterionResultBase {
  readonly id: string
  /** What is asked, in one sentence. */
  readonly text: string
  readonly verdict: Verdict
  /** Why it is not a plain PASS or FAIL, or what failed; null on a plain PASS. */
  readonly reason: string | null
  /** Raw files that prove it, relative to the bundle. */
  readonly evidence: readonly string[]
}

export interface ConformanceCriterionResult extends CriterionResultBase {
  readonly kind: 'conformance'
  readonly select: string
  readonly clauses: readonly string[]
  /** Of the selected clauses, before acceptance. */
  readonly counts: VerdictCounts
  readonly failed: readonly string[]
  /** Deviations that were found and are accepted in writing: they do not fail the criterion. */
  readonly accepted: readonly Disposition[]
  /** Accepted in the file, but the clause did not fail: the acceptance can go. */
  readonly unneeded: readonly string[]
  readonly findings: readonly string[]
}

export interface MeasurementCriterionResult extends CriterionResultBase {
  readonly kind: 'measurement'
  readonly metric: string
  readonly statistic: string
  readonly profile: string
  readonly engine: string
  readonly limit: Limit
  readonly confidence: number
  /** Id of the measurement that it judges; null where there is none. */
  readonly measurement: string | null
  readonly estimate: number | null
  readonly interval: Interval | null
  /** Share of the limit left between it and the decisive bound; negative beyond it. Null when unproven. */
  readonly margin: number | null
}

export interface QuestionCriterionResult extends CriterionResultBase {
  readonly kind: 'manual' | 'anomalies' | 'vulnerabilities' | 'maintenance'
}

/** A measurement and the unit its values travel in. */
export interface RecordedMeasurement extends Measurement {
  /** Base unit of the dimension: `s`, `B`, `1/s`, `1`. */
  readonly unit: string
  readonly dimension: Dimension
}

/** IEC 62304 7.3.3: risk, what bears on it, and the gravest verdict among that. */
export interface RiskResult {
  readonly id: string
  readonly title: string
  readonly requirements: readonly string[]
  readonly verdict: Verdict
}

export interface RecordedAllocation extends Allocation {
  readonly requirement: string
}

/** IEC 62304 7.1.3. This release reads no anomaly list, and says so. */
export interface AnomalyEvaluation {
  readonly evaluated: false
  readonly statement: string
  readonly items: readonly never[]
}

/** A box to sign: the tool fills in none of the nulls. */
export interface Approval {
  readonly role: string
  readonly meaning: string
  readonly name: string | null
  readonly signedAt: string | null
}

/** What went wrong around the run: `error` leaves it incomplete, `warning` a reader must know. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly input: string
  readonly rule: string
  readonly cure: string
}
