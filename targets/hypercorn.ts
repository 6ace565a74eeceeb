import type { Capability } from '../evidence/target.ts'
import { hostPort, option, type ServerDescriptor } from './descriptor.ts'
import { atLeast } from './version.ts'

/** https://hypercorn.readthedocs.io: HTTP/1, HTTP/2 and WebSocket over the sans-I/O libraries. */
export const hypercorn: ServerDescriptor = {
  name: 'hypercorn',
  summary: 'sans-I/O server on asyncio, uvloop or trio, with HTTP/2',
  source: { kind: 'pypi', distribution: 'hypercorn', extras: [] },
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
  command: ({ application, host, port, workers }) => [
    '-m',
    'hypercorn',
    application,
    ...option('--bind', hostPort(host, port)),
    ...option('--workers', workers),
  ],
  capabilities: (version) => [
    ...ALWAYS,
    ...(atLeast(version, '0.17.0') ? (['lifespan/state'] as const) : []),
  ],
}

const ALWAYS: readonly Capability[] = [
  'http/1.1',
  'http/2',
  'websocket',
  'websocket/denial',
  'tls',
  'tls/client-certificates',
  'lifespan',
  'workers',
  'uds',
  'fd',
  'client-address',
  'root-path',
  'config/file',
]
