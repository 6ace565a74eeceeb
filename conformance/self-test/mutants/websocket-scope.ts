import type { Dict } from '../sabotage/application.ts'
import { bytesOf, headersOf, scopes, textOf, withHeaders } from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

/** WebSocket scopes of the wrong shape (www.rst, "Websocket Connection Scope"). */
export const webSocketScopeMutants: readonly Mutant[] = [
  {
    id: 'websocket-scope/scheme-http',
    property: 'websocket/scope/type',
    clause: 'websocket/scope/scheme',
    breaks: 'a WebSocket on a plain connection is announced as http',
    sabotage: webSockets((scope) => ({ ...scope, scheme: 'http' })),
  },
  {
    id: 'websocket-scope/spec-version-number',
    property: 'websocket/scope/type',
    clause: 'websocket/scope/spec-version',
    breaks: 'spec_version of a WebSocket scope is a number',
    sabotage: webSockets((scope) => ({ ...scope, asgi: { version: '3.0', spec_version: 2.5 } })),
  },
  {
    id: 'websocket-scope/announced-as-http',
    property: 'websocket/scope/type',
    clause: 'websocket/scope/type',
    breaks: 'a WebSocket handshake is announced as an HTTP request',
    sabotage: webSockets((scope) => ({ ...scope, type: 'http' })),
  },
  {
    id: 'websocket-scope/client-host-any',
    property: 'websocket/scope/client',
    clause: 'websocket/scope/client',
    breaks: "the client's host is 0.0.0.0 on every WebSocket scope",
    sabotage: webSockets((scope) => ({ ...scope, client: ['0.0.0.0', portOf(scope)] })),
  },
  {
    id: 'websocket-scope/server-is-client',
    property: 'websocket/scope/client',
    clause: 'websocket/scope/server',
    breaks: "server of a WebSocket scope holds the client's address",
    sabotage: webSockets((scope) => ({ ...scope, server: scope['client'] })),
  },
  {
    id: 'websocket-scope/path-not-decoded',
    property: 'websocket/scope/path',
    clause: 'websocket/scope/path',
    breaks: 'path of a WebSocket scope keeps its percent-encoding',
    sabotage: webSockets((scope) => ({ ...scope, path: textOf(scope['raw_path']) })),
  },
  {
    id: 'websocket-scope/query-string-lost',
    property: 'websocket/scope/path',
    clause: 'websocket/scope/query-string',
    breaks: 'query_string of a WebSocket scope is empty',
    sabotage: webSockets((scope) => ({ ...scope, query_string: bytesOf('') })),
  },
  {
    id: 'websocket-scope/raw-path-with-query',
    property: 'websocket/scope/path',
    clause: 'websocket/scope/raw-path',
    breaks: 'raw_path of a WebSocket scope includes the query',
    sabotage: webSockets((scope) => ({
      ...scope,
      raw_path: bytesOf(`${textOf(scope['raw_path'])}?${textOf(scope['query_string'])}`),
    })),
  },
  {
    id: 'websocket-scope/headers-reversed',
    property: 'websocket/scope/headers-in-order',
    clause: 'websocket/scope/headers-in-order',
    breaks: 'headers of a handshake come in the reverse of their order',
    sabotage: webSockets((scope) => withHeaders(scope, headersOf(scope).toReversed())),
  },
  {
    id: 'websocket-scope/header-duplicates-lost',
    property: 'websocket/scope/headers-in-order',
    clause: 'websocket/scope/headers-duplicates',
    breaks: 'of several headers of a handshake with one name only the last is kept',
    sabotage: webSockets((scope) => withHeaders(scope, [...new Map(headersOf(scope))])),
  },
  {
    id: 'websocket-scope/value-split',
    property: 'websocket/scope/header-values-whole',
    clause: 'wire/rfc9110/obs-text-opaque',
    breaks: 'NEL in a header value of a handshake ends the line',
    sabotage: webSockets((scope) =>
      withHeaders(
        scope,
        headersOf(scope).flatMap(([name, value]) => {
          const [own = '', ...lines] = value.split('\x85')
          return [
            [name, own] as const,
            ...lines.map((line) => [line.split(':')[0] ?? '', ''] as const),
          ]
        }),
      ),
    ),
  },
  {
    id: 'websocket-scope/root-path-dropped',
    property: 'websocket/scope/root-path',
    clause: 'websocket/scope/root-path',
    breaks: 'root_path of a WebSocket scope is empty wherever the application is mounted',
    sabotage: webSockets((scope) => ({ ...scope, root_path: '' })),
  },
  {
    id: 'websocket-scope/subprotocols-reversed',
    property: 'websocket/scope/subprotocols',
    clause: 'websocket/scope/subprotocols',
    breaks: "subprotocols come in the reverse of the client's preference",
    sabotage: webSockets((scope) => {
      const names = scope['subprotocols']
      return { ...scope, subprotocols: Array.isArray(names) ? names.toReversed() : [] }
    }),
  },
]

function webSockets(edit: (scope: Dict) => Dict): Mutant['sabotage'] {
  return scopes(edit, 'websocket')
}

function portOf(scope: Dict): unknown {
  const client = scope['client']
  return Array.isArray(client) ? client[1] : null
}
