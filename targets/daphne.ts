import type { ServerDescriptor } from './descriptor.ts'
import { given } from './settings.ts'

/** https://github.com/django/daphne: Django's own server, on Twisted, without lifespan and workers. */
export const daphne: ServerDescriptor = {
  name: 'daphne',
  summary: "Django's HTTP and WebSocket server, on Twisted",
  source: { kind: 'pypi', distribution: 'daphne', extras: [] },
  axes: [],
  fixedArgs: () => ['--verbosity', '0'],
  command: ({ application }) => ['-m', 'daphne', application],
  settings: {
    terms: ({ host, port, uds, rootPath, tls }) =>
      given(
        ...(tls === undefined
          ? [
              { option: 'bind', value: host },
              { option: 'port', value: port },
            ]
          : [
              {
                option: 'endpoint',
                value: `ssl:${port}:interface=${host}:privateKey=${tls.key}:certKey=${tls.certificate}`,
              },
            ]),
        { option: 'unix-socket', value: uds },
        { option: 'root-path', value: rootPath },
      ),
    environment: null,
    file: null,
  },
  capabilities: () => [
    'http/1.1',
    'process',
    'config/command-line',
    'websocket',
    'tls',
    'uds',
    'fd',
    'client-address',
    'proxy-headers',
    'root-path',
  ],
}
