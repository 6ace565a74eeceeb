import type { Capability } from '../evidence/target.ts'
import { option, type ServerDescriptor } from './descriptor.ts'
import type { Era } from './eras.ts'
import { flag, given, prefixedVariables } from './settings.ts'
import { atLeast } from './version.ts'

/** Releases that Python 3.11 installs and starts only with dependencies of their time. */
const ERAS: readonly Era[] = [
  // The typer of these releases does not know the flags of later ones of click.
  { before: '1.3.0', constraints: ['click<8.2'] },
]

/** https://github.com/emmett-framework/granian: HTTP in Rust (hyper), the application in Python. */
export const granian: ServerDescriptor = {
  name: 'granian',
  summary: 'Rust HTTP server with an ASGI interface',
  source: { kind: 'pypi', distribution: 'granian', extras: [], eras: ERAS },
  axes: [
    {
      axis: 'loop',
      flavours: [
        { name: 'asyncio', args: ['--loop', 'asyncio'] },
        { name: 'uvloop', packages: ['uvloop'], args: ['--loop', 'uvloop'] },
      ],
      // The loop of asyncio was that of Windows before 0.2.0.
      defaultFor: (version) => (atLeast(version, '0.2.0') ? 'asyncio' : 'uvloop'),
    },
  ],
  fixedArgs: () => [],
  command: ({ application, lifespan, version }) => [
    ...(atLeast(version, '0.5.1') ? ['-m', 'granian'] : ['-c', ENTRY_POINT]),
    application,
    ...option('--interface', lifespan === 'off' ? 'asginl' : 'asgi'),
  ],
  settings: {
    terms: ({ host, port, uds, workers, logLevel, tls, ...asked }) => [
      ...given(
        { option: 'host', value: host },
        { option: 'port', value: port },
        { option: 'uds', value: uds },
        { option: 'uds-permissions', value: octal(asked.udsMode) },
        { option: 'pid-file', value: asked.pidFile },
        { option: 'workers', value: workers },
        // With its interval: the usual one is longer than anybody waits.
        { option: 'respawn-failed-workers', value: asked.replaceWorkers },
        { option: 'respawn-interval', value: asked.replaceWorkers && 1 },
        { option: 'workers-kill-timeout', value: asked.timeoutShutdown },
        { option: 'url-path-prefix', value: asked.rootPath },
        { option: 'http', value: asked.http2 === false ? '1' : undefined },
        { option: 'http2-max-concurrent-streams', value: asked.http2Streams },
        { option: 'http2-max-frame-size', value: asked.http2FrameSize },
        { option: 'http2-initial-stream-window-size', value: asked.http2Window },
        { option: 'http2-max-headers-size', value: asked.http2HeaderList },
        { option: 'http1-header-read-timeout', value: milliseconds(asked.timeoutHeader) },
        { option: 'working-dir', value: asked.applicationDirectory },
        { option: 'log-level', value: logLevel },
        { option: 'metrics', value: asked.metricsPort === undefined ? undefined : true },
        { option: 'metrics-port', value: asked.metricsPort },
        { option: 'ssl-certificate', value: tls?.certificate },
        { option: 'ssl-keyfile', value: tls?.key },
        { option: 'ssl-keyfile-password', value: tls?.keyPassword },
        {
          option: 'ssl-protocol-min',
          value: tls?.minimumVersion?.replace('TLSv', 'tls'),
        },
        { option: 'ssl-ca', value: tls?.clientAuthority },
        { option: 'ssl-client-verify', value: tls?.clientAuthority && true },
      ),
      ...flag('ws', asked.webSocket),
      ...flag('http1-keep-alive', asked.keepAlive),
      ...flag('access-log', asked.accessLog),
      ...flag('factory', asked.factory),
    ],
    environment: prefixedVariables('GRANIAN_'),
    file: null,
  },
  // README, "Proxies and forwarded headers".
  wrapper: ({ proxyHeaders, trustedProxies }) =>
    proxyHeaders !== true
      ? null
      : {
          callable: 'granian.utils.proxies:wrap_asgi_with_proxy_headers',
          keywords: trustedProxies === undefined ? {} : { trusted_hosts: trustedProxies },
        },
  capabilities: (version) => [
    ...ALWAYS,
    ...SINCE.filter(([since]) => atLeast(version, since)).map(([, capability]) => capability),
  ],
}

/** Options by the releases that brought them; 0.7 was the first that reads its environment. */
const SINCE: readonly (readonly [since: string, Capability])[] = [
  // --url-path-prefix: "the app is mounted on".
  ['0.3.0', 'root-path'],
  ['0.7.0', 'config/environment'],
  ['1.0.0', 'lifespan/state'],
  ['1.0.0', 'keep-alive/off'],
  ['1.0.0', 'extension/http.response.pathsend'],
  // --respawn-failed-workers, with an interval that can be set.
  ['1.3.0', 'worker-replacement'],
  // Release notes of 1.0: "HUP signal handling to gracefully respawn workers"; the old ones went first until 1.3.
  ['1.3.0', 'process/sighup'],
  ['1.3.0', 'http/2/limit-streams'],
  ['1.3.0', 'http/2/limit-frame-size'],
  ['1.3.0', 'http/2/limit-window'],
  ['1.3.0', 'http/2/limit-headers'],
  ['1.4.0', 'log/access'],
  ['1.5.0', 'process/pid-file'],
  ['1.6.0', 'application/factory'],
  ['1.6.0', 'tls/key-password'],
  // --workers-kill-timeout: of those "that refused to gracefully stop".
  ['1.7.0', 'timeout/shutdown'],
  ['2.0.0', 'timeout/header-read'],
  ['2.3.0', 'tls/client-certificates'],
  ['2.4.0', 'application/directory'],
  ['2.4.0', 'proxy-headers'],
  ['2.4.0', 'proxy-headers/trusted-peers'],
  ['2.5.0', 'uds'],
  ['2.5.0', 'tls/unix-socket'],
  ['2.6.0', 'tls/minimum-version'],
  ['2.6.0', 'uds/permissions'],
  // README, "Metrics": "in Prometheus format".
  ['2.7.0', 'metrics/text-format'],
  // Its scopes announce it from there on.
  ['2.7.0', 'websocket/denial'],
]

const ALWAYS: readonly Capability[] = [
  'http/1.1',
  'http/2',
  'http/2/prior-knowledge',
  'websocket',
  'tls',
  'lifespan',
  'process',
  'config/command-line',
  'workers',
  'client-address',
  'log-level',
  'http/2/off',
  'websocket/off',
]

/** Before 0.5.1 `python -m granian` was not to be had. */
const ENTRY_POINT = 'from granian.cli import cli; cli()'

/** By its first digit it is told from a decimal one. */
function octal(mode: number | undefined): string | undefined {
  return mode === undefined ? undefined : `0${mode.toString(8)}`
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : 1000 * seconds
}
