import type { Resolved } from './resolve.ts'
import { optionOf, SETTING_NAMES, SETTINGS, type Settings, variableOf } from './settings.ts'

/** What `assay serve --help` prints. */
export function helpText(): string {
  const lines = SETTING_NAMES.filter((name) => name !== 'app').map((name) => {
    const { help } = SETTINGS[name]
    return `  ${usageOf(name).padEnd(44)} ${help}${defaultOf(name)}`
  })
  return `Usage: assay serve MODULE:EXPORT [options]

Serves an ASGI application written in TypeScript or JavaScript.
Example: assay serve examples/hello.ts:app --port 8080

Options:
${lines.join('\n')}
  ${'--config FILE'.padEnd(44)} Read the settings below "serve" of this file instead of assay.config.*.
  ${'--show-config'.padEnd(44)} Print every setting, its value and where it came from, and do not serve.
  ${'-h, --help'.padEnd(44)} Print this.

Each option can also be set in the environment (--port: ASSAY_PORT) and below "serve" in
assay.config.ts, .js, .json, .yaml or .toml. The command line beats the environment, which beats the
file. Options that are on can be turned off: --no-access-log.
`
}

/** What `--show-config` prints: one line for each setting. */
export function showConfig({ settings, origins }: Resolved): string {
  const lines = SETTING_NAMES.map((name) => {
    const value = SETTINGS[name].secret === true && settings[name] !== null ? '***' : settings[name]
    return `${name.padEnd(24)} ${JSON.stringify(value).padEnd(32)} ${origins[name]}`
  })
  return `${lines.join('\n')}\n`
}

/** The table of docs/server.md. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { help } = SETTINGS[name]
    const usage = usageOf(name).replaceAll('|', '\\|')
    return `| \`${usage}\` | \`${variableOf(name)}\` | ${help}${defaultOf(name)} |`
  })
  return ['| option | environment | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

function usageOf(name: keyof Settings): string {
  const { kind, argument } = SETTINGS[name]
  return kind === 'flag' ? `--[no-]${optionOf(name).slice(2)}` : `${optionOf(name)} ${argument}`
}

function defaultOf(name: keyof Settings): string {
  const { default: value } = SETTINGS[name]
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return ''
  return ` Default: ${Array.isArray(value) ? value.join(', ') : String(value)}.`
}
