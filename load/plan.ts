import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { LoadProfile, MeasurementNeed } from '../evidence/load.ts'
import type { EngineName } from './engines/engine.ts'
import { findMetric } from './metrics/registry.ts'

export type Subject = 'target' | 'yardstick'

/** All starts of one subject under one profile; done once, however many needs it serves. */
export interface PlannedRun {
  readonly profile: LoadProfile
  readonly engine: EngineName
  readonly subject: Subject
}

export interface PlannedStart {
  readonly run: PlannedRun
  readonly index: number
}

/** Runs whose starts alternate, because their results are compared. */
export interface Batch {
  readonly runs: readonly PlannedRun[]
  /** In the order of execution. */
  readonly starts: readonly PlannedStart[]
}

/**
 * Groups the needs by profile and engine, and adds what they are compared to: the profile of a
 * metric's `reference`, and the yardstick. Round by round every run of a batch has one start, in an
 * order drawn from the seed: whatever drifts on the machine meets all of them alike.
 */
export function plan(
  needs: readonly MeasurementNeed[],
  options: { readonly yardstick: boolean; readonly seed: number },
): readonly Batch[] {
  const random = xoroshiro128plus(options.seed)
  const groups = new Map<string, MeasurementNeed[]>()
  for (const need of needs) {
    const key = `${need.profile.name}\n${need.engine}`
    groups.set(key, [...(groups.get(key) ?? []), need])
  }
  return [...groups.values()].map((group) => {
    const runs = runsOf(group, options.yardstick)
    const rounds = Math.max(...runs.map(({ profile }) => profile.starts))
    const starts: PlannedStart[] = []
    for (let index = 0; index < rounds; index += 1) {
      const round = runs.filter(({ profile }) => index < profile.starts)
      const order = shuffled(round, (most) => uniformInt(random, 0, most))
      starts.push(...order.map((run) => ({ run, index })))
    }
    return { runs, starts }
  })
}

function runsOf(group: readonly MeasurementNeed[], yardstick: boolean): readonly PlannedRun[] {
  const [first] = group
  if (first === undefined) return []
  const { profile, engine } = first
  const references = new Map<string, LoadProfile>()
  for (const { metric } of group) {
    const reference = findMetric(metric)?.reference?.(profile)
    if (reference !== null && reference !== undefined) references.set(reference.name, reference)
  }
  const profiles = [profile, ...references.values()]
  const runs = profiles.map((each): PlannedRun => ({ profile: each, engine, subject: 'target' }))
  // A metric with a reference of its own travels between machines without a yardstick.
  const wanted = group.some(({ metric }) => findMetric(metric)?.reference === undefined)
  return yardstick && wanted ? [...runs, { profile, engine, subject: 'yardstick' }] : runs
}

/** Fisher and Yates; `upTo(n)` draws from 0..n. */
function shuffled<T>(values: readonly T[], upTo: (most: number) => number): readonly T[] {
  const left = [...values]
  const order: T[] = []
  while (left.length > 0) order.push(...left.splice(upTo(left.length - 1), 1))
  return order
}
