import { parseArgs } from 'node:util'
import { UsageError } from '../../evidence/errors.ts'
import { readConfigFile } from './config-file.ts'
import { check, fromText } from './read-value.ts'
import {
  isSettingName,
  kebab,
  optionOf,
  SETTING_NAMES,
  SETTINGS,
  type Setting,
  type Settings,
  variableOf,
} from './settings.ts'

/** Where a value came from: `--port`, `ASSAY_PORT`, the path of a file, or `default`. */
export type Origin = string

export interface Resolved {
  readonly settings: Settings
  readonly origins: Readonly<Record<keyof Settings, Origin>>
  /** What is asked for instead of serving. */
  readonly ask: 'serve' | 'help' | 'show-config'
}

type Values = Map<keyof Settings, { readonly value: unknown; readonly origin: Origin }>

/**
 * The settings of this command line, environment and folder. Command line beats environment beats file
 * beats default; every source is checked, so that a wrong value never hides behind a better one.
 */
export async function resolveSettings(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<Resolved> {
  const line = readCommandLine(argv)
  const file = await readConfigFile(line.config ?? environment['ASSAY_CONFIG'] ?? null, folder)
  const sources: readonly Values[] = [
    new Map(
      [...(file?.values ?? [])].map(([name, value]) => [name, { value, origin: file?.path ?? '' }]),
    ),
    readEnvironment(environment),
    line.values,
  ]
  const chosen: Values = new Map(
    SETTING_NAMES.map((name) => [name, { value: SETTINGS[name].default, origin: 'default' }]),
  )
  for (const source of sources) {
    for (const [name, entry] of source) {
      const setting: Setting<unknown> = SETTINGS[name]
      chosen.set(name, { value: check(setting, entry.value, entry.origin), origin: entry.origin })
    }
  }
  const settings: Settings = Object.fromEntries(
    [...chosen].map(([name, { value }]): unknown[] => [name, value]),
  )
  const origins: Resolved['origins'] = Object.fromEntries(
    [...chosen].map(([name, { origin }]): unknown[] => [name, origin]),
  )
  return { settings, origins, ask: line.ask }
}

function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Values {
  const values: Values = new Map()
  for (const name of SETTING_NAMES) {
    const origin = variableOf(name)
    const text = environment[origin]
    if (text !== undefined) values.set(name, { value: fromText(SETTINGS[name].kind, text), origin })
  }
  return values
}

interface CommandLine {
  readonly values: Values
  readonly config: string | undefined
  readonly ask: Resolved['ask']
}

function readCommandLine(argv: readonly string[]): CommandLine {
  const { values: given, positionals } = parseOptions(argv)
  const values: Values = new Map()
  for (const [option, value] of Object.entries(given)) {
    const name = option.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    if (!isSettingName(name) || value === undefined) continue
    const { kind } = SETTINGS[name]
    const read = [value].flat().map((one) => (typeof one === 'string' ? fromText(kind, one) : one))
    values.set(name, {
      value: Array.isArray(value) ? read.flat() : read[0],
      origin: optionOf(name),
    })
  }
  const [app, ...others] = positionals
  if (others.length > 0) {
    throw usage(others.join(' '), 'One application is served.', 'Put options before their values.')
  }
  if (app !== undefined) values.set('app', { value: app, origin: 'argument' })
  const config = given['config']
  return {
    values,
    config: typeof config === 'string' ? config : undefined,
    ask: given['help'] === true ? 'help' : given['show-config'] === true ? 'show-config' : 'serve',
  }
}

type Given = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

function parseOptions(argv: readonly string[]): { values: Given; positionals: string[] } {
  const options = Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const { kind } = SETTINGS[name]
      const type = kind === 'flag' ? ('boolean' as const) : ('string' as const)
      return [kebab(name), { type, multiple: kind === 'list' || kind === 'lines' }]
    }),
  )
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      allowNegative: true,
      options: {
        ...options,
        config: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        'show-config': { type: 'boolean' },
      },
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw usage(argv.join(' '), reason, 'See assay serve --help.')
  }
}

function usage(input: string, rule: string, cure: string): UsageError {
  return new UsageError({ code: 'serve/arguments', input, rule, cure })
}
