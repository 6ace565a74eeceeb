import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from '../evidence/errors.ts'

/** What can be set on most servers, whatever each of them calls it. */
export interface Settings {
  readonly host?: string
  /** Text where something is asked for that no server can do. */
  readonly port?: number | string
  /** Path of a unix socket to listen on, in place of host and port. */
  readonly uds?: string
  /** Number of an inherited file descriptor to listen on, in place of host and port. */
  readonly fd?: number
  /** Path of another unix socket to listen on, beside the address. */
  readonly alsoUds?: string
  /** Permission bits of the file of a unix socket: `0o700`. */
  readonly udsMode?: number
  /** The only hosts whose requests are served. */
  readonly serverNames?: readonly string[]
  /** Where the number of the process is written. */
  readonly pidFile?: string
  readonly workers?: number
  /** Whether workers that end by themselves are replaced, where that has to be asked for. */
  readonly replaceWorkers?: boolean
  readonly logLevel?: 'debug' | 'info' | 'warning' | 'error' | 'critical'
  /** The settings that hold are told instead of serving. */
  readonly show?: true
  /** One JSON object a line. */
  readonly logFormat?: 'json'
  /** Entries for responses, on the standard streams; false: none. */
  readonly accessLog?: boolean
  /** Where the entries about the server itself go. */
  readonly logFile?: string
  /** Path of a file in the format of Python's logging.config that says what is logged where. */
  readonly logConfig?: string
  /** Where counters for Prometheus are served, on the loopback interface. */
  readonly metricsPort?: number
  readonly rootPath?: string
  /** Whether fields of proxies are believed. */
  readonly proxyHeaders?: boolean
  /** Addresses and networks of the proxies that are. */
  readonly trustedProxies?: readonly string[]
  readonly serverHeader?: boolean
  readonly dateHeader?: boolean
  /** For every response. */
  readonly defaultHeaders?: readonly (readonly [name: string, value: string])[]
  readonly limitConcurrency?: number
  readonly limitMaxRequests?: number
  /** Up to so many more. */
  readonly limitMaxRequestsJitter?: number
  readonly limitRequestLine?: number
  readonly limitHeaderBytes?: number
  readonly limitHeaderCount?: number
  /** Octets of one header field. */
  readonly limitFieldBytes?: number
  readonly limitBody?: number
  /** false: a connection for each request. */
  readonly keepAlive?: boolean
  /** Requests of one connection. */
  readonly limitKeepAliveRequests?: number
  /** Seconds, like every time here. */
  readonly timeoutKeepAlive?: number
  readonly timeoutHeader?: number
  readonly timeoutStall?: number
  readonly timeoutShutdown?: number
  /** Time in which nothing is heard of a client. */
  readonly timeoutRead?: number
  /** Time that an application may take to answer. */
  readonly timeoutResponse?: number
  /** Time that a WebSocket connection may last, and that its opening may take. */
  readonly timeoutWebSocket?: number
  readonly timeoutWebSocketOpening?: number
  /** Time that an application may go on without its client. */
  readonly timeoutApplicationClose?: number
  readonly timeoutLifespanStartup?: number
  /** Time without a sign of life after which a worker is replaced. */
  readonly timeoutHang?: number
  readonly http2?: boolean
  readonly http2Streams?: number
  readonly http2FrameSize?: number
  readonly http2Window?: number
  readonly http2HeaderList?: number
  readonly webSocket?: boolean
  readonly webSocketMaxSize?: number
  readonly webSocketMaxFragments?: number
  /** Messages of at most 64 KiB that wait for the application. */
  readonly webSocketMaxQueue?: number
  readonly webSocketPingInterval?: number
  readonly webSocketPingTimeout?: number
  readonly webSocketCompression?: boolean
  /** The application is what the named function returns. */
  readonly factory?: boolean
  /** Where the application is looked for. */
  readonly applicationDirectory?: string
  readonly reload?: boolean
  /** The only directory whose changes count for `reload`. */
  readonly reloadDirectory?: string
  /** Files beside the sources whose changes count for `reload`: a pattern. */
  readonly reloadInclude?: string
  /** Sources whose changes do not count: a pattern. */
  readonly reloadExclude?: string
  readonly tls?: TlsFiles
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  /** Clients must show a certificate that this one signed; null: they need none. */
  readonly clientAuthority: string | null
  /** A client without a certificate, or with one that nobody trusts, is served all the same. */
  readonly clientsOptional?: boolean
  /** Of the key; absent where it is not encrypted. */
  readonly keyPassword?: string
  readonly minimumVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Of TLS 1.2, in the notation of OpenSSL. */
  readonly ciphers?: string
  /** Protocols to serve, by their names in ALPN. */
  readonly alpn?: readonly string[]
}

/** Where a server reads its settings from. */
export type SettingSource = 'command-line' | 'environment' | 'file'

export type SettingsBySource = Readonly<Partial<Record<SettingSource, Settings>>>

/** One setting in a server's own words. */
export interface Term {
  /** On its command line, without the dashes: `log-level`. */
  readonly option: string
  /** In its configuration file; by default the option with underscores. */
  readonly key?: string
  /** On a command line, `true` is a flag without a value, and `false` the same with `no-` before it. */
  readonly value: string | number | boolean
}

/** A configuration file as a server wants it. */
export interface ConfigFile {
  /** Some servers tell the format by it: `assay.config.json`. */
  readonly name: string
  readonly text: string
  /** What makes the server read the file at this path. */
  args(path: string): readonly string[]
  /** The environment variable that names the file as well, where there is one. */
  readonly variable?: string
}

/** Of a configuration file, where a server reads several. */
export type FileFormat = 'json' | 'yaml' | 'toml' | 'js'

/** Where the path of the file stands; `both`: in the environment it is that of no file. */
export type FileNaming = 'command-line' | 'environment' | 'both'

/** How a server is told its settings; null: it does not read any from there. */
export interface SettingsDialect {
  /** What this server cannot be told is left out; its capabilities say so. */
  terms(settings: Settings): readonly Term[]
  readonly environment: ((terms: readonly Term[]) => Readonly<Record<string, string>>) | null
  readonly file: ((terms: readonly Term[], format: FileFormat | null) => ConfigFile) | null
  /** What has no option on the command line, and is written to the file instead. */
  fileOnly?(settings: Settings): readonly Term[]
}

/** What a process needs to be given so that it finds the settings where they were asked to stand. */
export interface WrittenSettings {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Writes each setting where it was asked to stand; a configuration file goes beside `stem`.
 * @throws UsageError `settings/no-such-source` for a server that does not read settings from there.
 */
export function writeSettings(
  label: string,
  dialect: SettingsDialect,
  asked: SettingsBySource,
  stem: string,
  format: FileFormat | null = null,
  namedIn: FileNaming = 'command-line',
): WrittenSettings {
  const args = commandLine(dialect.terms(asked['command-line'] ?? {}))
  const environment: Record<string, string> = {}
  if (asked.environment !== undefined) {
    if (dialect.environment === null) throw noSuchSource(label, 'environment variables')
    Object.assign(environment, dialect.environment(dialect.terms(asked.environment)))
  }
  const filed = [
    ...dialect.terms(asked.file ?? {}),
    ...[asked['command-line'], asked.file].flatMap((one) => dialect.fileOnly?.(one ?? {}) ?? []),
  ]
  if (asked.file === undefined && filed.length === 0) return { args, environment }
  if (dialect.file === null) throw noSuchSource(label, 'a configuration file')
  const file = dialect.file(filed, format)
  const path = `${stem}-${file.name}`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, file.text)
  const { variable } = file
  if (namedIn === 'command-line' || variable === undefined)
    return { args: [...file.args(path), ...args], environment }
  if (namedIn === 'environment') return { args, environment: { ...environment, [variable]: path } }
  const other = { ...environment, [variable]: `${path}.absent` }
  return { args: [...file.args(path), ...args], environment: other }
}

/** `--log-level info --reload` */
export function commandLine(terms: readonly Term[]): readonly string[] {
  return terms.flatMap(({ option, value }) =>
    typeof value === 'boolean'
      ? [value ? `--${option}` : `--no-${option}`]
      : [`--${option}`, String(value)],
  )
}

/** One variable for each term: `UVICORN_LOG_LEVEL=info`. */
export function prefixedVariables(
  prefix: string,
): (terms: readonly Term[]) => Readonly<Record<string, string>> {
  return (terms) =>
    Object.fromEntries(
      terms.map(({ option, value }) => [
        `${prefix}${option.replaceAll('-', '_').toUpperCase()}`,
        String(value),
      ]),
    )
}

/** `key = "value"` lines, which TOML and Python read alike (but for flags, which are none of both). */
export function assignments(terms: readonly Term[]): string {
  return terms
    .map(({ option, key, value }) => `${key ?? option.replaceAll('-', '_')} = ${literal(value)}\n`)
    .join('')
}

function literal(value: Term['value']): string {
  return JSON.stringify(value)
}

/** The terms whose value was asked for. */
export function given(
  ...terms: readonly (Omit<Term, 'value'> & { readonly value: Term['value'] | null | undefined })[]
): readonly Term[] {
  return terms.flatMap(({ value, ...names }) =>
    value === undefined || value === null ? [] : [{ ...names, value }],
  )
}

/** `--date-header` or `--no-date-header` on a command line, `true` or `false` elsewhere. */
export function flag(option: string, value: boolean | undefined): readonly Term[] {
  if (value === undefined) return []
  return [{ option, value }]
}

/** For servers that are told which permission bits to leave out. */
export function umaskFor({ udsMode }: Settings): number | undefined {
  return udsMode === undefined ? undefined : 0o777 - udsMode
}

/** `127.0.0.1:8000`, `unix:/path` or `fd://3`, for servers that take the address as one word. */
export function bindAddress({ host, port, uds, fd }: Settings): string | null {
  if (uds !== undefined) return `unix:${uds}`
  if (fd !== undefined) return `fd://${fd}`
  return host === undefined || port === undefined ? null : hostPort(host, port)
}

/** RFC 3986 §3.2.2: an IPv6 address stands in brackets before a port. */
function hostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function noSuchSource(label: string, source: string): UsageError {
  return new UsageError({
    code: 'settings/no-such-source',
    input: label,
    rule: `It does not read settings from ${source}.`,
    cure: 'Give them on the command line.',
  })
}
