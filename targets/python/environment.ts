import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AssayError, InfrastructureError } from '../../evidence/errors.ts'
import type { Requirements } from '../eras.ts'
import { compareVersions } from '../version.ts'
import {
  type CacheEntry,
  type Distribution,
  environmentFolder,
  environmentKey,
  listEntries,
  lookUp,
  remember,
  type Wish,
} from './cache.ts'
import type { Interpreter } from './interpreter.ts'
import { makeEnvironment, normalize, Pip, publish } from './pip.ts'

/** A server with its dependencies, installed. */
export interface PythonEnvironment {
  /** Its interpreter. */
  readonly python: string
  readonly version: string
  /** All packages but the server itself. */
  readonly dependencies: readonly Distribution[]
}

export interface EnvironmentRequest {
  readonly distribution: string
  readonly extras: readonly string[]
  /** Null: the newest of the index, or of the cache when the index is out of reach. */
  readonly version: string | null
  /** What this version needs beside itself, pins included. */
  requirements(version: string): Requirements
}

export type InstallEvent =
  | { readonly kind: 'cached'; readonly version: string }
  | { readonly kind: 'offline'; readonly version: string }
  | { readonly kind: 'installing'; readonly requirements: readonly string[] }

export interface EnvironmentContext {
  readonly cache: string
  readonly interpreter: Interpreter
  readonly signal: AbortSignal | null
  onEvent(event: InstallEvent): void
}

/**
 * Finds or builds the environment. A cached one is used without a call of pip; a failed
 * installation leaves nothing behind.
 * @throws InfrastructureError when it cannot be installed.
 */
export async function ensureEnvironment(
  request: EnvironmentRequest,
  context: EnvironmentContext,
): Promise<PythonEnvironment> {
  await requireWritable(context.cache)
  const version = request.version ?? (await newestVersion(request, context))
  const wish = wishFor(request, version, context.interpreter)
  const known = await lookUp(context.cache, wish)
  if (known !== null) {
    context.onEvent({ kind: 'cached', version })
    return describe(context.cache, known)
  }
  context.onEvent({ kind: 'installing', requirements: wish.requirements })
  const entry = await install(wish, context)
  await remember(context.cache, wish, entry)
  return describe(context.cache, entry)
}

function wishFor(request: EnvironmentRequest, version: string, interpreter: Interpreter): Wish {
  const { packages, constraints, alone } = request.requirements(version)
  const extras = alone || request.extras.length === 0 ? '' : `[${request.extras.join(',')}]`
  const own = `${request.distribution}${extras}==${version}`
  return {
    distribution: request.distribution,
    version,
    requirements: [own, ...packages].toSorted(),
    constraints: constraints.toSorted(),
    alone,
    python: `${interpreter.implementation} ${interpreter.version} ${interpreter.executable}`,
  }
}

async function newestVersion(
  request: EnvironmentRequest,
  context: EnvironmentContext,
): Promise<string> {
  try {
    const pip = await Pip.open(context.cache, context.interpreter, context.signal)
    return await pip.newest(request.distribution)
  } catch (error) {
    if (!(error instanceof AssayError) || error.code !== 'install/no-network') throw error
    const cached = await newestCached(request, context)
    if (cached === null) throw error
    context.onEvent({ kind: 'offline', version: cached })
    return cached
  }
}

/** The newest version whose whole wish is in the cache: another one could not be installed now. */
async function newestCached(
  request: EnvironmentRequest,
  context: EnvironmentContext,
): Promise<string | null> {
  const entries = await listEntries(context.cache)
  const versions = entries
    .filter(({ distribution }) => distribution === request.distribution)
    .map(({ version }) => version)
    .toSorted((a, b) => compareVersions(b, a))
  for (const version of versions) {
    const wish = wishFor(request, version, context.interpreter)
    if ((await lookUp(context.cache, wish)) !== null) return version
  }
  return null
}

/** Builds in a folder of its own and renames it into place, so that no one sees it half made. */
async function install(wish: Wish, context: EnvironmentContext): Promise<CacheEntry> {
  const { cache, interpreter, signal } = context
  const pip = await Pip.open(cache, interpreter, signal)
  await mkdir(join(cache, 'environments'), { recursive: true })
  const draft = join(cache, 'environments', `draft-${randomUUID()}`)
  try {
    await makeEnvironment(interpreter, draft, ['--without-pip'], signal)
    await fill(draft, wish, pip)
    const distributions = await pip.list(draft)
    const environment = environmentKey(wish.python, distributions)
    await publish(draft, environmentFolder(cache, environment))
    return { ...wish, environment, distributions }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (signal?.aborted === true) throw interrupted(wish)
    throw error
  }
}

async function fill(environment: string, wish: Wish, pip: Pip): Promise<void> {
  const { requirements, constraints } = wish
  if (!wish.alone) return pip.install(environment, requirements, { constraints })
  const own = `${wish.distribution}==${wish.version}`
  await pip.install(environment, [own], { constraints, withDependencies: false })
  const others = requirements.filter((requirement) => requirement !== own)
  await pip.install(environment, others, { constraints })
}

async function requireWritable(cache: string): Promise<void> {
  try {
    await mkdir(cache, { recursive: true })
  } catch (cause) {
    const complaint = {
      code: 'install/no-cache',
      input: cache,
      rule: `The cache folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cure: 'Name a folder that you may write to in ASSAY_CACHE.',
    }
    throw new InfrastructureError(complaint, { cause })
  }
}

function interrupted(wish: Wish): InfrastructureError {
  return new InfrastructureError({
    code: 'install/interrupted',
    input: `pip install ${wish.requirements.join(' ')}`,
    rule: 'The installation was interrupted, and nothing of it was kept.',
    cure: 'Run it again.',
  })
}

function describe(cache: string, entry: CacheEntry): PythonEnvironment {
  return {
    python: join(environmentFolder(cache, entry.environment), 'bin', 'python'),
    version: entry.version,
    dependencies: entry.distributions.filter(({ name }) => name !== normalize(entry.distribution)),
  }
}
