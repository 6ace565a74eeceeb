import type { Clause } from '../../evidence/clause.ts'
import { WWW } from './documents.ts'
import { section } from './section.ts'

const websocket = section(WWW, 'WebSocket')
const scope = section(WWW, 'Websocket Connection Scope')

/** What a WebSocket connection tells the application before any event, and who keeps it alive. */
export const WEBSOCKET_SCOPE_CLAUSES: readonly Clause[] = [
  websocket.should(
    'websocket/ping-pong/handled',
    'The server should handle PING and PONG itself, so that the application never sees them.',
  ),
  websocket.should(
    'websocket/ping-pong/keepalive',
    'The server should send PING as necessary to make sure that the connection is alive.',
    {
      untestable:
        'Leaves it to the server what is necessary; a documented interval is a clause of its own.',
    },
  ),
  websocket.should(
    'websocket/receive/fragmentation-handled',
    'The server should handle message fragmentation itself.',
  ),
  websocket.should(
    'websocket/receive/complete-messages',
    'The server should deliver complete messages to the application.',
  ),
  websocket.should(
    'websocket/scope/type-signified',
    'WebSocket is made known to the application by the scope type websocket.',
  ),
  scope.must(
    'websocket/scope/lifetime',
    'The scope of a WebSocket connection lives as long as its socket.',
  ),
  scope.should(
    'websocket/scope/app-end-closes-socket',
    'When the application dies the socket should be closed.',
    {
      reading:
        'An application that returns while its socket is open has died, like one that raises: nobody is left to serve the client.',
    },
  ),
  scope.should(
    'websocket/scope/socket-end-ends-app',
    'When the socket is closed the application should end, of which the text gives no means.',
    {
      untestable:
        'No means is named; what the application does learn is a clause on websocket.disconnect.',
    },
  ),
  scope.must(
    'websocket/scope/type',
    'The scope type of a WebSocket connection is the Unicode string websocket.',
  ),
  scope.must(
    'websocket/scope/asgi-version',
    'The asgi dict of a WebSocket scope gives the version of ASGI as a Unicode string.',
  ),
  scope.must(
    'websocket/scope/spec-version',
    'spec_version is a Unicode string; the text lists up to 2.3 here, and up to 2.5 at its head.',
  ),
  scope.must(
    'websocket/scope/http-version',
    'http_version is the Unicode string 1.1 or 2; it may be absent, which means 1.1.',
  ),
  scope.must(
    'websocket/scope/scheme',
    'scheme is the URL scheme as a Unicode string; it may be absent, which means ws.',
  ),
  scope.must(
    'websocket/scope/scheme-not-empty',
    'A scheme that is present is not the empty string.',
  ),
  scope.must(
    'websocket/scope/path',
    'path is the request target without query, percent-encoding and UTF-8 decoded into characters.',
  ),
  scope.must(
    'websocket/scope/raw-path',
    'raw_path, where it is given, is the path without query in the very bytes that were received.',
  ),
  scope.permits(
    'websocket/scope/raw-path-unavailable',
    'A server that cannot give raw_path may leave it out.',
  ),
  scope.must(
    'websocket/scope/query-string',
    'query_string is the byte string after the question mark; it may be absent, which means empty.',
  ),
  scope.must(
    'websocket/scope/root-path',
    'root_path is the Unicode mount point of the application; absent means the empty string.',
  ),
  scope.must(
    'websocket/scope/headers-bytes',
    'headers is an iterable of two-item iterables of name and value, both byte strings.',
  ),
  scope.should(
    'websocket/scope/headers-in-order',
    'The headers should keep the order they had in the request.',
  ),
  scope.must(
    'websocket/scope/headers-duplicates',
    'Headers that occur several times are all there, as they were received.',
  ),
  scope.should(
    'websocket/scope/header-names-lowercased',
    'Header names should be lowercased, which the same sentence says is not required.',
  ),
  scope.should(
    'websocket/scope/header-case-preserved',
    'Servers should keep the case of header names on a best-effort basis, beside wishing them lowercased.',
    {
      untestable: 'Best effort beside the wish for lower case: either form of a name satisfies it.',
    },
  ),
  scope.must(
    'websocket/scope/pseudo-headers-removed',
    'The pseudo headers of HTTP/2 and HTTP/3 are not among the headers.',
  ),
  scope.must(
    'websocket/scope/authority-as-host',
    'The value of :authority stands first as host, or takes the place of a host header that is there.',
  ),
  scope.must(
    'websocket/scope/client',
    'client, where it is given, is the IP address of the peer as Unicode and its port.',
  ),
  scope.must(
    'websocket/scope/server',
    'server, where it is given, is the listening host and its port as an int.',
  ),
  scope.must(
    'websocket/scope/server-unix',
    'On a unix socket server, where it is given, is the path of the socket and None.',
    { since: '2.2' },
  ),
  scope.must(
    'websocket/scope/subprotocols',
    'subprotocols holds the subprotocols that the client advertised, as Unicode; absent means none.',
  ),
  scope.must(
    'websocket/scope/state',
    'state, where it is given, is a copy of the namespace that the lifespan of this connection got.',
  ),
]
