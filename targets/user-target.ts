import { isAbsolute, resolve } from 'node:path'
import { z } from 'zod'
import type { Capability } from '../evidence/target.ts'
import { CAPABILITIES } from '../evidence/target.ts'
import type { LaunchPlan, ServerDescriptor } from './descriptor.ts'
import { bindAddress, given, type Settings, type Term } from './settings.ts'

type Optional<T> = T | undefined

/** A server that its user describes: see docs/targets.md. */
export interface UserTarget {
  readonly name: string
  readonly summary?: Optional<string>
  /** Its distribution on PyPI; without it the command itself is what is started. */
  readonly pypi?: Optional<string>
  readonly extras?: Optional<readonly string[]>
  /** Only where there is no distribution to ask. */
  readonly version?: Optional<string>
  readonly command: readonly string[]
  readonly options?: Optional<Options>
  readonly environment?: Optional<Readonly<Record<string, string>>>
  readonly capabilities?: Optional<readonly Capability[]>
}

/** Our word for a setting, and the option by which this server is told of it. */
type Options = {
  readonly [setting in
    | 'host'
    | 'port'
    | 'bind'
    | 'uds'
    | 'workers'
    | 'lifespan'
    | 'logLevel'
    | 'rootPath'
    | 'limitConcurrency'
    | 'tlsCertificate'
    | 'tlsKey'
    | 'tlsClientAuthority']?: Optional<string>
}

const text = z.string().min(1)
/** As it stands on the command line, with or without its dashes. */
const optionName = text.transform((name) => name.replace(/^--/, ''))

const options = z
  .strictObject({
    host: optionName,
    port: optionName,
    bind: optionName.describe(
      'HOST:PORT or unix:PATH in one word, in place of host, port and uds.',
    ),
    uds: optionName,
    workers: optionName,
    lifespan: optionName.describe('Takes on, off or auto.'),
    logLevel: optionName,
    rootPath: optionName,
    limitConcurrency: optionName,
    tlsCertificate: optionName,
    tlsKey: optionName,
    tlsClientAuthority: optionName,
  })
  .partial()

/** One entry of `targets` in assay.config. */
const userTarget = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'Write lower case letters, digits and dashes.'),
  summary: text.optional(),
  pypi: text.optional(),
  extras: z.array(text).optional(),
  version: text.optional(),
  command: z.array(text).min(1),
  options: options.optional(),
  environment: z.record(z.string(), z.string()).optional(),
  capabilities: z.array(z.enum(CAPABILITIES)).optional(),
})

export const userTargets: z.ZodType<readonly UserTarget[]> = z.array(userTarget)

/** What a declared capability needs to be told the server. */
const NEEDED: readonly (readonly [Capability, (options: Options) => boolean, string])[] = [
  ['workers', ({ workers }) => workers !== undefined, 'options.workers'],
  ['uds', ({ uds, bind }) => (uds ?? bind) !== undefined, 'options.uds or options.bind'],
  ['log-level', ({ logLevel }) => logLevel !== undefined, 'options.logLevel'],
  ['root-path', ({ rootPath }) => rootPath !== undefined, 'options.rootPath'],
  [
    'limit/concurrency',
    (known) => known.limitConcurrency !== undefined,
    'options.limitConcurrency',
  ],
  [
    'tls',
    ({ tlsCertificate, tlsKey }) => tlsCertificate !== undefined && tlsKey !== undefined,
    'options.tlsCertificate and options.tlsKey',
  ],
  [
    'tls/client-certificates',
    ({ tlsClientAuthority }) => tlsClientAuthority !== undefined,
    'options.tlsClientAuthority',
  ],
  ...(['config/environment', 'config/file', 'config/precedence'] as const).map(
    (capability) => [capability, () => false, 'a target of assay itself'] as const,
  ),
]

/** What is wrong with an entry that has the right shape; empty where nothing is. */
export function mistakesIn(target: UserTarget, known: readonly string[]): readonly string[] {
  const { name, pypi, extras, version, command, options: told = {}, capabilities = [] } = target
  const words = command.join(' ')
  return [
    known.includes(name) ? `"${name}" is the name of another target.` : '',
    words.includes('{app}') ? '' : 'command names no application: it needs {app}.',
    told.port === undefined && told.bind === undefined && !words.includes('{port}')
      ? 'It cannot be told its port: give options.port or options.bind, or write {port} into command.'
      : '',
    pypi === undefined && extras !== undefined
      ? 'extras are those of a distribution: give pypi.'
      : '',
    pypi !== undefined && version !== undefined
      ? `version is chosen on the command line: ${name}@${version}.`
      : '',
    ...NEEDED.map(([capability, isMet, need]) =>
      capabilities.includes(capability) && !isMet(told)
        ? `The capability ${capability} needs ${need}.`
        : '',
    ),
  ].filter((mistake) => mistake !== '')
}

/** The descriptor that makes an entry a target like any other. `folder`: that of its file. */
export function serverOf(target: UserTarget, folder: string): ServerDescriptor {
  const { name, summary, pypi, extras = [], version, command, options: told = {} } = target
  const [executable = '', ...args] = command
  const words = pypi === undefined ? args : command
  return {
    name,
    summary: summary ?? 'of assay.config',
    source:
      pypi === undefined
        ? { kind: 'command', executable: located(executable, folder), version: version ?? null }
        : { kind: 'pypi', distribution: pypi, extras },
    axes: [],
    fixedArgs: () => [],
    command: (plan) => [...words.map((word) => filled(word, plan)), ...lifespanArgs(told, plan)],
    settings: { terms: (settings) => termsOf(told, settings), environment: null, file: null },
    capabilities: () => target.capabilities ?? ['http/1.1'],
    environment: target.environment ?? {},
  }
}

/** A path is meant from the file it stands in; a bare name is looked up on PATH. */
function located(executable: string, folder: string): string {
  return executable.includes('/') && !isAbsolute(executable)
    ? resolve(folder, executable)
    : executable
}

function filled(word: string, { application, host = '', port = 0 }: LaunchPlan): string {
  return word
    .replaceAll('{app}', application)
    .replaceAll('{host}', host)
    .replaceAll('{port}', String(port))
}

function lifespanArgs({ lifespan: option }: Options, { lifespan }: LaunchPlan): readonly string[] {
  return option === undefined || lifespan === null ? [] : [`--${option}`, lifespan]
}

function termsOf(told: Options, asked: Settings): readonly Term[] {
  const values: readonly (readonly [string | undefined, Term['value'] | null | undefined])[] = [
    [told.host, asked.host],
    [told.port, asked.port],
    [told.bind, bindAddress(asked)],
    [told.uds, asked.uds],
    [told.workers, asked.workers],
    [told.logLevel, asked.logLevel],
    [told.rootPath, asked.rootPath],
    [told.limitConcurrency, asked.limitConcurrency],
    [told.tlsCertificate, asked.tls?.certificate],
    [told.tlsKey, asked.tls?.key],
    [told.tlsClientAuthority, asked.tls?.clientAuthority],
  ]
  return given(
    ...values.flatMap(([option, value]) => (option === undefined ? [] : [{ option, value }])),
  )
}
