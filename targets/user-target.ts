import { z } from 'zod'
import type { Capability } from '../evidence/target.ts'
import { CAPABILITIES } from '../evidence/target.ts'
import type { LaunchPlan, ServerDescriptor } from './descriptor.ts'
import { forkOf, mistakesInFork } from './fork.ts'
import { located, withPaths } from './located.ts'
import { bindAddress, given, type Settings, type Term } from './settings.ts'

type Optional<T> = T | undefined

/** A server that its user describes: see docs/targets.md. */
export interface UserTarget {
  readonly name: string
  readonly summary?: Optional<string>
  /** A server that assay knows, of which this is another build: a fork, or one with a patch. */
  readonly like?: Optional<string>
  /** With `like`: the Python of an environment that holds it. */
  readonly python?: Optional<string>
  /** Its distribution on PyPI; without it the command itself is what is started. */
  readonly pypi?: Optional<string>
  readonly extras?: Optional<readonly string[]>
  /** Only where there is no distribution to ask. */
  readonly version?: Optional<string>
  readonly command?: Optional<readonly string[]>
  readonly options?: Optional<Options>
  readonly environment?: Optional<Readonly<Record<string, string>>>
  readonly capabilities?: Optional<readonly Capability[]>
}

/** Settings with one value, which one option can tell. */
const SIMPLE = [
  'host',
  'port',
  'uds',
  'workers',
  'logLevel',
  'rootPath',
  'limitConcurrency',
  'limitMaxRequests',
  'limitRequestLine',
  'limitHeaderBytes',
  'limitHeaderCount',
  'limitBody',
  'timeoutKeepAlive',
  'timeoutHeader',
  'timeoutStall',
  'timeoutShutdown',
  'webSocketMaxSize',
  'webSocketMaxQueue',
  'webSocketPingInterval',
  'webSocketPingTimeout',
] as const

/** HOST:PORT or unix:PATH in one word, the mode of lifespan, and the files of TLS. */
const OTHER = ['bind', 'lifespan', 'tlsCertificate', 'tlsKey', 'tlsClientAuthority'] as const

const OPTION_NAMES = [...SIMPLE, ...OTHER]

/** Our word for a setting, and the option by which this server is told of it. */
type Options = Readonly<
  Partial<Record<(typeof SIMPLE)[number] | (typeof OTHER)[number], Optional<string>>>
>

const text = z.string().min(1)
/** As it stands on the command line, with or without its dashes. */
const optionName = text.transform((name) => name.replace(/^--/, ''))

const options: z.ZodType<Options> = z.partialRecord(z.enum(OPTION_NAMES), optionName)

/** One entry of `targets` in assay.config. */
const userTarget = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'Write lower case letters, digits and dashes.'),
  summary: text.optional(),
  like: text.optional(),
  python: text.optional(),
  pypi: text.optional(),
  extras: z.array(text).optional(),
  version: text.optional(),
  command: z.array(text).min(1).optional(),
  options: options.optional(),
  environment: z.record(z.string(), z.string()).optional(),
  capabilities: z.array(z.enum(CAPABILITIES)).optional(),
})

export const userTargets: z.ZodType<readonly UserTarget[]> = z.array(userTarget)

/** What an entry may declare, and the options without which its server could not be told; none: []. */
const DECLARABLE: Readonly<Partial<Record<Capability, readonly (keyof Options)[]>>> = {
  'http/1.1': [],
  'http/2': [],
  websocket: [],
  'websocket/denial': [],
  'websocket/max-size': ['webSocketMaxSize'],
  'websocket/max-queue': ['webSocketMaxQueue'],
  'websocket/ping-interval': ['webSocketPingInterval'],
  'websocket/ping-timeout': ['webSocketPingTimeout'],
  tls: ['tlsCertificate', 'tlsKey'],
  'tls/client-certificates': ['tlsClientAuthority'],
  lifespan: [],
  'lifespan/state': [],
  'lifespan/modes': ['lifespan'],
  workers: ['workers'],
  'worker-replacement': ['workers'],
  uds: [],
  'tls/unix-socket': ['tlsCertificate', 'tlsKey'],
  'client-address': [],
  'root-path': ['rootPath'],
  process: [],
  'process/drains-on-sigterm': [],
  'process/drains-on-sigint': [],
  'config/command-line': [],
  'limit/concurrency': ['limitConcurrency'],
  'limit/max-requests': ['limitMaxRequests'],
  'limit/request-line': ['limitRequestLine'],
  'limit/header-size': ['limitHeaderBytes'],
  'limit/header-count': ['limitHeaderCount'],
  'limit/body-size': ['limitBody'],
  'limit/exact': [],
  'timeout/keep-alive': ['timeoutKeepAlive'],
  'timeout/keep-alive-zero': ['timeoutKeepAlive'],
  'timeout/header-read': ['timeoutHeader'],
  'timeout/header-read-http2': ['timeoutHeader'],
  'timeout/handshake': ['timeoutHeader'],
  'timeout/body-read': ['timeoutStall'],
  'timeout/write-stall': ['timeoutStall'],
  'timeout/shutdown': ['timeoutShutdown'],
  'documented/half-close': [],
  'documented/cut-short-visibly': [],
  'documented/application-error-status': [],
  'documented/websocket-end-codes': [],
  'documented/refused-event-harmless': [],
  'documented/file-in-turn': [],
  'documented/disconnect-behind-pipeline': [],
  'documented/late-messages-ignored': [],
  'documented/absolute-form-host': [],
  'documented/unread-content-waits': [],
  'documented/refusals': [],
  'documented/trailers-not-offered': [],
  'documented/contexts-apart': [],
  'documented/contexts-apart-pipelined': [],
  'log-level': ['logLevel'],
  'extension/tls': [],
  'extension/http.response.trailers': [],
  'extension/http.response.early_hint': [],
  'extension/http.response.pathsend': [],
  'extension/http.response.zerocopysend': [],
  'extension/http.response.push': [],
}

/** Declared and never told, a setting would be a failure that is not the server's. */
function undeclarable(capability: Capability, told: Options): string {
  const needed = DECLARABLE[capability]
  if (needed === undefined) return `The capability ${capability} needs a target in assay itself.`
  const missing = needed.filter((option) => told[option] === undefined)
  if (capability === 'uds' && told.uds === undefined && told.bind === undefined) {
    return 'The capability uds needs options.uds or options.bind.'
  }
  if (missing.length === 0) return ''
  const names = missing.map((option) => `options.${option}`).join(' and ')
  return `The capability ${capability} needs ${names}.`
}

/** What is wrong with an entry that has the right shape; empty where nothing is. */
export function mistakesIn(target: UserTarget, known: readonly string[]): readonly string[] {
  const { name, like } = target
  return [
    known.includes(name) ? `"${name}" is the name of another target.` : '',
    ...(like === undefined ? mistakesInOwn(target) : mistakesInFork({ ...target, like })),
  ].filter((mistake) => mistake !== '')
}

function mistakesInOwn(target: UserTarget): readonly string[] {
  const { name, pypi, python, extras, version, command } = target
  const { options: told = {}, capabilities = [] } = target
  if (command === undefined) return ['It needs a command, or the name of a server that it is like.']
  const words = command.join(' ')
  return [
    python === undefined ? '' : 'python is for an entry with like; write it into command.',
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
    ...capabilities.map((capability) => undeclarable(capability, told)),
  ]
}

/** The descriptor that makes an entry a target like any other. `folder`: that of its file. */
export function serverOf(target: UserTarget, folder: string): ServerDescriptor {
  const { name, like, summary, pypi, extras = [], version } = target
  if (like !== undefined) return forkOf({ ...target, like }, folder)
  const { command = [], options: told = {} } = target
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
    environment: target.environment === undefined ? {} : withPaths(target.environment, folder),
  }
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
    ...SIMPLE.map((setting) => [told[setting], asked[setting]] as const),
    [told.bind, bindAddress(asked)],
    [told.tlsCertificate, asked.tls?.certificate],
    [told.tlsKey, asked.tls?.key],
    [told.tlsClientAuthority, asked.tls?.clientAuthority],
  ]
  return given(
    ...values.flatMap(([option, value]) => (option === undefined ? [] : [{ option, value }])),
  )
}
