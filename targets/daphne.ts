import { option, type ServerDescriptor } from './descriptor.ts'

/** https://github.com/django/daphne: Django's own server, on Twisted, without lifespan and workers. */
export const daphne: ServerDescriptor = {
  name: 'daphne',
  summary: "Django's HTTP and WebSocket server, on Twisted",
  source: { kind: 'pypi', distribution: 'daphne', extras: [] },
  axes: [],
  fixedArgs: () => ['--verbosity', '0'],
  command: ({ application, host, port }) => [
    '-m',
    'daphne',
    ...option('--bind', host),
    ...option('--port', port),
    application,
  ],
  capabilities: () => [
    'http/1.1',
    'websocket',
    'tls',
    'uds',
    'fd',
    'client-address',
    'proxy-headers',
    'root-path',
  ],
}
