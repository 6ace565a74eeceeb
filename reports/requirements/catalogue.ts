import type { Clause } from '../../evidence/clause.ts'
import type { LoadProfile, MetricDefinition } from '../../evidence/load.ts'

/** The names a requirements file may use: what this release can really judge. */
export interface Catalogue {
  readonly metrics: readonly MetricDefinition[]
  readonly clauses: readonly Clause[]
  readonly profiles: readonly LoadProfile[]
  readonly engines: readonly string[]
}
