import type { Clause } from '../../evidence/clause.ts'
import { WWW } from './documents.ts'
import { section } from './section.ts'

const scope = section(WWW, 'HTTP Connection Scope')
const request = section(WWW, 'Request - receive event')
const start = section(WWW, 'Response Start - send event')
const body = section(WWW, 'Response Body - send event')
const departed = section(WWW, 'HTTP: Disconnected Client - send exception')
const disconnect = section(WWW, 'HTTP: Disconnect - receive event')
const encoding = section(WWW, 'WSGI encoding differences')

const APPLICATION_DUTY = 'A duty of the application, not of the server.'

/** What the application receives during an HTTP request. */
const RECEIVE_CLAUSES: readonly Clause[] = [
  scope.should(
    'http/receive/dechunked',
    'A chunked request body should reach the application as plain bytes, decoded by the server.',
  ),
  request.should(
    'http/receive/chunked-handled',
    'The server handles Transfer-Encoding: chunked itself: it is responsible for that coding.',
    { reading: 'What of the coding the application is given is said with should.' },
  ),
  request.should(
    'http/receive/chunk-contents-only',
    'Request events of a chunked body should contain just the decoded contents of its chunks.',
  ),
  request.should(
    'http/app/not-triggered-by-connection',
    'Request code should be triggered by the request event, not by the opening of a connection.',
    { untestable: APPLICATION_DUTY },
  ),
  request.must(
    'http/receive/request-event',
    'The incoming request is announced by at least one event of type http.request.',
  ),
  request.must(
    'http/receive/body-bytes',
    'body is a byte string of request content; absent means empty.',
  ),
  request.must(
    'http/receive/body-concatenation',
    'The bodies of all request events, joined in order, are the content of the request.',
  ),
  request.must(
    'http/receive/more-body',
    'more_body is a bool, true while content is to come and false (or absent) on the last event.',
  ),
  request.should(
    'http/app/waits-for-body',
    'An application that consumes the body waits for the event whose more_body is false.',
    { untestable: APPLICATION_DUTY },
  ),
  request.should(
    'http/app/processes-complete-request',
    'An application processes the request when more_body is false, for then it is complete.',
    { untestable: APPLICATION_DUTY },
  ),
  disconnect.must(
    'http/receive/disconnect-event',
    'The end of an HTTP connection is an event of type http.disconnect.',
  ),
  disconnect.must(
    'http/receive/disconnect-after-response',
    'A receive after the response has been sent yields http.disconnect.',
  ),
  disconnect.must(
    'http/receive/disconnect-after-client-left',
    'A receive after the HTTP connection has been closed yields http.disconnect.',
  ),
  disconnect.must(
    'http/receive/disconnect-each-time',
    'Every receive after the connection has been closed yields http.disconnect, not the first alone.',
    {
      since: '2.3',
      reading:
        'The sentence is about receive being called, and tells no first call from a later one; it has stood so since 2022, when the document was at 2.3.',
    },
  ),
  disconnect.must(
    'http/receive/disconnect-after-stream-lost',
    'Over HTTP/2 a receive after the stream was reset, or its connection closed, yields http.disconnect.',
  ),
  disconnect.must(
    'http/receive/no-early-disconnect',
    'http.disconnect comes only after the response has been sent or the connection closed.',
    { reading: 'An event that tells of an end would be untrue before it.' },
  ),
  disconnect.should(
    'http/app/expects-send-to-raise',
    'An application that received http.disconnect expects further sends to raise.',
    { since: '2.4', untestable: APPLICATION_DUTY },
  ),
  disconnect.permits(
    'http/send/raises-before-disconnect',
    'In concurrent code send may raise slightly before the application receives http.disconnect.',
    { since: '2.4' },
  ),
]

/** What the application sends to answer an HTTP request. */
const SEND_CLAUSES: readonly Clause[] = [
  scope.must(
    'http/send/chunking-handled',
    'The server applies chunked transfer coding to responses itself where one is used.',
  ),
  start.must(
    'http/send/start-followed-by-body',
    'The application follows its response start with at least one response content message.',
    { untestable: APPLICATION_DUTY },
  ),
  start.permits(
    'http/send/start-held-back',
    'A server need not flush the response start before it processes the first response body.',
  ),
  start.may(
    'http/send/transfer-encoding-accepted',
    'The application may send a Transfer-Encoding header, which is therefore no error.',
  ),
  start.must(
    'http/send/transfer-encoding-ignored',
    'A Transfer-Encoding header of the application is ignored: the server handles that coding.',
  ),
  start.may(
    'http/send/chunked-without-content-length',
    'The server may use chunked coding for a response whose application sets no Content-Length.',
  ),
  start.must(
    'http/send/content-encoding-kept',
    'Content-Encoding stays under the control of the application.',
  ),
  start.must('http/send/start-status', 'status is an int: the status code of the response.'),
  start.must(
    'http/send/start-optional-headers',
    'headers of the response start is optional; absent means an empty list.',
  ),
  start.must(
    'http/send/headers-iterable',
    'headers is an iterable of two-item iterables, of those that events may hold: lists, and tuples for them.',
  ),
  start.must(
    'http/send/headers-in-order',
    'The headers of the response keep the order in which the application gave them.',
    {
      reading:
        'The order is that of the whole list, though RFC 9110 §5.3 finds only that of lines with one name significant.',
    },
  ),
  start.must(
    'http/app/header-names-lowercased',
    'The application gives the names of response headers in lower case.',
    { untestable: APPLICATION_DUTY },
  ),
  start.must(
    'http/app/no-pseudo-headers',
    'The application puts no pseudo headers among its response headers.',
    { untestable: APPLICATION_DUTY },
  ),
  start.must(
    'http/send/trailers-awaited',
    'When trailers is true the server waits for http.response.trailers after the body.',
  ),
  start.must('http/send/trailers-default', 'trailers is an optional bool; absent means false.'),
  encoding.must(
    'http/send/headers-bytes-exact',
    'Response header values reach the wire as the exact bytes that the application gave.',
  ),
  body.must(
    'http/send/body-flushed',
    'All data passed to send is flushed into the send buffer before the call returns.',
  ),
  body.must(
    'http/send/completes',
    'A body with more_body false completes the response, unless the server expects trailers.',
  ),
  body.must(
    'http/send/closed-when-complete',
    'A response is taken as complete and closed with its last message, although the application runs on.',
    { reading: 'A response whose content ends with its connection is closed with it.' },
  ),
  body.should(
    'http/send/short-body-closed',
    'A response that is complete is closed although it is shorter than its Content-Length: it is not left open.',
    {
      reading:
        'The text calls a response "complete and closed" with its last message. Nothing but the end of the connection could tell a client that is promised more octets that no more will come.',
    },
  ),
  body.must(
    'http/send/body-optional',
    'body and more_body are optional; absent they mean an empty byte string and false.',
  ),
  body.must(
    'http/send/body-concatenated',
    'The bodies of all response body messages, joined in order, are the content of the response.',
  ),
  body.must(
    'http/send/after-completion-ignored',
    'Messages after the completed response are ignored and do not reach the client.',
  ),
  departed.should(
    'http/send/disconnected-oserror',
    'send on a closed connection should raise a subclass of OSError; no guarantee, least of all before 2.4.',
    { since: '2.4' },
  ),
  departed.may(
    'http/app/catches-disconnect',
    'The application may catch that exception, clean up, and raise it again or return.',
    { since: '2.4' },
  ),
  departed.must(
    'http/send/exception-caught-when-reraised',
    'The server catches the exception that its own send raised when it leaves the application.',
    { since: '2.4' },
  ),
  departed.should(
    'http/send/disconnected-not-logged',
    'The server should not log that exception as an error.',
    { since: '2.4' },
  ),
]

/** The events of an HTTP request, in both directions. */
export const HTTP_EVENT_CLAUSES: readonly Clause[] = [...RECEIVE_CLAUSES, ...SEND_CLAUSES]
