import type { Capability } from '../evidence/target.ts'
import { option, type ServerDescriptor } from './descriptor.ts'
import { assignments, bindAddress, commandLine, given, umaskFor } from './settings.ts'
import { atLeast } from './version.ts'

/** https://gunicorn.org: a pre-fork master over its own ASGI worker, or over uvicorn's worker class. */
export const gunicorn: ServerDescriptor = {
  name: 'gunicorn',
  summary: "pre-fork process manager with its own ASGI worker, or uvicorn's",
  source: { kind: 'pypi', distribution: 'gunicorn', extras: [] },
  axes: [
    {
      axis: 'worker',
      flavours: [
        { name: 'asgi', since: '24.0.0', args: ['--worker-class', 'asgi'] },
        {
          name: 'uvicorn',
          packages: ['uvicorn[standard]', 'uvicorn-worker'],
          args: ['--worker-class', 'uvicorn_worker.UvicornWorker'],
        },
      ],
      defaultFor: (version) => (atLeast(version, '24.0.0') ? 'asgi' : 'uvicorn'),
    },
    {
      axis: 'protocol',
      flavours: [
        { name: 'http1', args: [] },
        { name: 'h2', since: '25.0.0', packages: ['h2'], args: ['--http-protocols', 'h2,h1'] },
      ],
      defaultFor: () => 'http1',
    },
  ],
  // The control socket has one fixed path for each user: two servers would quarrel over it.
  fixedArgs: (version) => (atLeast(version, '25.1.0') ? ['--no-control-socket'] : []),
  command: ({ application, lifespan, flavours }) => [
    '-m',
    'gunicorn',
    application,
    ...option('--asgi-lifespan', flavours.has('asgi') ? lifespan : null),
  ],
  settings: {
    terms: (asked) =>
      given(
        { option: 'bind', value: bindAddress(asked) },
        { option: 'bind', value: asked.alsoUds && `unix:${asked.alsoUds}` },
        { option: 'umask', value: umaskFor(asked) },
        { option: 'pid', key: 'pidfile', value: asked.pidFile },
        { option: 'workers', value: asked.workers },
        { option: 'log-level', key: 'loglevel', value: asked.logLevel },
        { option: 'root-path', value: asked.rootPath },
        { option: 'max-requests', value: asked.limitMaxRequests },
        { option: 'max-requests-jitter', value: asked.limitMaxRequestsJitter },
        { option: 'limit-request-line', value: requestLine(asked.limitRequestLine) },
        { option: 'limit-request-fields', value: asked.limitHeaderCount },
        { option: 'limit-request-field_size', value: asked.limitFieldBytes },
        { option: 'keep-alive', key: 'keepalive', value: asked.timeoutKeepAlive },
        { option: 'graceful-timeout', value: asked.timeoutShutdown },
        { option: 'timeout', value: asked.timeoutHang },
        {
          option: 'access-logfile',
          key: 'accesslog',
          value: asked.accessLog === true ? '-' : undefined,
        },
        { option: 'error-logfile', key: 'errorlog', value: asked.logFile },
        { option: 'print-config', value: asked.show },
        { option: 'chdir', value: asked.applicationDirectory },
        { option: 'reload', value: asked.reload === true ? true : undefined },
        { option: 'certfile', value: asked.tls?.certificate },
        { option: 'keyfile', value: asked.tls?.key },
        { option: 'ca-certs', value: asked.tls?.clientAuthority },
        // ssl.CERT_REQUIRED
        { option: 'cert-reqs', value: asked.tls?.clientAuthority && 2 },
        { option: 'ciphers', value: asked.tls?.ciphers },
      ),
    environment: (terms) => ({ GUNICORN_CMD_ARGS: commandLine(terms).join(' ') }),
    file: (terms) => ({
      name: 'gunicorn.conf.py',
      text: assignments(terms),
      args: (path) => ['--config', path],
    }),
  },
  capabilities: (version, flavours, args) => [
    ...ALWAYS,
    // docs: settings.md, "print_config".
    ...(atLeast(version, '20.1.0') ? (['config/shown'] as const) : []),
    ...(flavours.has('asgi') ? OWN_WORKER : (['websocket/denial'] as const)),
    ...(flavours.has('asgi') && speaksHttp2(args) ? (['http/2'] as const) : []),
  ],
}

/** docs: settings.md, "limit_request_line": at most 8190, beyond which there is only 0, for unlimited. */
function requestLine(limit: number | undefined): number | undefined {
  return limit !== undefined && limit > 8190 ? 0 : limit
}

/** docs: http2.md. Only over TLS, and only when it is asked for. */
function speaksHttp2(args: readonly string[]): boolean {
  return /--http-protocols[= ]\S*\bh2\b/.test(args.join(' '))
}

/** Settings that name no other worker than gunicorn's own as theirs, or leave the parsing to it. */
const OWN_WORKER: readonly Capability[] = [
  'root-path',
  'lifespan/modes',
  'limit/request-line',
  'limit/header-count',
  'limit/field-size',
  'limit/max-requests',
  'limit/max-requests-jitter',
  'timeout/keep-alive',
  'timeout/keep-alive-zero',
  'log/access',
  // docs: signals.md, "QUIT, INT: quick shutdown".
  'process/quick-on-sigquit',
]

const ALWAYS: readonly Capability[] = [
  'http/1.1',
  'websocket',
  'tls',
  'tls/client-certificates',
  'lifespan',
  'process',
  // SIGINT is documented as the quick shutdown.
  'process/drains-on-sigterm',
  'config/command-line',
  'lifespan/state',
  'workers',
  'worker-replacement',
  'uds',
  'tls/unix-socket',
  'fd',
  'fd/standard-input',
  'client-address',
  'config/environment',
  'config/file',
  'config/precedence',
  'log-level',
  'host-ipv6',
  'timeout/shutdown',
  'application/directory',
  'log/file',
  'reload',
  'workers/hang-replaced',
  // docs: signals.md, "Master process".
  'process/sighup',
  'process/sigttin',
  // docs: settings.md, "pidfile", "umask", "bind".
  'process/pid-file',
  'uds/permissions',
  'uds/beside-port',
]
