import type { Capability } from '../evidence/target.ts'
import { option, type ServerDescriptor } from './descriptor.ts'
import { given, prefixedVariables } from './settings.ts'
import { atLeast } from './version.ts'

/** https://www.uvicorn.org: `uvicorn[standard]`, whose automatic choices are spelled out as flags. */
export const uvicorn: ServerDescriptor = {
  name: 'uvicorn',
  summary: 'the most used ASGI server, pure Python with optional C parsers',
  source: { kind: 'pypi', distribution: 'uvicorn', extras: ['standard'] },
  axes: [
    {
      axis: 'http',
      flavours: [
        { name: 'httptools', args: ['--http', 'httptools'] },
        { name: 'h11', args: ['--http', 'h11'] },
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
  command: ({ application, lifespan }) => [
    '-m',
    'uvicorn',
    application,
    ...option('--lifespan', lifespan),
  ],
  settings: {
    terms: ({ host, port, uds, workers, logLevel, rootPath, limitConcurrency, tls }) =>
      given(
        { option: 'host', value: host },
        { option: 'port', value: port },
        { option: 'uds', value: uds },
        { option: 'workers', value: workers },
        { option: 'log-level', value: logLevel },
        { option: 'root-path', value: rootPath },
        { option: 'limit-concurrency', value: limitConcurrency },
        { option: 'ssl-certfile', value: tls?.certificate },
        { option: 'ssl-keyfile', value: tls?.key },
        { option: 'ssl-ca-certs', value: tls?.clientAuthority },
        // ssl.CERT_REQUIRED
        { option: 'ssl-cert-reqs', value: tls?.clientAuthority && 2 },
      ),
    environment: prefixedVariables('UVICORN_'),
    file: null,
  },
  capabilities: (version) => [
    ...ALWAYS,
    ...SINCE.filter(([since]) => atLeast(version, since)).map(([, capability]) => capability),
  ],
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
  'fd',
  'client-address',
  'proxy-headers',
  'root-path',
  'limit/concurrency',
  'log-level',
]

const SINCE: readonly (readonly [since: string, Capability])[] = [
  ['0.16.0', 'config/environment'],
  ['0.16.0', 'config/precedence'],
  ['0.21.0', 'lifespan/state'],
  ['0.25.0', 'websocket/denial'],
  ['0.30.0', 'worker-replacement'],
]
