import type { Capability } from '../evidence/target.ts'
import type { ServerDescriptor } from './descriptor.ts'
import { assignments, bindAddress, given } from './settings.ts'
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
  command: ({ application }) => ['-m', 'hypercorn', application],
  settings: {
    terms: (asked) =>
      given(
        { option: 'bind', value: bindAddress(asked) },
        { option: 'workers', value: asked.workers },
        { option: 'log-level', key: 'loglevel', value: asked.logLevel },
        { option: 'root-path', value: asked.rootPath },
        { option: 'certfile', value: asked.tls?.certificate },
        { option: 'keyfile', value: asked.tls?.key },
        { option: 'ca-certs', value: asked.tls?.clientAuthority },
        { option: 'verify-mode', value: asked.tls?.clientAuthority && 'CERT_REQUIRED' },
      ),
    environment: null,
    file: (terms) => ({
      name: 'hypercorn.toml',
      text: assignments(terms),
      args: (path) => ['--config', path],
    }),
  },
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
  'process',
  'process/drains-on-sigterm',
  'process/drains-on-sigint',
  'config/command-line',
  'workers',
  'uds',
  'fd',
  'client-address',
  'root-path',
  'config/file',
  'log-level',
]
