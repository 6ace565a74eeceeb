import type { MeasurementNeed } from '../../evidence/load.ts'
import { CAPABILITIES, type Capability } from '../../evidence/target.ts'
import { canonicalJson } from '../canonical-json.ts'
import type { Requirements } from './requirements.ts'

/** The clauses that some criterion selects: what a run for these requirements has to exercise. */
export function clausesOf({ requirements }: Requirements): ReadonlySet<string> {
  return new Set(
    requirements.flatMap(({ criteria }) =>
      criteria.flatMap((criterion) =>
        criterion.kind === 'conformance' && criterion.pending === null ? criterion.clauses : [],
      ),
    ),
  )
}

/**
 * The numbers that the requirements want to know, each once, in the order of the file. With the
 * capabilities of a target, without those that do not apply to it.
 */
export function needsOf(
  requirements: Requirements,
  capabilities: readonly Capability[] = CAPABILITIES,
): readonly MeasurementNeed[] {
  const needs = new Map<string, MeasurementNeed>()
  for (const { criteria } of requirements.requirements) {
    for (const criterion of criteria) {
      if (criterion.kind !== 'measurement' || criterion.pending !== null) continue
      if (criterion.capability !== null && !capabilities.includes(criterion.capability)) continue
      const { metric, statistic, profile, engine, confidence, limit } = criterion
      const need = { metric, statistic, profile, engine, confidence, limit: limit.value }
      needs.set(canonicalJson(need), need)
    }
  }
  return [...needs.values()]
}
