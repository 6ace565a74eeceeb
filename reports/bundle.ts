import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ValidationRecord } from './record/record.ts'
import { RENDERERS } from './renderers/registry.ts'

const MANIFEST = 'MANIFEST.sha256'

/**
 * Writes the record in every format into `directory` (made if it is not there), then the manifest of
 * everything in it, raw evidence included, so call it last. Returns the names of the files written.
 */
export async function writeBundle(
  record: ValidationRecord,
  directory: string,
): Promise<readonly string[]> {
  await mkdir(directory, { recursive: true })
  for (const renderer of RENDERERS) {
    await writeFile(join(directory, renderer.fileName), renderer.render(record))
  }
  await writeFile(join(directory, MANIFEST), await manifest(directory))
  return [...RENDERERS.map((renderer) => renderer.fileName), MANIFEST]
}

/** In the format of GNU sha256sum, sorted by path: `sha256sum -c MANIFEST.sha256` checks it without us. */
async function manifest(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path !== MANIFEST)
    .toSorted((a, b) => (a < b ? -1 : 1))
  const lines: string[] = []
  for (const path of files) lines.push(manifestLine(path, await hashFile(join(directory, path))))
  return lines.join('')
}

/** A file name with a backslash or a line break is escaped, and the line says so by a backslash before it. */
function manifestLine(path: string, hash: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `${escaped === path ? '' : '\\'}${hash}  ${escaped}\n`
}

/** Streamed: raw evidence may be large. */
async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
