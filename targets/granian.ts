import { option, type ServerDescriptor } from './descriptor.ts'

/** https://github.com/emmett-framework/granian: HTTP in Rust (hyper), the application in Python. */
export const granian: ServerDescriptor = {
  name: 'granian',
  summary: 'Rust HTTP server with an ASGI interface',
  source: { kind: 'pypi', distribution: 'granian', extras: [] },
  axes: [
    {
      axis: 'loop',
      flavours: [
        { name: 'asyncio', args: ['--loop', 'asyncio'] },
        { name: 'uvloop', packages: ['uvloop'], args: ['--loop', 'uvloop'] },
      ],
      defaultFor: () => 'asyncio',
    },
  ],
  fixedArgs: () => [],
  command: ({ application, host, port, workers, lifespan }) => [
    '-m',
    'granian',
    application,
    ...option('--interface', lifespan === 'off' ? 'asginl' : 'asgi'),
    ...option('--host', host),
    ...option('--port', port),
    ...option('--workers', workers),
  ],
  capabilities: () => [
    'http/1.1',
    'http/2',
    'websocket',
    'tls',
    'lifespan',
    'lifespan/state',
    'workers',
    'client-address',
    'config/environment',
    'extension/http.response.pathsend',
  ],
}
