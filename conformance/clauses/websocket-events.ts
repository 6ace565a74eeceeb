import type { Clause } from '../../evidence/clause.ts'
import { WWW } from './documents.ts'
import { section } from './section.ts'

const connect = section(WWW, 'WebSocket: Connect - receive event')
const accept = section(WWW, 'WebSocket: Accept - send event')
const receive = section(WWW, 'WebSocket: Receive - receive event')
const send = section(WWW, 'WebSocket: Send - send event')
const disconnect = section(WWW, 'WebSocket: Disconnect - receive event')
const departed = section(WWW, 'WebSocket: Disconnected Client - send exception')
const close = section(WWW, 'WebSocket: Close - send event')

const APPLICATION_DUTY = 'A duty of the application, not of the server.'

const HANDSHAKE_CLAUSES: readonly Clause[] = [
  connect.must(
    'websocket/connect/event',
    'A connection that a client opens is announced by an event of type websocket.connect.',
  ),
  connect.must(
    'websocket/connect/no-receive-before-answer',
    'No websocket.receive is passed on before the application has accepted or closed.',
  ),
  connect.must(
    'websocket/connect/before-handshake',
    'websocket.connect is sent during the handshake, which is not completed until the application answers.',
  ),
  connect.must('websocket/connect/denied-403', 'A connection that is denied gets HTTP status 403.'),
  accept.must(
    'websocket/accept/completes-handshake',
    'websocket.accept makes the server complete the handshake.',
  ),
  accept.must(
    'websocket/accept/subprotocol',
    'subprotocol, of those that the client offered, is the one that is accepted; absent or None means none.',
  ),
  accept.must(
    'websocket/accept/headers',
    'headers of websocket.accept, byte string pairs, go into the handshake response.',
    { since: '2.1' },
  ),
  accept.must(
    'websocket/accept/headers-in-order',
    'The headers of websocket.accept keep their order in the HTTP response.',
    { since: '2.1' },
  ),
  accept.must(
    'websocket/accept/headers-bytes-exact',
    'Header values of websocket.accept reach the wire as the exact bytes that the application gave.',
    { since: '2.1' },
  ),
  accept.must(
    'websocket/app/header-names-lowercased',
    'The application gives the names of accept headers in lower case.',
    { since: '2.1', untestable: APPLICATION_DUTY },
  ),
  accept.must(
    'websocket/app/no-subprotocol-header',
    'The application names the subprotocol by its key, not by a sec-websocket-protocol header.',
    { since: '2.1', untestable: APPLICATION_DUTY },
  ),
  accept.must(
    'websocket/app/no-pseudo-headers',
    'The application puts no pseudo headers among its accept headers.',
    { since: '2.1', untestable: APPLICATION_DUTY },
  ),
]

const MESSAGE_CLAUSES: readonly Clause[] = [
  receive.must(
    'websocket/receive/event',
    'Each data message of the client is an event of type websocket.receive.',
  ),
  receive.must(
    'websocket/receive/bytes',
    'bytes holds the content of a binary message as a byte string; otherwise it is None or absent.',
  ),
  receive.must(
    'websocket/receive/text',
    'text holds the content of a text message as a Unicode string; otherwise it is None or absent.',
  ),
  receive.must(
    'websocket/receive/exactly-one',
    'Exactly one of bytes and text is not None in a websocket.receive.',
  ),
  receive.permits(
    'websocket/receive/both-keys',
    'A websocket.receive may have both keys, one of them None.',
  ),
  send.must(
    'websocket/send/bytes',
    'A websocket.send with bytes reaches the client as one binary message of that content.',
  ),
  send.must(
    'websocket/send/text',
    'A websocket.send with text reaches the client as one text message of that content.',
  ),
  send.must(
    'websocket/app/exactly-one',
    'The application gives exactly one of bytes and text that is not None.',
    { untestable: APPLICATION_DUTY },
  ),
  send.may(
    'websocket/send/both-keys',
    'A websocket.send may have both keys, one of them None, and is sent as if that one were absent.',
  ),
]

const END_CLAUSES: readonly Clause[] = [
  disconnect.must(
    'websocket/disconnect/event',
    'The end of a connection is an event of type websocket.disconnect.',
  ),
  disconnect.must(
    'websocket/disconnect/any-cause',
    'websocket.disconnect comes whether client or server closed the connection or the socket was lost.',
  ),
  disconnect.must(
    'websocket/disconnect/before-accept',
    'websocket.disconnect comes too when the socket was lost before the application had answered.',
  ),
  disconnect.must(
    'websocket/disconnect/after-close',
    'websocket.disconnect comes too when the application has closed the connection: the server ends it.',
  ),
  disconnect.must(
    'websocket/disconnect/after-denial',
    'websocket.disconnect comes too when the application has denied the connection: the server ends it.',
    { reading: 'A handshake that was denied is a connection which the server closes.' },
  ),
  disconnect.must(
    'websocket/disconnect/code',
    'code is an int: the close code in the sense of the WebSocket specification.',
  ),
  disconnect.should(
    'websocket/disconnect/code-1005',
    'code should be 1005 when the close frame of the client has none.',
  ),
  disconnect.must(
    'websocket/disconnect/reason',
    'reason, where it is given, is the reason for the disconnect as Unicode; absent or None means empty.',
    { since: '2.5' },
  ),
  disconnect.should(
    'websocket/app/expects-send-to-raise',
    'An application that received websocket.disconnect expects further sends to raise.',
    { since: '2.4', untestable: APPLICATION_DUTY },
  ),
  disconnect.permits(
    'websocket/send/raises-before-disconnect',
    'In concurrent code send may raise slightly before the application receives websocket.disconnect.',
    { since: '2.4' },
  ),
  departed.should(
    'websocket/send/disconnected-oserror',
    'send on a closed connection should raise a subclass of OSError; no guarantee, least of all before 2.4.',
    { since: '2.4' },
  ),
  departed.may(
    'websocket/app/catches-disconnect',
    'The application may catch that exception, clean up, and raise it again or return.',
    { since: '2.4' },
  ),
  departed.must(
    'websocket/send/exception-caught-when-reraised',
    'The server catches the exception that its own send raised when it leaves the application.',
    { since: '2.4' },
  ),
  departed.should(
    'websocket/send/disconnected-not-logged',
    'The server should not log that exception as an error.',
    { since: '2.4' },
  ),
  close.must(
    'websocket/close/before-accept-403',
    'A websocket.close before the accept makes the server answer with HTTP status 403.',
  ),
  close.must(
    'websocket/close/before-accept-no-handshake',
    'A websocket.close before the accept leaves the handshake uncompleted.',
  ),
  close.must(
    'websocket/close/code',
    'A websocket.close after the accept closes the socket with the code that it gives.',
  ),
  close.must(
    'websocket/close/code-default',
    'A websocket.close after the accept without a code closes the socket with 1000.',
  ),
  close.must(
    'websocket/close/reason',
    'reason of websocket.close is the reason given to the client; absent or None means empty.',
    { since: '2.3' },
  ),
]

/** The events of a WebSocket connection, in both directions. */
export const WEBSOCKET_EVENT_CLAUSES: readonly Clause[] = [
  ...HANDSHAKE_CLAUSES,
  ...MESSAGE_CLAUSES,
  ...END_CLAUSES,
]
