import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

/** A package and its exact version. */
export interface Distribution {
  readonly name: string
  readonly version: string
}

/** What was asked for, exactly: the same wish is answered from the cache. */
export interface Wish {
  /** `uvicorn`: the distribution whose version is the target's. */
  readonly distribution: string
  readonly version: string
  /** All that is to be installed, the distribution itself included, sorted. */
  readonly requirements: readonly string[]
  /** Bounds on what pip may choose, sorted. */
  readonly constraints: readonly string[]
  /** The distribution's own dependencies are left out: the other requirements stand for them. */
  readonly alone: boolean
  /** Of the interpreter: `CPython 3.11.7 /usr/bin/python3`. */
  readonly python: string
}

/** One line of the index: a wish, and the environment that fulfils it. */
export interface CacheEntry extends Wish {
  /** Name of the folder under `environments/`: a digest of Python and everything resolved. */
  readonly environment: string
  readonly distributions: readonly Distribution[]
}

const Entry: z.ZodType<CacheEntry> = z.object({
  distribution: z.string(),
  version: z.string(),
  requirements: z.array(z.string()),
  constraints: z.array(z.string()).default([]),
  alone: z.boolean().default(false),
  python: z.string(),
  environment: z.string(),
  distributions: z.array(z.object({ name: z.string(), version: z.string() })),
})

/** ASSAY_CACHE, else the XDG cache folder: environments survive runs. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['ASSAY_CACHE']
  if (chosen !== undefined && chosen !== '') return chosen
  const xdg = environment['XDG_CACHE_HOME']
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.cache') : xdg, 'assay')
}

export function environmentFolder(cache: string, environment: string): string {
  return join(cache, 'environments', environment)
}

/** The environment's name: equal Python and equal resolved versions share one folder. */
export function environmentKey(python: string, distributions: readonly Distribution[]): string {
  return digest([python, ...distributions.map(({ name, version }) => `${name}==${version}`)])
}

/** The environment that fulfils the wish; null when none does, or its folder or Python is gone. */
export async function lookUp(cache: string, wish: Wish): Promise<CacheEntry | null> {
  return readEntry(cache, `${wishKey(wish)}.json`)
}

/** Everything in the cache that is still usable. */
export async function listEntries(cache: string): Promise<readonly CacheEntry[]> {
  const files = await readdir(join(cache, 'index')).catch(() => [])
  const entries = await Promise.all(files.map((file) => readEntry(cache, file)))
  return entries.filter((entry) => entry !== null)
}

/** Written beside, then renamed: a reader sees a whole entry or none, whoever else writes. */
export async function remember(cache: string, wish: Wish, entry: CacheEntry): Promise<void> {
  const folder = join(cache, 'index')
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${wishKey(wish)}.json`)
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, `${JSON.stringify(entry, null, 2)}\n`)
  await rename(draft, file)
}

async function readEntry(cache: string, file: string): Promise<CacheEntry | null> {
  if (!file.endsWith('.json')) return null
  try {
    const entry = Entry.parse(JSON.parse(await readFile(join(cache, 'index', file), 'utf8')))
    // existsSync follows the link to the base Python, so that a removed one is noticed.
    const python = join(environmentFolder(cache, entry.environment), 'bin', 'python')
    return existsSync(python) ? entry : null
  } catch {
    return null
  }
}

function wishKey(wish: Wish): string {
  const constraints = wish.constraints.map((constraint) => `-c ${constraint}`)
  return digest([
    wish.python,
    ...wish.requirements,
    ...constraints,
    ...(wish.alone ? ['--no-deps'] : []),
  ])
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
}
