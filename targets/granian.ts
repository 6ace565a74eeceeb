import { option, type ServerDescriptor } from './descriptor.ts'
import { given, prefixedVariables } from './settings.ts'

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
  command: ({ application, lifespan }) => [
    '-m',
    'granian',
    application,
    ...option('--interface', lifespan === 'off' ? 'asginl' : 'asgi'),
  ],
  settings: {
    terms: ({ host, port, workers, logLevel, tls }) =>
      given(
        { option: 'host', value: host },
        { option: 'port', value: port },
        { option: 'workers', value: workers },
        { option: 'log-level', value: logLevel },
        { option: 'ssl-certificate', value: tls?.certificate },
        { option: 'ssl-keyfile', value: tls?.key },
        { option: 'ssl-ca', value: tls?.clientAuthority },
        { option: 'ssl-client-verify', value: tls?.clientAuthority && true },
      ),
    environment: prefixedVariables('GRANIAN_'),
    file: null,
  },
  capabilities: () => [
    'http/1.1',
    'http/2',
    'websocket',
    'tls',
    'lifespan',
    'process',
    'config/command-line',
    'lifespan/state',
    'workers',
    'client-address',
    'config/environment',
    'log-level',
    'extension/http.response.pathsend',
  ],
}
