import { capabilitiesFor } from '../../conformance/clauses/applicability.ts'
import type { SuiteOptions } from '../../conformance/suite.ts'
import { CAPABILITIES, type Capability } from '../../evidence/target.ts'
import { clausesOf } from '../../reports/requirements/needs.ts'
import type { Requirements } from '../../reports/requirements/requirements.ts'

/** What a server may offer and a device may do without: a defect there is none of the device's. */
const OPTIONAL: readonly Capability[] = CAPABILITIES.filter(
  (name) => name === 'http/2' || name.startsWith('websocket') || name.startsWith('extension/http'),
)

/**
 * What a run for these requirements exercises, as they decide what it measures: the clauses that some
 * criterion selects, with the protocols that the device uses or a selected clause speaks of.
 */
export function scopeOf(
  requirements: Requirements,
): Required<Pick<SuiteOptions, 'clauses' | 'unused'>> {
  const clauses = clausesOf(requirements)
  const used = new Set<string>([
    ...requirements.featuresUsed,
    ...[...clauses].flatMap((clause) => capabilitiesFor(clause).flat()),
  ])
  return { clauses, unused: new Set(OPTIONAL.filter((name) => !used.has(name))) }
}
