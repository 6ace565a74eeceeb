import * as v from 'valibot'
import type { LifespanMode } from '../lifespan/lifespan.ts'

/** Everything that can be set. Times are in seconds, sizes in bytes; 0 lifts a limit where it says so. */
export interface Settings {
  readonly app: string | null
  readonly factory: boolean
  readonly host: string
  readonly port: number
  readonly uds: string | null
  readonly fd: number | null
  readonly backlog: number
  readonly workers: number
  readonly reload: boolean
  readonly lifespan: LifespanMode
  readonly rootPath: string
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  readonly logFormat: 'pretty' | 'json'
  readonly accessLog: boolean
  readonly metricsPort: number | null
  readonly http2: boolean
  readonly tlsKey: string | null
  readonly tlsCert: string | null
  readonly tlsKeyPassword: string | null
  readonly tlsCa: string | null
  readonly tlsClientCert: 'none' | 'optional' | 'required'
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly tlsCiphers: string | null
  readonly alpn: readonly string[]
  readonly proxyHeaders: boolean
  readonly trustedProxies: readonly string[]
  readonly serverHeader: boolean
  readonly dateHeader: boolean
  readonly header: readonly string[]
  readonly limitConcurrency: number
  readonly limitMaxRequests: number
  readonly limitMaxRequestsJitter: number
  readonly limitRequestLine: number
  readonly limitHeaderBytes: number
  readonly limitHeaderCount: number
  readonly limitBody: number
  readonly websocket: boolean
  readonly wsMaxSize: number
  readonly wsMaxFragments: number
  readonly wsMaxQueue: number
  readonly wsCompression: boolean
  readonly wsPingInterval: number
  readonly wsPingTimeout: number
  readonly timeoutHeader: number
  readonly timeoutKeepAlive: number
  readonly timeoutStall: number
  readonly timeoutShutdown: number
}

/**
 * How a setting is written on a command line or in an environment variable. A list is separated by
 * commas, lines by line ends, for values that hold commas; the options of both may be repeated.
 */
export type Kind = 'text' | 'number' | 'flag' | 'list' | 'lines'

/** One setting: all that the command line, the environment, files, help and documentation know of it. */
export interface Setting<Value> {
  readonly kind: Kind
  readonly schema: v.GenericSchema<unknown, Value>
  readonly default: Value
  /** What stands for its value in help texts: `PORT`. */
  readonly argument: string
  readonly help: string
  /** Never printed. */
  readonly secret?: boolean
}

type Table = { readonly [Key in keyof Settings]: Setting<Settings[Key]> }

type Schema<Value> = Setting<Value>['schema']

const word: Schema<string> = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'))
const text: Schema<string | null> = v.nullable(word)
/** RFC 7301 §3.1: a name has 1 to 255 octets. */
const protocolName: Schema<string> = v.pipe(
  word,
  v.maxBytes(255, 'must have no more than 255 bytes'),
)
const count = (most: number): Schema<number> => integer(0, most)
const positive = (most: number): Schema<number> => integer(1, most)
const seconds: Schema<number> = within(0, 86_400, 'must be a number of seconds from 0 to 86400')
const size = count(2 ** 40)

function integer(least: number, most: number): Schema<number> {
  const rule = `must be a whole number from ${least} to ${most}`
  return v.pipe(within(least, most, rule), v.integer(rule))
}

function within(least: number, most: number, rule: string): Schema<number> {
  return v.pipe(v.number(rule), v.minValue(least, rule), v.maxValue(most, rule))
}

function flag(initially: boolean, help: string): Setting<boolean> {
  return {
    kind: 'flag',
    schema: v.boolean('must be true or false'),
    default: initially,
    argument: '',
    help,
  }
}

function path(help: string): Setting<string | null> {
  return { kind: 'text', schema: text, default: null, argument: 'FILE', help }
}

function number(
  schema: Schema<number>,
  initially: number,
  argument: string,
  help: string,
): Setting<number> {
  return { kind: 'number', schema, default: initially, argument, help }
}

function choice<const Value extends string>(
  values: readonly [Value, ...Value[]],
  initially: NoInfer<Value>,
  help: string,
): Setting<Value> {
  const argument = values.join('|')
  return {
    kind: 'text',
    schema: v.picklist(values, `must be one of ${values.join(', ')}`),
    default: initially,
    argument,
    help,
  }
}

function list(
  initially: readonly string[],
  argument: string,
  help: string,
): Setting<readonly string[]> {
  return {
    kind: 'list',
    schema: v.array(word, 'must be a list of texts'),
    default: initially,
    argument,
    help,
  }
}

/** The one schema: types, command line, environment, files, help and documentation all follow from it. */
export const SETTINGS: Table = {
  app: {
    ...path('The application, as MODULE:EXPORT; usually the argument of the command.'),
    argument: 'MODULE:EXPORT',
  },
  factory: flag(false, 'The export is a function without arguments that returns the application.'),
  host: {
    kind: 'text',
    schema: word,
    default: '127.0.0.1',
    argument: 'HOST',
    help: 'Address or name to listen on, IPv4 or IPv6.',
  },
  port: number(count(65_535), 8000, 'PORT', 'Port to listen on; 0 takes any free one.'),
  uds: path(
    'Listen on this unix socket instead; a file left by a killed server is replaced, and removed at the end.',
  ),
  fd: {
    kind: 'number',
    schema: v.nullable(integer(0, 2 ** 31 - 1)),
    default: null,
    argument: 'FD',
    help: 'Listen on this inherited file descriptor instead (socket activation: 3; standard input: 0).',
  },
  backlog: number(positive(65_535), 2048, 'N', 'Connections that may wait to be accepted.'),
  workers: number(positive(1024), 1, 'N', 'Processes that share the listening socket.'),
  reload: flag(false, 'Start anew when a file beside the application changes; for development.'),
  lifespan: choice(
    ['auto', 'on', 'off'],
    'auto',
    'Whether the application must, may or does not take part in the lifespan protocol.',
  ),
  rootPath: {
    kind: 'text',
    schema: v.pipe(
      v.string('must be text'),
      v.regex(/^$|^\/(?:.*[^/])?$/, 'must be a path that begins with a slash and ends without one'),
      v.transform((root) => (root === '/' ? '' : root)),
    ),
    default: '',
    argument: 'PATH',
    help: 'The path under which a proxy mounts the application; path in the scope begins with it.',
  },
  logLevel: choice(
    ['silent', 'error', 'warn', 'info', 'debug'],
    'info',
    'The least important messages that are still logged.',
  ),
  logFormat: choice(['pretty', 'json'], 'pretty', 'Plain lines, or one JSON object a line.'),
  accessLog: flag(false, 'Log every request.'),
  metricsPort: {
    kind: 'number',
    schema: v.nullable(count(65_535)),
    default: null,
    argument: 'PORT',
    help: 'Serve Prometheus metrics on this port of the loopback interface.',
  },
  http2: flag(
    true,
    'Speak HTTP/2 where a client asks for it: by ALPN, or in cleartext by prior knowledge.',
  ),
  tlsKey: path('Private key in PEM; together with --tls-cert it turns TLS on.'),
  tlsCert: path('Certificate chain in PEM.'),
  tlsKeyPassword: { ...path('Password of the private key.'), argument: 'TEXT', secret: true },
  tlsCa: path('Certificates in PEM that client certificates must lead to.'),
  tlsClientCert: choice(
    ['none', 'optional', 'required'],
    'none',
    'Whether clients are asked for a certificate, or must show one.',
  ),
  tlsMinVersion: choice(
    ['TLSv1.2', 'TLSv1.3'],
    'TLSv1.2',
    'The oldest version of TLS that is spoken.',
  ),
  tlsCiphers: { ...path('Cipher suites in OpenSSL notation.'), argument: 'LIST' },
  alpn: {
    ...list(['h2', 'http/1.1'], 'NAME', 'Protocols to offer by ALPN, the best first.'),
    schema: v.array(protocolName, 'must be a list of texts'),
  },
  proxyHeaders: flag(false, 'Believe X-Forwarded-For and X-Forwarded-Proto of trusted proxies.'),
  trustedProxies: list(
    ['127.0.0.1', '::1'],
    'NETWORK',
    'Addresses or networks (10.0.0.0/8) of trusted proxies.',
  ),
  serverHeader: flag(true, 'Send a Server header.'),
  dateHeader: flag(true, 'Send a Date header.'),
  header: {
    ...list([], 'NAME:VALUE', 'A header for every response that does not have it.'),
    kind: 'lines',
  },
  limitConcurrency: number(
    count(10_000_000),
    0,
    'N',
    'Requests and WebSockets in progress, beyond which 503 is answered; 0: any.',
  ),
  limitMaxRequests: number(
    count(2 ** 40),
    0,
    'N',
    'Requests after which a worker is replaced, and a single process ends with 0; 0: never.',
  ),
  limitMaxRequestsJitter: number(
    count(2 ** 40),
    0,
    'N',
    'Up to so many more, at random, so that workers do not go all at once.',
  ),
  limitRequestLine: number(
    positive(2 ** 20),
    16_384,
    'BYTES',
    'Length of a request line; beyond: 414.',
  ),
  limitHeaderBytes: number(
    positive(2 ** 24),
    65_536,
    'BYTES',
    'Length of all header fields; beyond: 431.',
  ),
  limitHeaderCount: number(positive(100_000), 100, 'N', 'Number of header fields; beyond: 431.'),
  limitBody: number(size, 0, 'BYTES', 'Length of a request body; beyond: 413; 0: any.'),
  websocket: flag(true, 'Speak WebSocket. Off: a handshake is served like any other request.'),
  wsMaxSize: number(
    positive(2 ** 31 - 1),
    16 * 2 ** 20,
    'BYTES',
    'Length of a WebSocket message; beyond: close 1009.',
  ),
  wsMaxFragments: number(
    positive(2 ** 31 - 1),
    131_072,
    'N',
    'Frames of a WebSocket message; beyond: close 1008.',
  ),
  wsMaxQueue: number(
    positive(2 ** 31 - 1),
    2 ** 20,
    'BYTES',
    'WebSocket messages that wait for the application, beyond which the client waits.',
  ),
  wsCompression: flag(true, 'Compress WebSocket messages where the client can.'),
  wsPingInterval: number(
    seconds,
    20,
    'SECONDS',
    'Time between two WebSocket pings, looked at every 0.25 seconds; 0: none.',
  ),
  wsPingTimeout: number(
    seconds,
    20,
    'SECONDS',
    'Time to answer a WebSocket ping; messages are no answer.',
  ),
  timeoutHeader: number(
    seconds,
    20,
    'SECONDS',
    'Time to send a request head; beyond: 408, over HTTP/2 a GOAWAY. A TLS handshake has as long, too.',
  ),
  timeoutKeepAlive: number(seconds, 60, 'SECONDS', 'Time that an idle connection is kept.'),
  timeoutStall: number(
    seconds,
    60,
    'SECONDS',
    'Time without progress of a request body that is awaited, or of a response.',
  ),
  timeoutShutdown: number(
    seconds,
    30,
    'SECONDS',
    'Time for requests in progress after the first signal.',
  ),
}

/** The names in the order in which help and documentation list them. */
export const SETTING_NAMES: readonly (keyof Settings)[] =
  Object.keys(SETTINGS).filter(isSettingName)

export function isSettingName(name: string): name is keyof Settings {
  return Object.hasOwn(SETTINGS, name)
}

/** `limitHeaderBytes` -> `--limit-header-bytes` */
export function optionOf(name: keyof Settings): string {
  return `--${kebab(name)}`
}

/** `limitHeaderBytes` -> `ASSAY_LIMIT_HEADER_BYTES` */
export function variableOf(name: keyof Settings): string {
  return `ASSAY_${kebab(name).replaceAll('-', '_').toUpperCase()}`
}

export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
