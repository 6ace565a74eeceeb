import type { Capability } from '../evidence/target.ts'
import { option, type ServerDescriptor } from './descriptor.ts'
import type { Era } from './eras.ts'
import { flag, given, prefixedVariables, type Settings, type Term } from './settings.ts'
import { atLeast } from './version.ts'

/**
 * Up to 0.17.5 the releases ask for httptools and uvloop that have to be compiled and no longer can be;
 * websockets below 10 does not run on Python 3.10 and newer. The bounds are the newest that each works with.
 */
const ERAS: readonly Era[] = [
  {
    before: '0.12.0',
    instead: ['click<8', 'h11<0.10', 'websockets<11', 'httptools', 'uvloop<0.18'],
    // wsproto 1.0 wants h11 0.9 and runs with 0.11 or newer only.
    constraints: ['wsproto<1'],
  },
  {
    before: '0.12.1',
    instead: ['click<8', 'h11<0.11', 'websockets<11', 'httptools', 'uvloop<0.18'],
    constraints: ['wsproto<1'],
  },
  {
    before: '0.14.0',
    instead: ['click<8', 'h11', 'websockets<11', 'httptools', 'uvloop<0.18'],
  },
  {
    before: '0.15.0',
    instead: ['asgiref', 'click', 'h11', 'websockets', 'httptools', 'uvloop<0.18'],
  },
  {
    before: '0.17.6',
    instead: ['asgiref', 'click', 'h11', 'websockets', 'httptools', 'uvloop'],
  },
  // websockets decodes headers as ISO-8859-1 since 16.1; these releases encode them as ASCII.
  { before: '0.52.0', constraints: ['websockets<16.1'] },
]

/** https://www.uvicorn.org: `uvicorn[standard]`, whose automatic choices are spelled out as flags. */
export const uvicorn: ServerDescriptor = {
  name: 'uvicorn',
  summary: 'the most used ASGI server, pure Python with optional C parsers',
  source: { kind: 'pypi', distribution: 'uvicorn', extras: ['standard'], eras: ERAS },
  axes: [
    {
      axis: 'http',
      flavours: [
        { name: 'httptools', args: ['--http', 'httptools'] },
        { name: 'h11', args: ['--http', 'h11'] },
        { name: 'zttp', since: '0.52.0', packages: ['zttp'], args: ['--http', 'zttp'] },
      ],
      defaultFor: () => 'httptools',
    },
    {
      axis: 'websocket',
      flavours: [
        { name: 'websockets', args: ['--ws', 'websockets'] },
        { name: 'websockets-sansio', since: '0.35.0', args: ['--ws', 'websockets-sansio'] },
        { name: 'wsproto', packages: ['wsproto'], args: ['--ws', 'wsproto'] },
      ],
      defaultFor: (version) =>
        atLeast(version, SANSIO_DEFAULT) ? 'websockets-sansio' : 'websockets',
    },
    {
      axis: 'loop',
      flavours: [
        { name: 'uvloop', args: ['--loop', 'uvloop'] },
        { name: 'asyncio', args: ['--loop', 'asyncio'] },
      ],
      defaultFor: () => 'uvloop',
    },
  ],
  fixedArgs: () => ['--no-access-log'],
  keepsIdle: { timeoutKeepAlive: 60 },
  command: ({ application, lifespan }) => [
    '-m',
    'uvicorn',
    application,
    ...option('--lifespan', lifespan),
  ],
  settings: {
    terms,
    environment: prefixedVariables('UVICORN_'),
    file: null,
  },
  capabilities: (version, flavours, args) => [
    ...ALWAYS,
    ...[...SINCE, ...(args.includes('--http2') ? HTTP2 : [])]
      .filter(([since]) => atLeast(version, since))
      .map(([, capability]) => capability),
    ...contexts(version, args),
    ...FLAVOURED.filter(([flavour, since]) => flavours.has(flavour) && atLeast(version, since)).map(
      ([, , capability]) => capability,
    ),
  ],
}

function terms(asked: Settings): readonly Term[] {
  const { trustedProxies, webSocket, webSocketCompression, defaultHeaders = [], tls } = asked
  return [
    ...given(
      { option: 'host', value: asked.host },
      { option: 'port', value: asked.port },
      { option: 'uds', value: asked.uds },
      { option: 'fd', value: asked.fd },
      { option: 'workers', value: asked.workers },
      { option: 'log-level', value: asked.logLevel },
      { option: 'log-config', value: asked.logConfig },
      { option: 'root-path', value: asked.rootPath },
      { option: 'forwarded-allow-ips', value: trustedProxies?.join(',') },
      { option: 'limit-concurrency', value: asked.limitConcurrency },
      { option: 'limit-max-requests', value: asked.limitMaxRequests },
      { option: 'limit-max-requests-jitter', value: asked.limitMaxRequestsJitter },
      { option: 'h11-max-incomplete-event-size', value: asked.limitHeaderBytes },
      { option: 'timeout-keep-alive', value: asked.timeoutKeepAlive },
      { option: 'timeout-graceful-shutdown', value: asked.timeoutShutdown },
      { option: 'timeout-worker-healthcheck', value: asked.timeoutHang },
      { option: 'ws', value: webSocket === false ? 'none' : undefined },
      { option: 'ws-max-size', value: asked.webSocketMaxSize },
      { option: 'ws-max-queue', value: asked.webSocketMaxQueue },
      { option: 'ws-ping-interval', value: asked.webSocketPingInterval },
      { option: 'ws-ping-timeout', value: asked.webSocketPingTimeout },
      {
        option: 'ws-per-message-deflate',
        value: webSocketCompression === undefined ? undefined : String(webSocketCompression),
      },
      { option: 'app-dir', value: asked.applicationDirectory },
      { option: 'factory', value: asked.factory === true ? true : undefined },
      { option: 'reload', value: asked.reload === true ? true : undefined },
      { option: 'reload-dir', value: asked.reloadDirectory },
      { option: 'reload-include', value: asked.reloadInclude },
      { option: 'reload-exclude', value: asked.reloadExclude },
      { option: 'ssl-certfile', value: tls?.certificate },
      { option: 'ssl-keyfile', value: tls?.key },
      { option: 'ssl-keyfile-password', value: tls?.keyPassword },
      { option: 'ssl-ca-certs', value: tls?.clientAuthority },
      // ssl.CERT_REQUIRED
      { option: 'ssl-cert-reqs', value: tls?.clientAuthority && 2 },
      { option: 'ssl-ciphers', value: tls?.ciphers },
    ),
    ...flag('access-log', asked.accessLog),
    ...flag('proxy-headers', asked.proxyHeaders),
    ...flag('server-header', asked.serverHeader),
    ...flag('date-header', asked.dateHeader),
    ...defaultHeaders.map(([name, value]) => ({ option: 'header', value: `${name}:${value}` })),
  ]
}

/** The release whose `--ws auto` began to mean websockets-sansio. */
const SANSIO_DEFAULT = '0.50.0'

const ALWAYS: readonly Capability[] = [
  'http/1.1',
  'websocket',
  'tls',
  'tls/client-certificates',
  'lifespan',
  'process',
  'process/drains-on-sigterm',
  'process/drains-on-sigint',
  'config/command-line',
  'workers',
  'uds',
  'tls/unix-socket',
  'fd',
  'fd/standard-input',
  'client-address',
  'proxy-headers',
  'root-path',
  // "submounted below a given URL path": a path that left it out was taken for a defect, and mended in 0.26.0.
  'root-path/in-path',
  'proxy-headers/trusted-peers',
  'proxy-headers/built-in',
  'host-name',
  'host-ipv6',
  'port-zero',
  'limit/concurrency',
  'limit/max-requests',
  'timeout/keep-alive',
  'timeout/keep-alive-zero',
  'default-headers',
  'lifespan/modes',
  'websocket/off',
  'tls/ciphers',
  'reload',
  'reload/broken-source',
  'reload/directories',
  'log-level',
  'log/access',
  'log/config',
  // docs/server-behavior.md, "Graceful Process Shutdown"; what the log says of a second Ctrl-C.
  'process/closes-idle',
  'process/second-signal',
  // docs/server-behavior.md, "Write flow control", "Read flow control".
  'flow-control',
  'documented/unread-content-waits',
]

const SINCE: readonly (readonly [since: string, Capability])[] = [
  ['0.11.6', 'application/directory'],
  ['0.12.2', 'tls/key-password'],
  ['0.13.0', 'application/factory'],
  ['0.15.0', 'server-header'],
  ['0.15.0', 'date-header'],
  // "Exit with status 3 when worker starts failed", and 0.16.0: "Ensure non-zero exit code when startup fails".
  ['0.15.0', 'process/start-failure-code'],
  // Behind SIGTERM it is left since 0.29.0, which ends by that signal.
  ['0.15.0', 'uds/removed-on-interrupt'],
  ['0.16.0', 'config/environment'],
  ['0.16.0', 'config/precedence'],
  // Where watchfiles is installed, which the extra `standard` asks for from here on.
  ['0.18.0', 'reload/patterns'],
  ['0.18.0', 'reload/excluded'],
  ['0.21.0', 'lifespan/state'],
  ['0.21.0', 'process/closes-websockets'],
  ['0.22.0', 'timeout/shutdown'],
  ['0.25.0', 'websocket/denial'],
  // docs/deployment: the signals of the supervisor.
  ['0.30.0', 'worker-replacement'],
  ['0.30.0', 'process/sighup'],
  ['0.30.0', 'process/sighup-one-by-one'],
  ['0.30.0', 'process/sigttin'],
  // "Also allow to specify IP Networks as trusted hosts."
  ['0.31.0', 'documented/proxy-networks'],
  // docs/deployment, "Built-in": a stuck process is killed; how long that takes can be set from here on.
  ['0.37.0', 'workers/hang-replaced'],
  ['0.41.0', 'limit/max-requests-jitter'],
  // "Exit with the dedicated code 3 on any startup failure", "Stop the multiprocess supervisor".
  ['0.50.0', 'workers/start-failure-ends'],
  ['0.50.0', 'workers/start-failure-code'],
  // "bringing each replacement up before retiring the old worker".
  ['0.51.0', 'process/sighup-successor-first'],
]

/**
 * 0.39.0 mended that requests saw what others had set in context variables ("Explicitly start ASGI run with empty
 * context"); pipelined ones still did until 0.45.0, which keeps contexts apart only where it is asked to.
 */
function contexts(version: string, args: readonly string[]): readonly Capability[] {
  if (!atLeast(version, '0.45.0')) return ['documented/contexts-apart']
  return args.includes('--reset-contextvars')
    ? ['documented/contexts-apart', 'documented/contexts-apart-pipelined']
    : []
}

/** `--http2`, "Requires --http zttp": over TLS by ALPN, and known before in the clear. */
const HTTP2: typeof SINCE = [
  ['0.53.0', 'http/2'],
  ['0.53.0', 'http/2/prior-knowledge'],
  ['0.54.0', 'http/2/trailers'],
]

/** "Only available with the `websockets` protocol", "Only available for `h11`" (docs/settings.md). */
const FLAVOURED: readonly (readonly [flavour: string, since: string, Capability])[] = [
  ['h11', '0.20.0', 'limit/header-size'],
  ['websockets', '0.14.0', 'websocket/max-size'],
  ['websockets', '0.15.0', 'websocket/ping-interval'],
  ['websockets', '0.15.0', 'websocket/ping-timeout'],
  ['websockets', '0.17.0', 'websocket/compression'],
  ['websockets', '0.23.0', 'websocket/max-queue'],
  ['websockets-sansio', '0.35.0', 'websocket/max-size'],
  ['websockets-sansio', '0.35.0', 'websocket/compression'],
  ['websockets-sansio', '0.44.0', 'websocket/ping-interval'],
  ['websockets-sansio', '0.44.0', 'websocket/ping-timeout'],
  ['wsproto', '0.46.0', 'websocket/max-size'],
  ['wsproto', '0.46.0', 'websocket/ping-interval'],
  ['wsproto', '0.46.0', 'websocket/ping-timeout'],
]
