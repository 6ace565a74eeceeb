import type { Clause } from '../../evidence/clause.ts'
import { WWW } from './documents.ts'
import { section } from './section.ts'

const http = section(WWW, 'HTTP')
const scope = section(WWW, 'HTTP Connection Scope')
const encoding = section(WWW, 'WSGI encoding differences')
const versions = section(WWW, 'Spec Versions')
const wsgi = section(WWW, 'WSGI Compatibility')

/** What an HTTP connection tells the application before any event. */
export const HTTP_SCOPE_CLAUSES: readonly Clause[] = [
  versions.must(
    'http/spec-version/understood',
    'The announced spec_version tells what the server understands.',
    { untestable: 'A summary: each feature that a version brought is a clause of its own.' },
  ),
  http.should(
    'http/scope/different-per-stream',
    'Requests on the same HTTP/2 connection get scopes of their own.',
  ),
  http.should(
    'http/send/multiplexed-to-its-stream',
    'Responses on an HTTP/2 connection go back on the stream that their request came on.',
  ),
  http.must(
    'http/scope/headers-as-provided',
    'Headers travel as a list of name and value pairs, kept exactly as they were provided.',
  ),
  http.may(
    'http/scope/cookie-http2-split',
    'In HTTP/2 the Cookie header may appear several times or joined by a semicolon and a space.',
  ),
  http.may('http/send/set-cookie-repeated', 'Set-Cookie may appear several times in a response.'),
  http.must(
    'http/send/set-cookie-separate',
    'Repeated Set-Cookie headers stay separate fields and are never joined into one.',
  ),
  http.must(
    'http/scope/cookie-http1-once',
    'In HTTP/1 a user agent sends Cookie once, its pairs joined by a semicolon and a space.',
    { untestable: 'A duty of the client, which the text recalls from RFC 6265.' },
  ),
  http.should(
    'http/app/cookie-care',
    'Applications that support HTTP/2 take care of repeated Cookie headers.',
    { untestable: 'A duty of the application.' },
  ),
  http.should(
    'http/scope/type-signified',
    'HTTP is made known to the application by the scope type http.',
  ),
  scope.must('http/scope/type', 'The scope type of an HTTP request is the Unicode string http.'),
  scope.must(
    'http/scope/one-per-request',
    'Each request has one scope and one call, even where the socket goes on to serve other requests.',
  ),
  scope.must(
    'http/scope/persists-until-closed',
    'The scope of a response that is held open lasts until client or server closes the response.',
  ),
  scope.must(
    'http/scope/asgi-version',
    'The asgi dict of an HTTP scope gives the version of ASGI as a Unicode string.',
  ),
  scope.must(
    'http/scope/spec-version',
    'spec_version is a Unicode string such as 2.3, or absent, which means 2.0.',
  ),
  scope.must(
    'http/scope/http-version',
    'http_version is the Unicode string 1.0, 1.1 or 2 of the request.',
  ),
  scope.must('http/scope/method', 'method is the name of the HTTP method as Unicode, uppercased.', {
    reading:
      'It is uppercased for every method, though by RFC 9110 §9.1 the name on the wire is case-sensitive.',
  }),
  scope.must(
    'http/scope/scheme',
    'scheme is the URL scheme as a Unicode string; it may be absent, which means http.',
  ),
  scope.must('http/scope/scheme-not-empty', 'A scheme that is present is not the empty string.'),
  scope.must(
    'http/scope/path',
    'path is the request target without query, percent-encoding and UTF-8 decoded into characters.',
  ),
  scope.must(
    'http/scope/raw-path',
    'raw_path, where it is given, is the path without query in the very bytes that were received.',
  ),
  scope.permits(
    'http/scope/raw-path-unavailable',
    'A server that cannot give raw_path may leave it out.',
  ),
  scope.must(
    'http/scope/query-string',
    'query_string is the byte string after the question mark, still percent-encoded.',
  ),
  scope.must(
    'http/scope/root-path',
    'root_path is the Unicode mount point of the application; absent means the empty string.',
  ),
  scope.must(
    'http/scope/headers-bytes',
    'headers is an iterable of two-item iterables of name and value, both byte strings.',
  ),
  scope.must(
    'http/scope/headers-values-in-order',
    'The values of a header keep the order they had in the request; the order of names is free.',
  ),
  scope.must(
    'http/scope/headers-duplicates',
    'Headers that occur several times are all there, as they were received.',
  ),
  scope.should(
    'http/scope/header-names-lowercased',
    'Header names should be lowercased, which the same sentence says is not required.',
    {
      untestable: 'The sentence takes back what it asks, so nothing a server does contradicts it.',
    },
  ),
  scope.should(
    'http/scope/header-case-preserved',
    'Servers should keep the case of header names on a best-effort basis, beside wishing them lowercased.',
    {
      untestable: 'Best effort beside the wish for lower case: either form of a name satisfies it.',
    },
  ),
  scope.must(
    'http/scope/pseudo-headers-removed',
    'The pseudo headers of HTTP/2 and HTTP/3 are not among the headers.',
  ),
  scope.must(
    'http/scope/authority-as-host',
    'The value of :authority stands first as host, or takes the place of a host header that is there.',
  ),
  scope.must(
    'http/scope/client',
    'client, where it is given, is the IP address of the peer as Unicode and its port as an int.',
  ),
  scope.must(
    'http/scope/server',
    'server, where it is given, is the listening host and its port as an int.',
  ),
  scope.must(
    'http/scope/server-unix',
    'On a unix socket server, where it is given, is the path of the socket and None.',
    { since: '2.2' },
  ),
  scope.must(
    'http/scope/state',
    'state, where it is given, is a copy of the namespace that the lifespan of this request got.',
  ),
  encoding.must(
    'http/scope/header-values-exact',
    'Header values are the exact bytes that the client sent, beyond ASCII too.',
  ),
  encoding.should(
    'http/app/decodes-headers',
    'Frameworks and applications decode headers as they deem appropriate.',
    { untestable: 'A duty of the application.' },
  ),
  wsgi.must(
    'http/wsgi/path-info',
    'PATH_INFO can be derived by stripping root_path from path, which is the request target all the same.',
    {
      untestable:
        'Two sentences on path, of which each is kept by servers that do not keep the other: their documentation decides.',
    },
  ),
  wsgi.must('http/wsgi/threadpool', 'WSGI applications are run in a pool of threads.', {
    untestable: 'A duty of the adapter between the two interfaces, not of an ASGI server.',
  }),
]
