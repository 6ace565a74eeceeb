import type { Clause } from '../../evidence/clause.ts'
import { OWN_DOCUMENTATION } from './documents.ts'
import { section } from './section.ts'

const sources = section(OWN_DOCUMENTATION, 'Sources of settings')
const address = section(OWN_DOCUMENTATION, 'Addresses')
const tls = section(OWN_DOCUMENTATION, 'TLS')
const proxy = section(OWN_DOCUMENTATION, 'Proxies and mounting')
const headers = section(OWN_DOCUMENTATION, 'Response headers')
const limits = section(OWN_DOCUMENTATION, 'Limits')
const timeouts = section(OWN_DOCUMENTATION, 'Timeouts')
const websocket = section(OWN_DOCUMENTATION, 'WebSocket settings')
const application = section(OWN_DOCUMENTATION, 'Application')
const choices = section(OWN_DOCUMENTATION, 'Where the specification leaves a choice')
const files = section(OWN_DOCUMENTATION, 'Files')
const logs = section(OWN_DOCUMENTATION, 'Logs')

/** Settings do what the documentation of the server says they do. */
export const CONFIG_CLAUSES: readonly Clause[] = [
  sources.must(
    'config/command-line',
    'A setting given on the command line takes effect as documented.',
  ),
  sources.must(
    'config/environment',
    'A setting given in the environment has the effect that the command line would have.',
  ),
  sources.must(
    'config/file',
    'A setting given in the configuration file has the effect that the command line would have.',
  ),
  sources.must(
    'config/precedence',
    'Of several sources of one setting that one counts which the documentation ranks highest.',
  ),
  sources.must(
    'config/shown',
    'A server that is asked for its settings tells those that hold and ends with exit code 0 instead of serving.',
  ),
  sources.must(
    'config/unknown-option-refused',
    'An unknown option ends the start with a message and an exit code other than 0.',
  ),
  sources.must(
    'config/invalid-value-refused',
    'A value outside the documented domain ends the start with a message and an exit code other than 0.',
  ),
  address.must('config/host', 'The server listens on the host it was given, and on no other.'),
  address.must(
    'config/host-name',
    'The server listens on an address of the host name it was given.',
  ),
  address.must('config/host-ipv6', 'The server listens on an IPv6 address it was given.'),
  address.must('config/port', 'The server listens on the port it was given.'),
  address.must(
    'config/port-zero',
    'With port 0 the server listens on a free port and tells which.',
  ),
  address.must(
    'config/port-zero-workers',
    'With port 0 and several workers the server tells the free port on which they listen.',
  ),
  address.must('config/uds', 'The server listens on the unix socket whose path it was given.'),
  address.should(
    'config/uds-spares-files',
    'What stands at the path of a unix socket and is none is left alone.',
  ),
  address.must('config/fd', 'The server listens on the file descriptor that it inherits.'),
  address.should(
    'config/fd-addresses',
    'Of connections to an inherited socket scopes tell what they tell of others: the address of the client.',
  ),
  address.must(
    'config/fd-standard-input',
    'Descriptor 0 is a file descriptor that the server listens on like any other.',
  ),
  address.must(
    'config/uds-permissions',
    'The file of the unix socket has the permissions that were set.',
  ),
  address.must(
    'config/several-addresses',
    'Of several addresses that it was given the server listens on each.',
  ),
  address.must(
    'config/server-names',
    'Where hosts are named that are served, a request for another one gets the documented error.',
  ),
  address.must('config/backlog', 'The backlog is handed to the listening socket.', {
    untestable:
      'The kernel rounds and caps the backlog, so that its effect is no proof either way.',
  }),
  address.must('config/workers', 'As many worker processes serve requests as were asked for.'),
  tls.must('config/tls-certificate', 'The server presents the certificate it was given.'),
  tls.must('config/tls-key-password', 'An encrypted key is opened with the password it was given.'),
  tls.must(
    'config/tls-client-certificate-required',
    'Where client certificates are required, a client without one gets no response.',
  ),
  tls.must(
    'config/tls-client-certificate-trusted',
    'A client certificate that the given authority did not sign is refused.',
  ),
  tls.must(
    'config/tls-minimum-version',
    'A client that offers only TLS versions below the minimum is refused.',
  ),
  tls.must(
    'config/tls-only',
    'An address that was set to TLS serves no request that arrives without it.',
  ),
  tls.must('config/tls-ciphers', 'Only the ciphers that were given are negotiated.'),
  tls.must('config/tls-alpn', 'ALPN chooses among the protocols that the server is set to serve.'),
  tls.must(
    'config/http2-off',
    'With HTTP/2 off nobody is spoken to in it, whether over TLS or in the clear.',
  ),
  files.must(
    'config/pid-file',
    'The file that was named holds the number of the process that takes the signals.',
  ),
  proxy.must(
    'config/proxy-headers',
    'With proxy headers on, forwarded address and scheme from a trusted peer reach the scope.',
  ),
  proxy.must(
    'config/proxy-headers-chain',
    'Of several forwarded addresses the last counts that is not one of a trusted proxy.',
  ),
  proxy.must(
    'config/proxy-headers-repeated',
    'Forwarded addresses on several field lines are one list.',
  ),
  proxy.must(
    'config/proxy-headers-all-trusted',
    'Where all forwarded addresses are of trusted proxies, the client is the first: an address (www.rst, "client").',
  ),
  proxy.must(
    'config/proxy-headers-empty',
    'An empty forwarding field leaves the client as it is: an address (www.rst, "client").',
  ),
  proxy.must(
    'config/proxy-headers-opaque',
    'A forwarding field with bytes above ASCII does not make the request fail.',
  ),
  proxy.must(
    'config/proxy-headers-websocket',
    'A WebSocket connection that was forwarded with the scheme https has wss in its scope.',
  ),
  proxy.must(
    'config/proxy-headers-wss',
    'A WebSocket connection that was forwarded with the scheme wss has wss in its scope.',
  ),
  proxy.must(
    'config/proxy-headers-off',
    'With proxy headers off, forwarding fields change neither client nor scheme.',
  ),
  proxy.must(
    'config/proxy-trusted-networks',
    'Forwarding fields from a peer outside the trusted addresses are ignored.',
  ),
  proxy.must('config/root-path', 'The root path that was given is root_path in every scope.'),
  proxy.must(
    'config/root-path-beyond-ascii',
    'A root path with characters beyond ASCII is root_path as it was given: a Unicode string (www.rst).',
  ),
  proxy.must(
    'config/root-path-in-path',
    'Where it is documented that path contains the root path, the path of every request begins with it.',
  ),
  proxy.must(
    'config/root-path-in-path-websocket',
    'Where it is documented that path contains the root path, the path of every handshake begins with it.',
  ),
  headers.must('config/server-header', 'The Server field is sent or left out as set.'),
  headers.must('config/date-header', 'The Date field is sent or left out as set.'),
  headers.must(
    'config/default-headers',
    'Each response carries the headers that were set by default.',
  ),
  headers.must(
    'config/default-headers-handshake',
    'The response that completes a WebSocket handshake carries the default headers like any other.',
  ),
  limits.must(
    'config/limit-concurrency',
    'Beyond the limit of concurrent connections or tasks, requests get the documented error.',
  ),
  limits.must(
    'config/limit-max-requests',
    'A worker ends after the number of requests it was given, and loses none of them.',
  ),
  limits.must(
    'config/limit-max-requests-jitter',
    'A worker ends after its number of requests and at most as many more as the jitter allows, never before.',
  ),
  limits.must(
    'config/limit-header-size',
    'A header section beyond the limit gets the documented error, one within it passes.',
  ),
  limits.must(
    'config/limit-field-size',
    'A header field beyond the limit gets the documented error, one within it passes.',
  ),
  limits.must(
    'config/limit-keep-alive-requests',
    'A connection is closed behind the number of requests that it was given.',
  ),
  limits.must(
    'config/http2-limits',
    'The limits of HTTP/2 that were set are announced as its SETTINGS.',
  ),
  limits.must(
    'config/limit-header-count',
    'More header fields than the limit get the documented error, as many as it pass.',
  ),
  limits.must(
    'config/limit-request-line',
    'A request line beyond the limit gets the documented error, one within it passes.',
  ),
  limits.must(
    'config/limit-body-size',
    'A request body beyond the limit gets the documented error, one within it passes.',
  ),
  timeouts.must(
    'config/timeout-keep-alive',
    'An idle connection is closed after the keep-alive time-out and not before.',
  ),
  timeouts.must(
    'config/timeout-keep-alive-upgraded',
    'The keep-alive time-out closes no connection that has gone over to WebSocket.',
    {
      reading:
        'The manuals give the time for connections between two requests. A WebSocket is not between requests.',
    },
  ),
  timeouts.must(
    'config/keep-alive-off',
    'With keep-alive off a connection is closed behind its first response.',
  ),
  timeouts.must(
    'config/timeout-read',
    'A client of which nothing is read for the given time is dropped, and not before.',
  ),
  timeouts.must(
    'config/timeout-response',
    'A request that its application does not answer in time gets the documented error, and not before.',
  ),
  timeouts.must(
    'config/timeout-websocket',
    'A WebSocket connection is closed when it has lasted for the given time.',
  ),
  timeouts.must(
    'config/timeout-websocket-opening',
    'A handshake that is not answered in the given time is refused.',
  ),
  timeouts.must(
    'config/timeout-application-close',
    'An application that goes on for the given time after its client has left is ended.',
  ),
  timeouts.must(
    'config/timeout-lifespan-startup',
    'A start-up that is not completed in the given time ends the start of the server.',
  ),
  timeouts.must(
    'config/timeout-header-read',
    'A client that does not finish its header section in time is dropped.',
  ),
  timeouts.must(
    'config/timeout-body-read',
    'A client whose awaited content stops for the time-out is dropped, and one whose content goes on is not.',
  ),
  timeouts.must(
    'config/timeout-write-stall',
    'A client that does not take its response in time is dropped.',
  ),
  timeouts.must(
    'config/timeout-graceful-shutdown',
    'A shutdown waits for requests in flight as long as set and no longer.',
  ),
  websocket.must('config/websocket-off', 'With WebSocket off no handshake is completed.'),
  websocket.must(
    'config/websocket-max-size',
    'A message beyond the limit closes the connection, one within it arrives.',
  ),
  websocket.must(
    'config/websocket-max-fragments',
    'A message of more fragments than the limit closes the connection, one of as many arrives.',
  ),
  websocket.must(
    'config/websocket-max-queue',
    'No more incoming messages are held for an application that does not receive than was set.',
  ),
  websocket.must(
    'config/websocket-ping-interval',
    'The server pings an idle connection at the interval it was given.',
  ),
  websocket.must(
    'config/websocket-ping-timeout',
    'A client that leaves a Ping unanswered for the given time is disconnected.',
  ),
  websocket.must(
    'config/websocket-deflate',
    'permessage-deflate is accepted when it is on and declined when it is off.',
  ),
  application.must(
    'config/application-reference',
    'The application is found by the documented form of its name.',
  ),
  application.must(
    'config/application-factory',
    'In factory mode the named callable is called once and what it returns is served.',
  ),
  application.must(
    'config/application-directory',
    'The application is looked for in the directory that was given.',
  ),
  application.must(
    'config/lifespan-on',
    'With lifespan on, an application that fails its start-up keeps the server from starting.',
  ),
  application.must(
    'config/lifespan-off',
    'With lifespan off the application gets no lifespan scope.',
  ),
  application.must(
    'config/lifespan-auto',
    'With lifespan auto an application without lifespan support is served without it.',
  ),
  application.must(
    'config/reload',
    'With reload on, a changed source file replaces the running application.',
  ),
  application.must(
    'config/reload-directory',
    'With a directory to watch, changes below it count for reload and no others do.',
  ),
  application.must(
    'config/reload-exclude',
    'Files that match a pattern to exclude do not count for reload.',
  ),
  application.must(
    'config/reload-include',
    'Files that match a pattern to include count for reload like source files.',
  ),
  logs.must(
    'config/log-level',
    'No entry below the level that was set is written, and those from it on are.',
  ),
  logs.must('config/log-format', 'Entries have the format that was set.'),
  logs.must(
    'config/access-log',
    'The access log has one entry for each response, of its time where it tells one; none when off.',
  ),
  logs.should(
    'config/access-log-one-line',
    'An entry of the access log is one line, whatever the request has in it.',
  ),
  logs.must(
    'config/log-config',
    'With a logging configuration file, entries of the server go where it says.',
  ),
  logs.must('config/log-file', 'Entries go to the file or stream that was set.'),
  logs.must(
    'config/metrics',
    'Metrics in the text format of Prometheus count every response of every worker by its status, and what is in progress.',
  ),
  choices.must(
    'config/default-headers-everywhere',
    'Responses of the server itself carry the default headers too, and those that have such a field keep their own.',
  ),
  choices.must(
    'config/proxy-networks',
    'A network of trusted proxies is one of every address in it, and of no other.',
  ),
  choices.must(
    'config/half-close',
    'A client that has ended its side gets its response, unless the application asks and is told of a disconnect.',
  ),
  choices.must(
    'config/cut-short-visibly',
    'A response whose application ends in its middle looks incomplete to the client, whatever frames it.',
  ),
  choices.must(
    'config/application-error-status',
    'An application that ends before a byte of its answer has left is answered for with 500.',
  ),
  choices.must(
    'config/websocket-end-codes',
    'A WebSocket is closed with 1000 when the application returns, 1011 when it raises, 1012 when the server stops.',
  ),
  choices.must(
    'config/refused-event-harmless',
    'An event that send() refuses changes nothing, and the application can go on.',
  ),
  choices.must(
    'config/disconnect-behind-pipeline',
    'An application that waits is told of a client that left behind up to 1 MiB of further requests.',
  ),
  choices.must(
    'config/file-in-turn',
    'What an application sends while a file is being sent comes behind it.',
  ),
  choices.must(
    'config/late-messages-ignored',
    'Whatever an application sends after its response is complete is ignored: send() returns.',
  ),
  choices.must(
    'config/absolute-form-host',
    'The authority of a target in absolute form takes the place of the Host field.',
  ),
  choices.must(
    'config/unread-content-waits',
    'Of content that its application does not ask for, no more is read than a fixed amount: the client waits.',
  ),
  choices.must(
    'config/contexts-apart',
    'Calls of the application begin in a context in which no other call has been.',
  ),
  choices.must(
    'config/refusals',
    'What the manual lists as refused is answered with the status that it gives, and the connection ends.',
  ),
  choices.must(
    'config/trailers-not-offered',
    'Trailers that an application announces where none are offered are taken, and not sent.',
  ),
  logs.must(
    'config/metrics-media-type',
    'Metrics in the text format of Prometheus are served as text/plain, which its description asks for.',
  ),
]
