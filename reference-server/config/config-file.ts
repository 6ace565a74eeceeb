import { resolve } from 'node:path'
import { UsageError } from '../../evidence/errors.ts'
import { findConfigFile, readConfigDocument } from './document.ts'
import { isSettingName, kebab, SETTING_NAMES, type Settings } from './settings.ts'

export interface ConfigFile {
  readonly path: string
  /** Values as they stand in the file, by setting. */
  readonly values: ReadonlyMap<keyof Settings, unknown>
}

/**
 * The settings of the `serve` section of a configuration file: the named one, or the first
 * `assay.config.*` in the folder; null without one. Keys are written as options or in camel case.
 */
export async function readConfigFile(
  named: string | null,
  folder: string,
): Promise<ConfigFile | null> {
  const path = named === null ? findConfigFile(folder) : resolve(folder, named)
  if (path === null) return null
  const section = sectionOf(path, await readConfigDocument(path))
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

function sectionOf(path: string, document: object): object {
  const section: unknown = 'serve' in document ? document.serve : {}
  if (typeof section !== 'object' || section === null || Array.isArray(section)) {
    throw wrong(path, '"serve" is an object of settings.', 'For example: serve: { port: 8080 }')
  }
  return section
}

function wrong(input: string, rule: string, cure: string): UsageError {
  return new UsageError({ code: 'serve/config-file', input, rule, cure })
}
