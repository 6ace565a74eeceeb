import type { ServerDescriptor } from './descriptor.ts'
import { given } from './settings.ts'
import { atLeast } from './version.ts'

/** https://github.com/django/daphne: Django's own server, on Twisted, without lifespan and workers. */
export const daphne: ServerDescriptor = {
  name: 'daphne',
  summary: "Django's HTTP and WebSocket server, on Twisted",
  source: { kind: 'pypi', distribution: 'daphne', extras: [] },
  axes: [],
  fixedArgs: () => ['--verbosity', '0'],
  command: ({ application, version }) => [
    ...(atLeast(version, '3.0.0') ? ['-m', 'daphne'] : ['-c', ENTRY_POINT]),
    application,
  ],
  settings: {
    terms: ({ host, port, uds, fd, rootPath, tls, ...asked }) =>
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
        { option: 'unix-socket', value: uds ?? asked.alsoUds },
        { option: 'fd', value: fd },
        { option: 'root-path', value: rootPath },
        { option: 'proxy-headers', value: asked.proxyHeaders === true ? true : undefined },
        { option: 'no-server-name', value: asked.serverHeader === false ? true : undefined },
        { option: 'access-log', value: asked.accessLog === true ? '-' : undefined },
        { option: 'websocket-max-message-size', value: asked.webSocketMaxSize },
        { option: 'http-timeout', value: asked.timeoutResponse },
        { option: 'websocket_timeout', value: asked.timeoutWebSocket },
        { option: 'websocket_connect_timeout', value: asked.timeoutWebSocketOpening },
        { option: 'application-close-timeout', value: asked.timeoutApplicationClose },
        { option: 'ping-interval', value: asked.webSocketPingInterval },
        { option: 'ping-timeout', value: asked.webSocketPingTimeout },
      ),
    environment: null,
    file: null,
  },
  // CHANGELOG.txt, 2.3.0: "Added support for ASGI v3."
  wrapper: (_, version) =>
    atLeast(version, '2.3.0') ? null : { callable: 'assay_two_calls:two_calls', keywords: {} },
  capabilities: (version) => [
    ...(atLeast(version, '4.2.2') ? (['websocket/max-size'] as const) : []),
    // --no-server-name
    ...(atLeast(version, '4.0.0') ? (['server-header'] as const) : []),
    ...(atLeast(version, '2.0.3') ? (['timeout/application-close'] as const) : []),
    'http/1.1',
    'process',
    'config/command-line',
    'websocket',
    'tls',
    'uds',
    'fd',
    'fd/standard-input',
    'client-address',
    'proxy-headers',
    'root-path',
    'uds/beside-port',
    'timeout/response',
    'timeout/websocket',
    'timeout/websocket-opening',
    'websocket/ping-interval',
    'websocket/ping-timeout',
    'log/access',
  ],
}

/** Before 3.0 `python -m daphne` was not to be had. */
const ENTRY_POINT = 'from daphne.cli import CommandLineInterface; CommandLineInterface.entrypoint()'
