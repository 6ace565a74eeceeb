import type { Capability } from '../evidence/target.ts'
import { option, type ServerDescriptor } from './descriptor.ts'
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
  command: ({ application, host, port, workers, lifespan }) => [
    '-m',
    'uvicorn',
    application,
    ...option('--host', host),
    ...option('--port', port),
    ...option('--workers', workers),
    ...option('--lifespan', lifespan),
  ],
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
  'workers',
  'uds',
  'fd',
  'client-address',
  'proxy-headers',
  'root-path',
  'limit/concurrency',
]

const SINCE: readonly (readonly [since: string, Capability])[] = [
  ['0.16.0', 'config/environment'],
  ['0.21.0', 'lifespan/state'],
  ['0.25.0', 'websocket/denial'],
  ['0.30.0', 'worker-replacement'],
]
