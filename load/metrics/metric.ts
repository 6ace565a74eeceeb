import type { Blocker, Interval, LoadProfile, MetricDefinition } from '../../evidence/load.ts'
import type { StartRecord } from '../start-record.ts'

/** What one measurement is computed from. */
export interface MetricInput {
  readonly statistic: string
  /** One-sided, 0..1. */
  readonly confidence: number
  /** Of the subject under the profile that is asked for. */
  readonly starts: readonly StartRecord[]
  /** Of the same subject under the metric's `reference` profile; null when it has none. */
  readonly referenceStarts: readonly StartRecord[] | null
  /** Of the yardstick under the same profile; null when there is no yardstick. */
  readonly yardstickStarts: readonly StartRecord[] | null
}

export interface Estimate {
  readonly estimate: number
  readonly interval: Interval
  readonly samples: number
  readonly perStart: readonly number[]
  readonly blockers: readonly Blocker[]
}

/** Why nothing could be measured. */
export interface NoEstimate {
  readonly reason: string
}

/** One entry of the registry: what a requirement may name, and how to compute it. */
export interface Metric extends MetricDefinition {
  /**
   * What interference from outside (a saturated generator, a busy machine) does to the value: its
   * interval is open on the side where the undisturbed value may lie.
   */
  readonly interference: 'reads high' | 'reads low' | 'none'
  /** Blockers that do not touch this metric, by code. */
  readonly unblocked?: readonly string[]
  /** A second profile that it is compared to; null when there is nothing to compare to. */
  readonly reference?: (profile: LoadProfile) => LoadProfile | null
  /** Compares to the yardstick, and so says nothing about the yardstick itself. */
  readonly needsYardstick?: true
  measure(input: MetricInput): Estimate | NoEstimate
}
