import { existsSync, readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { UsageError } from '../../evidence/errors.ts'
import { importModule } from '../server/import-module.ts'
import { isSettingName, kebab, SETTING_NAMES, type Settings } from './settings.ts'

export interface ConfigFile {
  readonly path: string
  /** Values as they stand in the file, by setting. */
  readonly values: ReadonlyMap<keyof Settings, unknown>
}

const NAMES = ['ts', 'js', 'json', 'yaml', 'toml'].map((extension) => `assay.config.${extension}`)

/**
 * The settings of the `serve` section of a configuration file: the named one, or the first
 * `assay.config.*` in the folder; null without one. Keys are written as options or in camel case.
 */
export async function readConfigFile(
  named: string | null,
  folder: string,
): Promise<ConfigFile | null> {
  const path = named === null ? findFile(folder) : resolve(folder, named)
  if (path === null) return null
  const section = sectionOf(path, await readDocument(path))
  const values = new Map<keyof Settings, unknown>()
  for (const [key, value] of Object.entries(section)) {
    const name = key.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    if (!isSettingName(name)) {
      throw wrong(
        path,
        `"serve" has no setting ${key}.`,
        `It has ${SETTING_NAMES.map(kebab).join(', ')}.`,
      )
    }
    if (values.has(name)) throw wrong(path, `${key} is set twice.`, 'Write it once.')
    values.set(name, value)
  }
  return { path, values }
}

function findFile(folder: string): string | null {
  const found = NAMES.map((name) => resolve(folder, name)).filter((path) => existsSync(path))
  const [first, second] = found
  if (first !== undefined && second !== undefined) {
    throw wrong(second, `There is ${first} as well.`, 'Keep one configuration file in a folder.')
  }
  return first ?? null
}

async function readDocument(path: string): Promise<unknown> {
  if (!existsSync(path)) throw wrong(path, 'There is no such file.', 'Mend --config.')
  const extension = extname(path)
  try {
    switch (extension) {
      case '.json':
        return JSON.parse(readFileSync(path, 'utf8'))
      case '.yaml':
      case '.yml':
        return parseYaml(readFileSync(path, 'utf8'))
      case '.toml':
        return parseToml(readFileSync(path, 'utf8'))
      default:
        return (await importModule(path))['default']
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw wrong(path, `It cannot be read: ${reason}`, 'Mend the file.')
  }
}

function sectionOf(path: string, document: unknown): object {
  if (typeof document !== 'object' || document === null) {
    throw wrong(path, 'A configuration file holds an object.', 'Write the settings below "serve".')
  }
  const section: unknown = 'serve' in document ? document.serve : {}
  if (typeof section !== 'object' || section === null || Array.isArray(section)) {
    throw wrong(path, '"serve" is an object of settings.', 'For example: serve: { port: 8080 }')
  }
  return section
}

function wrong(input: string, rule: string, cure: string): UsageError {
  return new UsageError({ code: 'serve/config-file', input, rule, cure })
}
