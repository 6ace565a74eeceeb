import type { Clause } from '../../evidence/clause.ts'
import { EXTENSIONS } from './documents.ts'
import { section } from './section.ts'

const denial = section(EXTENSIONS, 'Websocket Denial Response')
const push = section(EXTENSIONS, 'HTTP/2 Server Push')
const zeroCopy = section(EXTENSIONS, 'Zero Copy Send')
const pathSend = section(EXTENSIONS, 'Path Send')
const earlyHints = section(EXTENSIONS, 'Early Hints')
const trailers = section(EXTENSIONS, 'HTTP Trailers')
const debug = section(EXTENSIONS, 'Debug')

const FRAMEWORK_DUTY = 'A duty of the application or framework, not of the server.'

const WEBSOCKET_EXTENSION_CLAUSES: readonly Clause[] = [
  denial.must(
    'extension/denial/announced',
    'A server that implements the denial response has websocket.http.response in the extensions.',
  ),
  denial.should(
    'extension/denial/after-connect',
    'The application may answer websocket.connect with HTTP response messages, which the client gets.',
    {
      reading: 'That the application may is certain; that the client gets it is said with should.',
    },
  ),
  denial.must(
    'extension/denial/no-websocket-messages-after',
    'No other websocket messages can follow a denial response.',
    { untestable: FRAMEWORK_DUTY },
  ),
  denial.should(
    'extension/denial/closed-after-response',
    'The server should send the HTTP response and then close the connection.',
  ),
  denial.should(
    'extension/denial/message-format',
    'The messages are websocket.http.response.start and .body, in the form of their HTTP namesakes.',
  ),
]

const PUSH_CLAUSES: readonly Clause[] = [
  push.must(
    'extension/push/announced',
    'A server that implements server push has http.response.push in the extensions.',
  ),
  push.must(
    'extension/push/time',
    'http.response.push is accepted from the response start until the final body message.',
  ),
  push.must(
    'extension/push/path',
    'path is the HTTP path of the pushed resource, decoded into characters.',
  ),
  push.must(
    'extension/push/header-names-lowercased',
    'The framework gives the names of push headers in lower case.',
    { untestable: FRAMEWORK_DUTY },
  ),
  push.must(
    'extension/push/no-pseudo-headers',
    'The framework puts no pseudo headers among its push headers.',
    { untestable: FRAMEWORK_DUTY },
  ),
  push.should(
    'extension/push/attempted',
    'The server should attempt to send a push promise to the client.',
  ),
  push.should(
    'extension/push/new-instance',
    'For a client that supports push the server should run a new application instance on the request.',
  ),
  push.should(
    'extension/push/authority',
    'The server should give the promise the :authority of the request that triggered it.',
  ),
]

const FILE_CLAUSES: readonly Clause[] = [
  zeroCopy.must(
    'extension/zerocopysend/announced',
    'A server that implements zero-copy send has http.response.zerocopysend in the extensions.',
  ),
  zeroCopy.must(
    'extension/zerocopysend/time',
    'The message is accepted from the response start until the final body message.',
  ),
  zeroCopy.must(
    'extension/zerocopysend/mixed',
    'The message can be mixed with http.response.body and sent several times in one response.',
  ),
  zeroCopy.should(
    'extension/zerocopysend/as-body',
    'But for being zero-copy the message should behave like an ordinary http.response.body.',
  ),
  zeroCopy.must(
    'extension/zerocopysend/offset',
    'offset is where reading starts; absent means the current position of the file.',
  ),
  zeroCopy.must(
    'extension/zerocopysend/count',
    'count is how many bytes are sent; absent means to the end of the file.',
  ),
  zeroCopy.must(
    'extension/zerocopysend/more-body',
    'A message with more_body false or absent completes the response; later ones are ignored.',
  ),
  zeroCopy.should(
    'extension/zerocopysend/app-closes-file',
    'The application should close the descriptor itself.',
    { untestable: FRAMEWORK_DUTY },
  ),
  zeroCopy.permits(
    'extension/zerocopysend/server-leaves-file-open',
    'The server is not responsible for closing the descriptor.',
  ),
  pathSend.must(
    'extension/pathsend/announced',
    'A server that implements path send has http.response.pathsend in the extensions.',
  ),
  pathSend.must(
    'extension/pathsend/content',
    'The content of the file at the absolute path becomes the content of the response.',
  ),
  pathSend.must(
    'extension/pathsend/not-mixed',
    'Path send cannot be mixed with http.response.body.',
    { untestable: FRAMEWORK_DUTY },
  ),
  pathSend.must('extension/pathsend/once', 'Path send can be called once in a response.', {
    untestable: FRAMEWORK_DUTY,
  }),
  pathSend.should(
    'extension/pathsend/as-body',
    'But for naming a path the message should behave like an ordinary http.response.body.',
  ),
  pathSend.must(
    'extension/pathsend/app-sends-headers',
    'The headers that suit the file are sent by the application.',
    { untestable: FRAMEWORK_DUTY },
  ),
]

const FIELD_CLAUSES: readonly Clause[] = [
  earlyHints.must(
    'extension/early-hint/announced',
    'A server that implements early hints has http.response.early_hint in the extensions.',
  ),
  earlyHints.must(
    'extension/early-hint/time',
    'Hints are accepted, several times too, from the response start until the final body message.',
  ),
  earlyHints.should(
    'extension/early-hint/attempted',
    'The server should attempt to send a 103 with the given byte strings as Link headers.',
  ),
  earlyHints.permits(
    'extension/early-hint/ignored',
    'The server may ignore a hint, for security concerns over HTTP/1.1 say.',
  ),
  trailers.must(
    'extension/trailers/announced',
    'A server that implements trailers has http.response.trailers in the extensions.',
  ),
  trailers.must(
    'extension/trailers/announced-in-start',
    'The framework that will send trailers sets trailers to True in the response start.',
    { untestable: FRAMEWORK_DUTY },
  ),
  trailers.must(
    'extension/trailers/after-last-body',
    'http.response.trailers comes after the last body, whose more_body is false.',
  ),
  trailers.permits(
    'extension/trailers/trailer-header-not-validated',
    "The Trailer header is the framework's own, and the server does not answer for its truth.",
  ),
  trailers.must(
    'extension/trailers/headers',
    'headers is an iterable of name and value pairs of byte strings, sent after the body.',
  ),
  trailers.must(
    'extension/trailers/header-names-lowercased',
    'The framework gives the names of trailers in lower case.',
    { untestable: FRAMEWORK_DUTY },
  ),
  trailers.must(
    'extension/trailers/no-pseudo-headers',
    'The framework puts no pseudo headers among its trailers.',
    { untestable: FRAMEWORK_DUTY },
  ),
  trailers.must(
    'extension/trailers/more-trailers',
    'more_trailers false or absent completes the response; later messages are ignored.',
  ),
  trailers.must(
    'extension/trailers/only-with-te',
    'Trailers reach only a client that sent TE: trailers in its request.',
  ),
]

const DEBUG_CLAUSES: readonly Clause[] = [
  debug.should(
    'extension/debug/not-implemented',
    'Servers should not implement the debug extension, which is for tests alone.',
  ),
  debug.must(
    'extension/debug/announced',
    'Where debug is provided, http.response.debug is in the extensions.',
    {
      untestable:
        'What is provided without being announced shows neither on the wire nor in the application.',
    },
  ),
  debug.must(
    'extension/debug/once-before-start',
    'The framework sends http.response.debug once, before the response start.',
    { untestable: FRAMEWORK_DUTY },
  ),
]

/** The common extensions that are not part of any core protocol. */
export const EXTENSION_CLAUSES: readonly Clause[] = [
  ...WEBSOCKET_EXTENSION_CLAUSES,
  ...PUSH_CLAUSES,
  ...FILE_CLAUSES,
  ...FIELD_CLAUSES,
  ...DEBUG_CLAUSES,
]
