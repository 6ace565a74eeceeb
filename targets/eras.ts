import { normalize } from './python/pip.ts'
import { compareVersions } from './version.ts'

/**
 * A stretch of releases that its own metadata would not install, or not start, today: it names
 * dependencies without an upper bound, or C extensions that no current Python can build.
 */
export interface Era {
  /** The first release that no longer needs it; all before it do. */
  readonly before: string
  /** Upper bounds on what pip may choose: `websockets<17`. */
  readonly constraints?: readonly string[]
  /** Installed in place of what the release itself asks for, where that cannot be had. */
  readonly instead?: readonly string[]
  /** The last minor of Python 3 that its releases run on. */
  readonly python?: number
}

/** What is asked of pip for one release. */
export interface Requirements {
  /** To be installed beside the server. */
  readonly packages: readonly string[]
  /** Bounds on whatever is installed. */
  readonly constraints: readonly string[]
  /** True: the server's own list of dependencies is ignored, `packages` stands for it. */
  readonly alone: boolean
}

/**
 * What a release needs, from the eras it lies in (constraints add up; of the replacements the
 * narrowest era's counts), its flavours and the user's pins. A pin wins over all that is said of its package.
 */
export function requirementsOf(
  version: string,
  eras: readonly Era[],
  flavourPackages: readonly string[],
  pins: readonly string[],
): Requirements {
  const current = eras
    .filter(({ before }) => compareVersions(version, before) < 0)
    .toSorted((a, b) => compareVersions(a.before, b.before))
  const instead = current.find((era) => era.instead !== undefined)?.instead
  const pinned = new Set(pins.map(packageName))
  const free = (requirement: string): boolean => !pinned.has(packageName(requirement))
  return {
    packages: [...(instead ?? []).filter(free), ...flavourPackages, ...pins],
    constraints: current.flatMap(({ constraints = [] }) => constraints).filter(free),
    alone: instead !== undefined,
  }
}

/** The last minor of Python 3 that a release runs on; null: those of today. */
export function newestPythonOf(version: string | null, eras: readonly Era[]): number | null {
  if (version === null) return null
  const bounds = eras
    .filter(({ before }) => compareVersions(version, before) < 0)
    .flatMap(({ python = [] }) => python)
  return bounds.length === 0 ? null : Math.min(...bounds)
}

/** `uvicorn[standard]>=0.30` is about `uvicorn`. */
function packageName(requirement: string): string {
  return normalize(/^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? requirement)
}
