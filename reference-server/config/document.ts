import { existsSync, readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { UsageError } from '../../evidence/errors.ts'
import { importModule } from '../server/import-module.ts'

const NAMES = ['ts', 'js', 'json', 'yaml', 'toml'].map((extension) => `assay.config.${extension}`)

/**
 * The one `assay.config.*` of a folder, as an absolute path; null without one.
 * @throws UsageError where there are two.
 */
export function findConfigFile(folder: string): string | null {
  const found = NAMES.map((name) => resolve(folder, name)).filter((path) => existsSync(path))
  const [first, second] = found
  if (first !== undefined && second !== undefined) {
    throw wrong(second, `There is ${first} as well.`, 'Keep one configuration file in a folder.')
  }
  return first ?? null
}

/**
 * All of a configuration file; its sections are read by those they are for.
 * @throws UsageError where it is missing, broken, or no object.
 */
export async function readConfigDocument(path: string): Promise<object> {
  const document = await readDocument(path)
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document
  throw wrong(
    path,
    'A configuration file holds an object.',
    'Write settings of the server below "serve", targets below "targets".',
  )
}

async function readDocument(path: string): Promise<unknown> {
  if (!existsSync(path)) throw wrong(path, 'There is no such file.', 'Correct its name.')
  const extension = extname(path)
  try {
    // The parsers are loaded where there is a file for them: they were a sixth of the time of a start.
    switch (extension) {
      case '.json':
        return JSON.parse(readFileSync(path, 'utf8'))
      case '.yaml':
      case '.yml':
        return (await import('yaml')).parse(readFileSync(path, 'utf8'))
      case '.toml':
        return (await import('smol-toml')).parse(readFileSync(path, 'utf8'))
      default:
        return (await importModule(path))['default']
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw wrong(path, `It cannot be read: ${reason}`, 'Mend the file.')
  }
}

function wrong(input: string, rule: string, cure: string): UsageError {
  return new UsageError({ code: 'config/unreadable', input, rule, cure })
}
