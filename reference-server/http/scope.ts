import type { Headers } from '../asgi/messages.ts'
import type { AsgiVersions, HttpScope, WebSocketScope } from '../asgi/scope.ts'
import type { ServerContext } from '../server/context.ts'

/** What is the same for every request of a connection; asked of the socket once. */
export interface Origin {
  readonly client: readonly [host: string, port: number] | null
  readonly server: readonly [host: string, port: number | null] | null
  readonly scheme: 'http' | 'https'
  /** Extensions of the connection, which is `tls`: each call returns one that belongs to its caller alone. */
  readonly extensions: () => Extensions
}

type Extensions = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** The part of a request that a scope shows, whatever the version of HTTP. */
export interface ScopeRequest {
  readonly method: string
  readonly version: '1.0' | '1.1' | '2'
  readonly path: string
  readonly rawPath: Uint8Array
  readonly queryString: Uint8Array
  readonly headers: Headers
  /** The client takes trailers (RFC 9110 §10.1.4). */
  readonly acceptsTrailers: boolean
}

/** www.rst, "HTTP Connection Scope": every object in it belongs to this request alone. */
export function httpScope(
  context: ServerContext,
  origin: Origin,
  request: ScopeRequest,
  more: Extensions = NONE,
): HttpScope {
  const { client, scheme } = seen(context, origin, request.headers)
  const { server } = origin
  return {
    type: 'http',
    asgi: versions(),
    http_version: request.version,
    method: request.method,
    scheme,
    path: mounted(request.path, context.rootPath),
    raw_path: request.rawPath,
    query_string: request.queryString,
    root_path: context.rootPath,
    headers: request.headers,
    client: client === null ? null : [client[0], client[1]],
    server: server === null ? null : [server[0], server[1]],
    state: { ...context.state },
    extensions: responseExtensions(origin, request, more),
  }
}

/** www.rst, "Websocket Connection Scope". */
export function webSocketScope(
  context: ServerContext,
  origin: Origin,
  request: ScopeRequest,
  subprotocols: readonly string[],
): WebSocketScope {
  const { method: _method, ...scope } = httpScope(context, origin, request)
  return {
    ...scope,
    type: 'websocket',
    scheme: scope.scheme === 'https' ? 'wss' : 'ws',
    subprotocols: [...subprotocols],
    extensions: { ...origin.extensions(), 'websocket.http.response': {} },
  }
}

/**
 * www.rst, "WSGI Compatibility": what is left of path without root_path is PATH_INFO. A proxy may have
 * taken the mount point off the target, or have left it there.
 */
function mounted(path: string, root: string): string {
  if (root === '' || path === '*' || path === root || path.startsWith(`${root}/`)) return path
  return `${root}${path}`
}

/** No extension beyond those of every response. */
export const NONE: Extensions = {}

function versions(): AsgiVersions {
  return { version: '3.0', spec_version: '2.5' }
}

/** The value of an extension that has nothing to say but that it is there. */
const OFFERED: Readonly<Record<string, never>> = Object.freeze({})

/** docs/extensions.rst: what the server can do in answer to this request. */
function responseExtensions(origin: Origin, request: ScopeRequest, more: Extensions): Extensions {
  // RFC 9110 §15.2: a client of HTTP/1.0 knows no interim responses.
  const extensions: Record<string, Readonly<Record<string, unknown>>> = request.version === '1.0'
    ? { 'http.response.pathsend': OFFERED, 'http.response.zerocopysend': OFFERED }
    : {
        'http.response.pathsend': OFFERED,
        'http.response.zerocopysend': OFFERED,
        'http.response.early_hint': OFFERED,
      }
  if (request.acceptsTrailers) extensions['http.response.trailers'] = OFFERED
  const ofConnection = origin.extensions()
  if (ofConnection !== NONE) Object.assign(extensions, ofConnection)
  if (more !== NONE) Object.assign(extensions, more)
  return extensions
}

/** The client as the connection shows it, or as a trusted proxy tells. */
export function clientOf(
  context: ServerContext,
  origin: Origin,
  headers: Headers,
): Origin['client'] {
  return seen(context, origin, headers).client
}

/** The client and scheme as the connection shows them, or as a trusted proxy tells. */
function seen(
  context: ServerContext,
  origin: Origin,
  headers: Headers,
): { readonly client: Origin['client']; readonly scheme: string } {
  const told = context.proxies?.read(origin.client?.[0] ?? null, headers) ?? null
  if (told === null) return origin
  return { client: told.client ?? origin.client, scheme: told.scheme ?? origin.scheme }
}
