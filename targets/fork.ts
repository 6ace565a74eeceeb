import type { ServerDescriptor } from './descriptor.ts'
import { located, withPaths } from './located.ts'
import { SERVERS } from './registry.ts'

type Optional<T> = T | undefined

/** Another build of a server that assay knows: a fork, a checkout, a copy with a patch. */
export interface Fork {
  readonly name: string
  readonly summary?: Optional<string>
  /** The server whose flavours, settings and capabilities it has. */
  readonly like: string
  /** The Python of an environment that holds it; without it the release that is asked for is installed. */
  readonly python?: Optional<string>
  readonly environment?: Optional<Readonly<Record<string, string>>>
  readonly [other: string]: unknown
}

/** Servers that a Python environment holds. */
const FORKABLE = SERVERS.flatMap((server) =>
  server.source.kind === 'pypi' ? [{ ...server, source: server.source }] : [],
)

/** What the other server settles already. */
const SETTLED = ['command', 'options', 'capabilities', 'pypi', 'extras', 'version'] as const

/** What is wrong with an entry that is like a server of assay. */
export function mistakesInFork(fork: Fork): readonly string[] {
  const names = FORKABLE.map(({ name }) => name)
  return [
    names.includes(fork.like) ? '' : `like names a server from PyPI: ${names.join(', ')}.`,
    ...SETTLED.filter((key) => fork[key] !== undefined).map(
      (key) => `${key} is that of ${fork.like}: leave it out, or leave out like.`,
    ),
  ]
}

/** Everything assay knows of the other server, run from where the entry says. */
export function forkOf(fork: Fork, folder: string): ServerDescriptor {
  const base = FORKABLE.find(({ name }) => name === fork.like)
  if (base === undefined) throw new Error(`no server ${fork.like}`)
  const { source } = base
  return {
    ...base,
    name: fork.name,
    summary: fork.summary ?? `like ${fork.like}, of assay.config`,
    source:
      fork.python === undefined
        ? { ...source, modified: true }
        : {
            kind: 'environment',
            distribution: source.distribution,
            python: located(fork.python, folder),
          },
    environment: { ...base.environment, ...withPaths(fork.environment ?? {}, folder) },
  }
}
