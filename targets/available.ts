import { AssayError } from '../evidence/errors.ts'
import { cacheFolder, listEntries } from './python/cache.ts'
import { findPython } from './python/interpreter.ts'
import { allServers } from './registry.ts'
import { compareVersions } from './version.ts'

/** One server of the registry as seen from this machine. */
export interface TargetListing {
  readonly name: string
  readonly summary: string
  readonly axes: readonly { readonly axis: string; readonly flavours: readonly string[] }[]
  /** Releases that run without network, newest first. */
  readonly cached: readonly string[]
  /** Why it cannot run here; null when it can. */
  readonly obstacle: { readonly rule: string; readonly cure: string } | null
}

/** Every known server: which flavours it has, what is in the cache, and what stands in its way. */
export async function listTargets(): Promise<readonly TargetListing[]> {
  const obstacle = await pythonObstacle()
  const entries = await listEntries(cacheFolder())
  return allServers().map(({ name, summary, source, axes }) => {
    const versions = entries
      .filter(({ distribution }) => source.kind === 'pypi' && distribution === source.distribution)
      .map(({ version }) => version)
    return {
      name,
      summary,
      axes: axes.map((axis) => ({
        axis: axis.axis,
        flavours: axis.flavours.map((flavour) => flavour.name),
      })),
      cached: [...new Set(versions)].toSorted((a, b) => compareVersions(b, a)),
      obstacle: source.kind === 'pypi' ? obstacle : null,
    }
  })
}

async function pythonObstacle(): Promise<TargetListing['obstacle']> {
  try {
    await findPython()
    return null
  } catch (error) {
    if (error instanceof AssayError) return { rule: error.rule, cure: error.cure }
    throw error
  }
}
