import { option, type ServerDescriptor } from './descriptor.ts'
import {
  type FileFormat,
  flag,
  given,
  prefixedVariables,
  type Settings,
  type Term,
  type TlsFiles,
} from './settings.ts'

/** The server of this package: the oracle of the conformance suite and the yardstick of load. */
export const reference: ServerDescriptor = {
  name: 'reference',
  summary: 'the bundled TypeScript server; needs no Python',
  source: { kind: 'bundled' },
  axes: [],
  fixedArgs: () => [],
  command: ({ application, lifespan }) => [application, ...option('--lifespan', lifespan)],
  settings: {
    terms,
    environment: (written) =>
      prefixedVariables('ASSAY_')(
        gathered(written).map(([name, values]) => ({ option: name, value: values.join('\n') })),
      ),
    file: (written, format) => ({
      name: `assay.config.${format ?? 'json'}`,
      text: configuration(
        gathered(written).map(([name, values]) => [name, name === 'header' ? values : values[0]]),
        format ?? 'json',
      ),
      args: (path) => ['--config', path],
      variable: 'ASSAY_CONFIG',
    }),
  },
  capabilities: () => [
    'http/1.1',
    'http/2',
    'http/2/prior-knowledge',
    'http/2/trailers',
    'websocket',
    'websocket/denial',
    'lifespan',
    'process',
    'process/drains-on-sigterm',
    'process/drains-on-sigint',
    'config/command-line',
    'lifespan/state',
    'client-address',
    'root-path',
    'proxy-headers',
    'fd',
    'fd/standard-input',
    'fd/unix-socket-path',
    'tls',
    'tls/client-certificates',
    'tls/client-certificates-optional',
    'extension/tls',
    'extension/http.response.trailers',
    'extension/http.response.early_hint',
    'extension/http.response.pathsend',
    'extension/http.response.zerocopysend',
    'extension/http.response.push',
    'workers',
    'worker-replacement',
    'uds',
    'tls/unix-socket',
    'config/environment',
    'config/file',
    'config/precedence',
    'config/shown',
    'limit/concurrency',
    'limit/max-requests',
    'limit/max-requests-jitter',
    'limit/request-line',
    'limit/header-size',
    'limit/header-count',
    'limit/body-size',
    'limit/exact',
    'timeout/keep-alive',
    'timeout/keep-alive-zero',
    'timeout/header-read',
    'timeout/header-read-http2',
    'timeout/handshake',
    'timeout/body-read',
    'timeout/write-stall',
    'timeout/shutdown',
    'host-name',
    'host-ipv6',
    'port-zero',
    'uds/removed',
    'uds/removed-on-interrupt',
    'proxy-headers/trusted-peers',
    'proxy-headers/built-in',
    'tls/key-password',
    'tls/minimum-version',
    'tls/ciphers',
    'tls/alpn',
    'server-header',
    'date-header',
    'default-headers',
    'default-headers/every-source',
    'http/2/off',
    'websocket/off',
    'websocket/max-size',
    'websocket/max-queue',
    'websocket/max-fragments',
    'websocket/ping-interval',
    'websocket/ping-timeout',
    'websocket/compression',
    'lifespan/modes',
    'application/factory',
    'reload',
    'reload/broken-source',
    'log-level',
    'log/access',
    'metrics',
    'metrics/text-format',
    'log/format',
    'workers/start-failure-ends',
    'workers/start-failure-code',
    'process/start-failure-code',
    'root-path/in-path',
    'process/closes-idle',
    'process/closes-websockets',
    'process/second-signal',
    'process/second-signal-workers',
    'uds/stale-replaced',
    'flow-control',
    'flow-control/http2',
    'documented/exit-codes',
    'documented/every-source-checked',
    'documented/half-close',
    'documented/default-headers-everywhere',
    'documented/proxy-networks',
    'documented/forwarded-addresses-alone',
    'documented/sighup-certificates',
    'documented/lifespan-required',
    'documented/cut-short-visibly',
    'documented/application-error-status',
    'documented/websocket-end-codes',
    'documented/refused-event-harmless',
    'documented/file-in-turn',
    'documented/disconnect-behind-pipeline',
    'documented/late-messages-ignored',
    'documented/start-abandoned',
    'documented/absolute-form-host',
    'documented/unread-content-waits',
    'documented/refusals',
    'documented/trailers-not-offered',
    'documented/contexts-apart',
    'documented/contexts-apart-pipelined',
    'documented/alpn-order',
    'documented/uds-in-use',
    'documented/client-certificate-chain',
    'documented/limit-concurrency-websockets',
    'documented/max-requests-replaced',
    'documented/worker-replaced-at-once',
    'documented/metrics-loopback',
    'documented/metrics-outlive-workers',
    'documented/access-log-every-request',
    'documented/silent-clients-cut',
    'documented/signals-while-draining',
    'documented/arriving-requests-served',
    'documented/applications-awaited',
    'documented/workers-end-behind',
    'documented/websocket-limit-codes',
    'documented/file-formats',
    'documented/ping-interval-zero',
    'documented/pong-required',
    'process/quick-on-sigquit',
    'process/sighup',
    'process/sighup-one-by-one',
    'process/sighup-successor-first',
    'process/sigttin',
  ],
}

/** Names as on the command line or in camel case, which the documentation has mean the same. */
function configuration(
  entries: readonly (readonly [name: string, value: unknown])[],
  format: FileFormat,
): string {
  const lines = (separator: string, spelt: (name: string) => string): string =>
    entries.map(([name, value]) => `${spelt(name)}${separator}${JSON.stringify(value)}\n`).join('')
  switch (format) {
    case 'json':
      return JSON.stringify({ serve: Object.fromEntries(entries) })
    case 'yaml':
      return `serve:\n${lines(': ', (name) => `  ${camel(name)}`)}`
    case 'toml':
      return `[serve]\n${lines(' = ', (name) => name)}`
    case 'js':
      return `export default { serve: {\n${lines(': ', camel).replaceAll('\n', ',\n')}} }\n`
  }
}

function camel(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** An option that repeats is one variable of several lines, or one list in a file. */
function gathered(written: readonly Term[]): [option: string, values: Term['value'][]][] {
  const all = new Map<string, Term['value'][]>()
  for (const { option: name, value } of written) all.set(name, [...(all.get(name) ?? []), value])
  return [...all]
}

/** There is nothing graver than an error. */
const LOG_LEVELS = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'silent',
} satisfies Record<NonNullable<Settings['logLevel']>, string>

function terms(asked: Settings): readonly Term[] {
  const { logLevel, trustedProxies, defaultHeaders = [] } = asked
  return [
    ...given(
      { option: 'host', value: asked.host },
      { option: 'port', value: asked.port },
      { option: 'uds', value: asked.uds },
      { option: 'fd', value: asked.fd },
      { option: 'workers', value: asked.workers },
      { option: 'log-level', value: logLevel && LOG_LEVELS[logLevel] },
      { option: 'log-format', value: asked.logFormat },
      { option: 'metrics-port', value: asked.metricsPort },
      { option: 'root-path', value: asked.rootPath },
      { option: 'trusted-proxies', value: trustedProxies?.join(',') },
      { option: 'limit-concurrency', value: asked.limitConcurrency },
      { option: 'limit-max-requests', value: asked.limitMaxRequests },
      { option: 'limit-max-requests-jitter', value: asked.limitMaxRequestsJitter },
      { option: 'limit-request-line', value: asked.limitRequestLine },
      { option: 'limit-header-bytes', value: asked.limitHeaderBytes },
      { option: 'limit-header-count', value: asked.limitHeaderCount },
      { option: 'limit-body', value: asked.limitBody },
      { option: 'timeout-keep-alive', value: asked.timeoutKeepAlive },
      { option: 'timeout-header', value: asked.timeoutHeader },
      { option: 'timeout-stall', value: asked.timeoutStall },
      { option: 'timeout-shutdown', value: asked.timeoutShutdown },
      { option: 'ws-max-size', value: asked.webSocketMaxSize },
      { option: 'ws-max-fragments', value: asked.webSocketMaxFragments },
      // The unit of the setting is the byte.
      {
        option: 'ws-max-queue',
        value: asked.webSocketMaxQueue && asked.webSocketMaxQueue * 65_536,
      },
      { option: 'ws-ping-interval', value: asked.webSocketPingInterval },
      { option: 'ws-ping-timeout', value: asked.webSocketPingTimeout },
    ),
    ...tlsTerms(asked.tls),
    ...flag('access-log', asked.accessLog),
    ...flag('proxy-headers', asked.proxyHeaders),
    ...flag('server-header', asked.serverHeader),
    ...flag('date-header', asked.dateHeader),
    ...flag('http2', asked.http2),
    ...flag('websocket', asked.webSocket),
    ...flag('ws-compression', asked.webSocketCompression),
    ...flag('factory', asked.factory),
    ...flag('reload', asked.reload),
    ...flag('show-config', asked.show),
    ...defaultHeaders.map(([name, value]) => ({ option: 'header', value: `${name}: ${value}` })),
  ]
}

function tlsTerms(tls: TlsFiles | undefined): readonly Term[] {
  return given(
    { option: 'tls-cert', value: tls?.certificate },
    { option: 'tls-key', value: tls?.key },
    { option: 'tls-key-password', value: tls?.keyPassword },
    { option: 'tls-ca', value: tls?.clientAuthority },
    {
      option: 'tls-client-cert',
      value: tls?.clientAuthority && (tls.clientsOptional === true ? 'optional' : 'required'),
    },
    { option: 'tls-min-version', value: tls?.minimumVersion },
    { option: 'tls-ciphers', value: tls?.ciphers },
    { option: 'alpn', value: tls?.alpn?.join(',') },
  )
}
