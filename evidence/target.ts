/**
 * What a target declares it can do (its implementation conformance statement, ISO/IEC 9646-7).
 * A property runs only where its capability is declared: declared and broken is FAIL, undeclared is
 * NOT_APPLICABLE.
 */
export const CAPABILITIES = [
  'http/1.1',
  'http/2',
  'websocket',
  'websocket/denial',
  'tls',
  'tls/client-certificates',
  'lifespan',
  'lifespan/state',
  'workers',
  'worker-replacement',
  'uds',
  'fd',
  'client-address',
  'proxy-headers',
  'root-path',
  'process',
  'process/drains-on-sigterm',
  'process/drains-on-sigint',
  'config/command-line',
  'config/environment',
  'config/file',
  'config/precedence',
  'limit/concurrency',
  'log-level',
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
