import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../../targets/python/cache.ts'

export interface K6 {
  readonly file: string
  /** `1.8.1`. */
  readonly version: string
}

/** Where `npm run build:k6` puts it. */
export function builtK6(environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(cacheFolder(environment), 'bin', 'k6')
}

const FIRST_WITH_TYPESCRIPT = [0, 57] as const

/**
 * The k6 that `npm run build:k6` built, else one on PATH that runs TypeScript: by itself, which it
 * does since 0.57, or by the extension xk6-ts. Else why there is none.
 */
export async function findK6(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<K6 | { readonly reason: string }> {
  const onPath = (environment['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, 'k6'))
  const refused: string[] = []
  for (const file of [builtK6(environment), ...onPath].filter((name) => existsSync(name))) {
    const found = await inspectK6(file)
    if ('version' in found) return found
    refused.push(found.reason)
  }
  const tried = refused.length === 0 ? 'k6 is not installed.' : refused.join(' ')
  return { reason: `${tried} Build it with "npm run build:k6" (needs Go).` }
}

export async function inspectK6(file: string): Promise<K6 | { readonly reason: string }> {
  const output = await promisify(execFile)(file, ['version'], { timeout: 20_000 }).then(
    ({ stdout }) => stdout,
    (error: unknown) => String(error),
  )
  return readVersion(file, output)
}

/** `k6 v1.8.1 (go1.26.8, linux/amd64)`, and under it the extensions it carries. */
export function readVersion(file: string, output: string): K6 | { readonly reason: string } {
  const match = /^k6(?:\.exe)? v(\d+)\.(\d+)\.(\S+)/.exec(output)
  if (match === null) return { reason: `${file} does not say its version.` }
  const [major, minor] = [Number(match[1]), Number(match[2])]
  const version = `${major}.${minor}.${match[3]}`
  const [needMajor, needMinor] = FIRST_WITH_TYPESCRIPT
  const native = major > needMajor || (major === needMajor && minor >= needMinor)
  if (native || output.includes('xk6-ts')) return { file, version }
  return {
    reason: `${file} is k6 ${version}, which runs no TypeScript (0.57 does, or xk6-ts with it).`,
  }
}
