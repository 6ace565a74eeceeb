import type { TargetIdentity } from '../evidence/target.ts'
import { findServer } from './registry.ts'
import { formatTargetSpec } from './spec.ts'
import type { TargetSpec } from './target.ts'

/**
 * What can truthfully be said of a target that could not be installed: what was asked for, and
 * nothing about what would have run.
 */
export function unresolvedIdentity(spec: TargetSpec): TargetIdentity {
  const source = findServer(spec.name)?.source
  const purl =
    source?.kind === 'pypi' && spec.version !== null
      ? `pkg:pypi/${source.distribution}@${spec.version}`
      : null
  return {
    spec: formatTargetSpec(spec),
    name: spec.name,
    version: spec.version ?? 'unknown',
    purl,
    flavours: spec.flavours,
    args: spec.serverArgs,
    capabilities: [],
    dependencies: [],
    runtime: 'unknown',
    attached: source === undefined,
  }
}
