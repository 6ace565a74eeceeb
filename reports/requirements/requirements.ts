import type { LoadProfile } from '../../evidence/load.ts'
import type { Capability } from '../../evidence/target.ts'

/** A requirements file after every name in it was found and every limit understood. */
export interface Requirements {
  /** As its author calls it: `requirements/uvicorn-0.29.0.yaml`. */
  readonly file: string
  /** SHA-256 of its text: proves which requirements a record judged. */
  readonly sha256: string
  readonly document: DocumentIdentity
  /** `IEC 62304:2006+AMD1:2015`. */
  readonly standards: readonly string[]
  readonly soup: Soup
  readonly intendedUse: string
  /** What the device uses of the SOUP; anything else is out of scope. */
  readonly featuresUsed: readonly string[]
  readonly items: readonly SoftwareItem[]
  readonly risks: readonly Risk[]
  readonly requirements: readonly Requirement[]
  readonly approvals: readonly ApprovalRole[]
}

export interface DocumentIdentity {
  readonly id: string
  readonly title: string
  readonly revision: string
  readonly status: 'draft' | 'final'
  readonly owner: string
}

/** IEC 62304 8.1.2: title, manufacturer and unique designator of the SOUP. */
export interface Soup {
  /** Package URL of what the file was written for; null where it suits any target. */
  readonly purl: string | null
  readonly manufacturer: string
  readonly safetyClass: 'A' | 'B' | 'C'
  /** Why it is SOUP and why it was chosen. */
  readonly rationale: string
  /** SHA-256 of the published package; null where none is stated. */
  readonly sha256: string | null
}

/** A software item of the device that uses the SOUP. */
export interface SoftwareItem {
  readonly id: string
  readonly title: string
  /** The SOUP version that this item is built with. */
  readonly version: string
}

export interface Risk {
  readonly id: string
  readonly title: string
}

export interface ApprovalRole {
  readonly role: string
  readonly meaning: string
}

export interface Requirement {
  readonly id: string
  readonly title: string
  readonly kind: 'functional' | 'security' | 'performance'
  readonly text: string
  /** Why these limits; null where the text says it all. */
  readonly rationale: string | null
  /** Ids of the risks that its evidence bears on. */
  readonly risks: readonly string[]
  readonly criteria: readonly Criterion[]
  readonly allocated: readonly Allocation[]
  /** SHA-256 over the canonical JSON of what its author wrote: a later edit shows. */
  readonly fingerprint: string
}

/** A claim that some other part of the device answers for: shown, never passed. */
export interface Allocation {
  readonly topic: string
  readonly to: string
  readonly rationale: string
  readonly reference: string
}

export type Criterion =
  | ConformanceCriterion
  | MeasurementCriterion
  | ManualCriterion
  | UnmeasuredCriterion

interface CriterionBase {
  /** `F1.a`: requirement and place. */
  readonly id: string
  /** Judged only where the target declares it; else NOT_APPLICABLE. */
  readonly capability: Capability | null
  /** Known to be unmeasured by this release: NOT_RUN, with these words. */
  readonly pending: string | null
}

/** Every selected clause passes, save those whose deviation is accepted in writing. */
export interface ConformanceCriterion extends CriterionBase {
  readonly kind: 'conformance'
  /** As written: `http/** & level:must`. */
  readonly select: string
  /** Ids of the clauses it selects, in catalogue order. */
  readonly clauses: readonly string[]
  readonly accepted: readonly Disposition[]
}

/** A broken SHOULD or MAY that the manufacturer accepts, and why. */
export interface Disposition {
  readonly clause: string
  readonly justification: string
  /** Id of the risk under which it was weighed; null where none was. */
  readonly risk: string | null
}

export interface MeasurementCriterion extends CriterionBase {
  readonly kind: 'measurement'
  readonly metric: string
  readonly statistic: string
  readonly profile: LoadProfile
  readonly engine: 'autocannon' | 'k6'
  readonly limit: Limit
  /** One-sided, 0..1. */
  readonly confidence: number
}

export interface Limit {
  readonly comparison: 'at most' | 'at least'
  /** Base unit of the metric's dimension. */
  readonly value: number
  /** As written: `500 ms`. */
  readonly text: string
}

/** A human looks and attests. */
export interface ManualCriterion extends CriterionBase {
  readonly kind: 'manual'
  readonly question: string
}

/** Asked for by the standard, but no part of this release can answer it. */
export interface UnmeasuredCriterion extends CriterionBase {
  readonly kind: 'anomalies' | 'vulnerabilities' | 'maintenance'
  readonly question: string
}
