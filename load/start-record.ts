import type { Blocker, LoadProfile, LoadStart, SeriesPoint } from '../evidence/load.ts'

/** A start with all that was seen of it: what the raw file holds and metrics are computed from. */
export interface StartRecord extends LoadStart {
  readonly failures: Readonly<Record<string, number>>
  /** Open model: from sending, where `latencyHistogram` counts from the intended arrival. */
  readonly serviceTimeHistogram: string | null
  readonly connectionsServed: number | null
  readonly descriptors: readonly SeriesPoint[]
  readonly contextSwitches: number | null
  readonly memorySource: 'PSS' | 'RSS' | null
  /** Why memory and CPU were not measured; null when they were. */
  readonly meterReason: string | null
  readonly machine: {
    /** Share of the window in which some task waited for a CPU. */
    readonly pressureShare: number | null
    readonly stealShare: number | null
    /** Seconds of waiting for a CPU for each second of the window. */
    readonly serverWaitShare: number | null
    readonly generatorWaitShare: number | null
  }
  /**
   * What can only have made the server look worse than it is: its numbers hold as a bound on one
   * side. A blocker, on the other hand, takes them away altogether.
   */
  readonly interference: readonly Blocker[]
}

/** All starts of one subject under one profile: the raw file. */
export interface RunRecord {
  readonly profile: LoadProfile
  readonly engine: string
  readonly engineVersion: string
  readonly subject: 'target' | 'yardstick'
  readonly starts: readonly StartRecord[]
  /** Why it did not take place, or not to its end; null when it did. */
  readonly reason: string | null
  /** Relative to the bundle; null when nothing was written. */
  readonly raw: string | null
}

/** The part that evidence keeps: the rest stays in the raw file. */
export function toEvidence(start: StartRecord): LoadStart {
  const { index, startedAt, seconds, requests, latencyHistogram, offeredRate, achievedRate } = start
  const { memory, cpu, generator, blockers } = start
  return {
    index,
    startedAt,
    seconds,
    requests,
    latencyHistogram,
    offeredRate,
    achievedRate,
    memory,
    cpu,
    generator,
    blockers,
  }
}
