import type { Capability } from '../evidence/target.ts'
import type { ServerDescriptor } from './descriptor.ts'
import type { Era } from './eras.ts'
import { assignments, bindAddress, given, umaskFor } from './settings.ts'
import { atLeast } from './version.ts'

const ERAS: readonly Era[] = [
  // CHANGELOG.rst, 0.14.4: "support trio > 0.22 utilising exception groups".
  { before: '0.14.4', constraints: ['trio<0.22'] },
  // Loops are handed to functions of asyncio that take none since Python 3.10.
  { before: '0.12.0', python: 9 },
]

/** https://hypercorn.readthedocs.io: HTTP/1, HTTP/2 and WebSocket over the sans-I/O libraries. */
export const hypercorn: ServerDescriptor = {
  name: 'hypercorn',
  summary: 'sans-I/O server on asyncio, uvloop or trio, with HTTP/2',
  source: { kind: 'pypi', distribution: 'hypercorn', extras: [], eras: ERAS },
  axes: [
    {
      axis: 'worker',
      flavours: [
        { name: 'asyncio', args: ['--worker-class', 'asyncio'] },
        { name: 'uvloop', packages: ['uvloop'], args: ['--worker-class', 'uvloop'] },
        { name: 'trio', packages: ['trio'], args: ['--worker-class', 'trio'] },
      ],
      defaultFor: () => 'asyncio',
    },
  ],
  fixedArgs: () => [],
  keepsIdle: { timeoutKeepAlive: 60 },
  command: ({ application }) => ['-m', 'hypercorn', application],
  settings: {
    terms: (asked) =>
      given(
        { option: 'bind', value: bindAddress(asked) },
        { option: 'bind', value: asked.alsoUds && `unix:${asked.alsoUds}` },
        { option: 'umask', value: umaskFor(asked) },
        { option: 'server-name', key: 'server_names', value: asked.serverNames?.[0] },
        { option: 'pid', key: 'pid_path', value: asked.pidFile },
        { option: 'workers', value: asked.workers },
        { option: 'log-level', key: 'loglevel', value: asked.logLevel },
        { option: 'root-path', value: asked.rootPath },
        { option: 'max-requests', value: asked.limitMaxRequests },
        { option: 'max-requests-jitter', value: asked.limitMaxRequestsJitter },
        { option: 'keep-alive', key: 'keep_alive_timeout', value: asked.timeoutKeepAlive },
        { option: 'graceful-timeout', value: asked.timeoutShutdown },
        { option: 'read-timeout', value: asked.timeoutRead },
        { option: 'websocket-ping-interval', value: asked.webSocketPingInterval },
        {
          option: 'access-logfile',
          key: 'accesslog',
          value: asked.accessLog === true ? '-' : undefined,
        },
        { option: 'error-logfile', key: 'errorlog', value: asked.logFile },
        { option: 'log-config', key: 'logconfig', value: asked.logConfig },
        {
          option: 'reload',
          key: 'use_reloader',
          value: asked.reload === true ? true : undefined,
        },
        { option: 'certfile', value: asked.tls?.certificate },
        { option: 'keyfile', value: asked.tls?.key },
        { option: 'keyfile-password', value: asked.tls?.keyPassword },
        { option: 'ciphers', value: asked.tls?.ciphers },
        { option: 'ca-certs', value: asked.tls?.clientAuthority },
        { option: 'verify-mode', value: asked.tls?.clientAuthority && 'CERT_REQUIRED' },
      ),
    // docs/how_to_guides/configuring.rst, "Command line: N/A".
    fileOnly: (asked) =>
      given(
        { option: 'include-server-header', value: asked.serverHeader },
        { option: 'include-date-header', value: asked.dateHeader },
        { option: 'h11-max-incomplete-size', value: asked.limitHeaderBytes },
        { option: 'websocket-max-message-size', value: asked.webSocketMaxSize },
        { option: 'keep-alive-max-requests', value: asked.limitKeepAliveRequests },
        { option: 'startup-timeout', value: asked.timeoutLifespanStartup },
        { option: 'h2-max-concurrent-streams', value: asked.http2Streams },
        { option: 'h2-max-header-list-size', value: asked.http2HeaderList },
      ),
    environment: null,
    file: (terms) => ({
      name: 'hypercorn.toml',
      text: assignments(terms),
      args: (path) => ['--config', path],
    }),
  },
  // docs/how_to_guides/proxy_fix.rst
  wrapper: ({ proxyHeaders }) =>
    proxyHeaders !== true
      ? null
      : {
          callable: 'hypercorn.middleware:ProxyFixMiddleware',
          keywords: { mode: 'legacy', trusted_hops: 1 },
        },
  capabilities: (version) => [
    ...ALWAYS,
    ...SINCE.filter(([since]) => atLeast(version, since)).map(([, capability]) => capability),
  ],
}

/** CHANGELOG.rst. */
const SINCE: readonly (readonly [since: string, Capability])[] = [
  ['0.7.0', 'host-ipv6'],
  ['0.7.0', 'server-header'],
  ['0.7.0', 'log/access'],
  ['0.7.0', 'log/file'],
  ['0.9.1', 'log/config'],
  ['0.9.1', 'uds/permissions'],
  ['0.9.1', 'uds/beside-port'],
  ['0.9.1', 'process/pid-file'],
  ['0.9.1', 'timeout/lifespan-startup'],
  ['0.9.1', 'http/2/limit-streams'],
  ['0.9.1', 'http/2/limit-headers'],
  // docs/discussion/backpressure.rst: send() blocks "till the client backpressure has abated". Not so where
  // the window of HTTP/2 is very small: "up to the framework" (dos_mitigations.rst, "Data Dribble").
  ['0.9.3', 'flow-control'],
  // "Add a graceful timeout on shutdown": before, a shutdown cancelled the requests in flight.
  ['0.10.0', 'timeout/shutdown'],
  ['0.10.0', 'process/drains-on-sigterm'],
  ['0.10.0', 'process/drains-on-sigint'],
  // --graceful-timeout: "any remaining requests (tasks)" are what a shutdown waits for.
  ['0.10.0', 'process/closes-idle'],
  ['0.10.0', 'websocket/ping-interval'],
  ['0.10.0', 'host-name/served'],
  ['0.12.0', 'timeout/read'],
  ['0.13.0', 'tls/key-password'],
  ['0.14.0', 'date-header'],
  ['0.16.0', 'limit/keep-alive-requests'],
  ['0.16.0', 'limit/max-requests'],
  ['0.16.0', 'limit/max-requests-jitter'],
  // "Return subprocess exit code if non-zero": the server always runs its workers as processes.
  ['0.16.0', 'process/start-failure-code'],
  ['0.16.0', 'workers/start-failure-code'],
  ['0.16.0', 'proxy-headers'],
  ['0.17.0', 'lifespan/state'],
  ['0.17.0', 'http/2/trailers'],
  ['0.18.0', 'process/sighup'],
]

const ALWAYS: readonly Capability[] = [
  'http/1.1',
  'http/2',
  'http/2/prior-knowledge',
  'websocket',
  'websocket/denial',
  'tls',
  'tls/client-certificates',
  'lifespan',
  'process',
  'config/command-line',
  'workers',
  'uds',
  'tls/unix-socket',
  'fd',
  'fd/standard-input',
  'client-address',
  'root-path',
  'config/file',
  'log-level',
  'limit/header-size',
  'timeout/keep-alive',
  'websocket/max-size',
  'tls/ciphers',
  'reload',
]
