import { AssayError, UsageError } from '../evidence/errors.ts'
import { cacheFolder, listEntries } from './python/cache.ts'
import { findPython } from './python/interpreter.ts'
import { Pip } from './python/pip.ts'
import { findServer } from './registry.ts'
import type { TargetSpec } from './target.ts'
import { compareVersions, isVersion } from './version.ts'

export interface Releases {
  /** Final releases that suit the Python at hand, oldest first. */
  readonly versions: readonly string[]
  /** False: the index was out of reach, and these are the ones in the cache. */
  readonly complete: boolean
}

/**
 * Every release of a server from PyPI.
 * @throws UsageError `releases/none` for a server that has none there.
 * @throws InfrastructureError when neither the index nor the cache can tell.
 */
export async function listReleases(
  { name }: TargetSpec,
  signal: AbortSignal | null,
): Promise<Releases> {
  const source = findServer(name)?.source
  if (source?.kind !== 'pypi') {
    throw new UsageError({
      code: 'releases/none',
      input: `target "${name}"`,
      rule: 'Only servers from PyPI have releases to choose from.',
      cure: 'Name one of them: "assay targets" lists them.',
    })
  }
  const cache = cacheFolder()
  try {
    const pip = await Pip.open(cache, await findPython(), signal)
    return { versions: ordered(await pip.releases(source.distribution)), complete: true }
  } catch (error) {
    if (!(error instanceof AssayError) || error.code !== 'install/no-network') throw error
    const cached = (await listEntries(cache))
      .filter(({ distribution }) => distribution === source.distribution)
      .map(({ version }) => version)
    if (cached.length === 0) throw error
    return { versions: ordered(cached), complete: false }
  }
}

function ordered(versions: readonly string[]): readonly string[] {
  return [...new Set(versions.filter(isVersion))].toSorted(compareVersions)
}
