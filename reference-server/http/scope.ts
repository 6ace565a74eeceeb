import type { HttpScope, State, WebSocketScope } from '../asgi/scope.ts'
import type { RequestHead } from '../http1/request-head.ts'

/** Addresses of a connection, asked once. */
export interface Addresses {
  readonly client: readonly [host: string, port: number] | null
  readonly server: readonly [host: string, port: number | null] | null
}

/** www.rst, "HTTP Connection Scope": every object in it belongs to this request alone. */
export function httpScope(
  head: RequestHead,
  addresses: Addresses,
  scheme: string,
  rootPath: string,
  state: State,
): HttpScope {
  const { client, server } = addresses
  return {
    type: 'http',
    asgi: { version: '3.0', spec_version: '2.5' },
    http_version: head.version,
    method: head.method,
    scheme,
    path: head.path,
    raw_path: head.rawPath,
    query_string: head.queryString,
    root_path: rootPath,
    headers: head.headers,
    client: client === null ? null : [client[0], client[1]],
    server: server === null ? null : [server[0], server[1]],
    state: { ...state },
    extensions: {},
  }
}

/** www.rst, "Websocket Connection Scope"; `scheme` is the one of the HTTP connection. */
export function webSocketScope(
  head: RequestHead,
  addresses: Addresses,
  scheme: string,
  rootPath: string,
  state: State,
  subprotocols: readonly string[],
): WebSocketScope {
  const { method: _method, ...scope } = httpScope(head, addresses, scheme, rootPath, state)
  return {
    ...scope,
    type: 'websocket',
    scheme: scheme === 'https' ? 'wss' : 'ws',
    subprotocols: [...subprotocols],
    extensions: { 'websocket.http.response': {} },
  }
}
