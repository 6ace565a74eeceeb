/**
 * What a target declares it can do (its implementation conformance statement, ISO/IEC 9646-7).
 * A property runs only where its capability is declared: declared and broken is FAIL, undeclared is
 * NOT_APPLICABLE.
 */
export const CAPABILITIES = [
  'http/1.1',
  'http/2',
  'http/2/prior-knowledge',
  'http/2/trailers',
  'http/2/off',
  'websocket',
  'websocket/denial',
  'websocket/off',
  'websocket/max-size',
  'websocket/max-queue',
  'websocket/max-fragments',
  'websocket/ping-interval',
  'websocket/ping-timeout',
  'websocket/compression',
  'tls',
  'tls/client-certificates',
  'tls/client-certificates-optional',
  'tls/key-password',
  'tls/minimum-version',
  'tls/ciphers',
  'tls/alpn',
  'lifespan',
  'lifespan/state',
  'lifespan/modes',
  'workers',
  'worker-replacement',
  'workers/hang-replaced',
  'workers/start-failure-ends',
  'workers/start-failure-code',
  'uds',
  'fd',
  'fd/standard-input',
  'client-address',
  'proxy-headers',
  'proxy-headers/trusted-peers',
  'root-path',
  'root-path/in-path',
  'process',
  'process/drains-on-sigterm',
  'process/drains-on-sigint',
  'process/closes-idle',
  'process/closes-websockets',
  'process/second-signal',
  'process/second-signal-workers',
  'process/start-failure-code',
  'flow-control',
  'flow-control/http2',
  'documented/exit-codes',
  'documented/every-source-checked',
  'documented/half-close',
  'documented/default-headers-everywhere',
  'documented/proxy-networks',
  'documented/sighup-certificates',
  'documented/lifespan-required',
  'documented/cut-short-visibly',
  'documented/application-error-status',
  'documented/websocket-end-codes',
  'documented/refused-event-harmless',
  'documented/unread-content-waits',
  'documented/refusals',
  'documented/contexts-apart',
  'documented/contexts-apart-pipelined',
  'documented/alpn-order',
  'documented/uds-in-use',
  'documented/client-certificate-chain',
  'documented/limit-concurrency-websockets',
  'documented/max-requests-replaced',
  'documented/metrics-loopback',
  'documented/access-log-every-request',
  'documented/silent-clients-cut',
  'documented/arriving-requests-served',
  'documented/websocket-limit-codes',
  'documented/file-formats',
  'documented/ping-interval-zero',
  'process/sighup',
  'process/sighup-one-by-one',
  'process/sighup-successor-first',
  'process/sigttin',
  'config/command-line',
  'config/environment',
  'config/file',
  'config/precedence',
  'host-name',
  'host-ipv6',
  'port-zero',
  'uds/removed',
  'uds/stale-replaced',
  'limit/concurrency',
  'limit/max-requests',
  'limit/max-requests-jitter',
  'limit/request-line',
  'limit/header-size',
  'limit/header-count',
  'limit/body-size',
  'limit/exact',
  'timeout/keep-alive',
  'timeout/header-read',
  'timeout/body-read',
  'timeout/write-stall',
  'timeout/shutdown',
  'server-header',
  'date-header',
  'default-headers',
  'default-headers/every-source',
  'application/factory',
  'application/directory',
  'reload',
  'reload/broken-source',
  'reload/directories',
  'reload/patterns',
  'log-level',
  'log/access',
  'metrics',
  'metrics/text-format',
  'log/format',
  'log/file',
  'log/config',
  'extension/tls',
  'extension/http.response.trailers',
  'extension/http.response.early_hint',
  'extension/http.response.pathsend',
  'extension/http.response.zerocopysend',
  'extension/http.response.push',
] as const

export type Capability = (typeof CAPABILITIES)[number]

/** Which server was under test, exactly: enough to build the same one again. */
export interface TargetIdentity {
  /** As a user would type it: `uvicorn@0.29.0+h11`. */
  readonly spec: string
  readonly name: string
  /** The exact version that ran; `unknown` only for an attached server that does not say. */
  readonly version: string
  /** Package URL: `pkg:pypi/uvicorn@0.29.0`; null where there is no package. */
  readonly purl: string | null
  readonly flavours: readonly string[]
  /** Launch arguments after the application and the address. */
  readonly args: readonly string[]
  readonly capabilities: readonly Capability[]
  /** Everything else in its environment, resolved: name and exact version. */
  readonly dependencies: readonly { readonly name: string; readonly version: string }[]
  /** `CPython 3.11.7`, `Node.js 20.20.2`; `unknown` when attached. */
  readonly runtime: string
  /** Started by its user, not by assay. */
  readonly attached: boolean
}
