import type { Clause } from '../../evidence/clause.ts'
import { ASGI } from './documents.ts'
import { section } from './section.ts'

const applications = section(ASGI, 'Applications')
const protocols = section(ASGI, 'Protocol Specifications')
const events = section(ASGI, 'Events')
const errors = section(ASGI, 'Error Handling')
const extensions = section(ASGI, 'Extensions')
const strings = section(ASGI, 'Strings and Unicode')
const connectionScope = section(ASGI, 'Connection Scope')
const overview = section(ASGI, 'Overview')
const legacy = section(ASGI, 'Legacy Applications')
const middleware = section(ASGI, 'Middleware')

const APPLICATION_DUTY = 'A duty of the application or framework, not of the server that runs it.'
const AUTHOR_DUTY = 'A duty of those who write protocol specifications, not of a server.'

/** The base specification: what holds for every protocol. */
export const ASGI_CLAUSES: readonly Clause[] = [
  overview.must(
    'asgi/app/coroutine',
    'Applications run as asynchronous, asyncio-compatible coroutines on the main thread.',
    { untestable: APPLICATION_DUTY },
  ),
  overview.must(
    'asgi/app/once-per-connection',
    'The application callable is called exactly once for each connection, as its protocol defines one.',
  ),
  overview.should(
    'asgi/app/lifetime',
    'A call is expected to last as long as its connection, and longer while the application cleans up.',
  ),
  connectionScope.must(
    'asgi/scope/lifetime-defined',
    'A protocol specification states how long its scope lives and what the scope contains.',
    { untestable: AUTHOR_DUTY },
  ),
  connectionScope.may(
    'asgi/scope/opening-message',
    'An application may have to wait for an opening message before it talks to the client.',
    { untestable: APPLICATION_DUTY },
  ),
  events.must(
    'asgi/events/type-key',
    'Every event is a dict whose top-level type key holds a Unicode string.',
  ),
  events.must(
    'asgi/events/serialisable-types',
    'Events hold only bytes, str, 64-bit int, finite float, list, dict with str keys, bool and None.',
  ),
  events.must(
    'asgi/app/reacts-to-events',
    'An application receives the events of its protocol and reacts to them.',
    { untestable: APPLICATION_DUTY },
  ),
  events.should('asgi/events/tuples-as-lists', 'Tuples in events are encoded as lists.', {
    untestable: 'No event that a core protocol hands to the application holds a list.',
  }),
  events.must('asgi/events/dict-keys', 'The keys of dicts in events are Unicode strings.'),
  events.should(
    'asgi/events/mixed-sources',
    'Applications are expected to handle events of the client mixed with events of other origin.',
    { untestable: APPLICATION_DUTY },
  ),
  applications.should(
    'asgi/app/single-callable',
    'An application is a single asynchronous callable that takes scope, receive and send.',
    { untestable: APPLICATION_DUTY },
  ),
  applications.should(
    'asgi/legacy/server-support',
    'Servers should try to support the two-callable format of ASGI 2.',
    { untestable: 'The text also encourages servers to drop that support over time.' },
  ),
  applications.must(
    'asgi/scope/is-dict',
    'The scope that the application is called with is a dict.',
  ),
  applications.must(
    'asgi/scope/type-present',
    'The scope always has a type key, which tells the protocol of the connection.',
  ),
  applications.must(
    'asgi/scope/asgi-version',
    'The scope has an asgi dict whose version is the ASGI version that the server implements.',
  ),
  applications.should(
    'asgi/scope/asgi-version-default',
    'Where no version is given, the reader of the scope assumes 2.0.',
    { untestable: APPLICATION_DUTY },
  ),
  applications.permits(
    'asgi/scope/spec-version',
    'The asgi dict may carry spec_version, the version of the protocol specification in use.',
  ),
  applications.must(
    'asgi/receive/awaitable',
    'receive is an awaitable callable that yields the next event dict when there is one.',
  ),
  applications.must(
    'asgi/send/returns',
    'send takes one event dict as positional argument and returns once it is sent or the connection is closed.',
  ),
  legacy.should(
    'asgi/legacy/gradual-end',
    'Servers are encouraged to run both application formats and to drop the old one by and by.',
    { untestable: 'An encouragement about release policy over years, with no observable state.' },
  ),
  protocols.must(
    'asgi/scope/type-unicode',
    'The type of a scope is a Unicode string that the protocol specification defines.',
  ),
  protocols.should(
    'asgi/events/type-namespaced',
    'The type of an event is written protocol.message, with the protocol of its scope.',
  ),
  protocols.should(
    'asgi/app/rejects-unknown-protocol',
    'Applications raise an exception on any protocol that they do not understand.',
    { untestable: APPLICATION_DUTY },
  ),
  middleware.should(
    'asgi/middleware/copies-scope',
    'Middleware copies the scope before it changes it, for changes may leak upstream otherwise.',
    { untestable: APPLICATION_DUTY },
  ),
  middleware.should(
    'asgi/middleware/no-late-mutation',
    'Middleware does not assume that the scope it passed on is the one in use, nor mutates it later.',
    { untestable: APPLICATION_DUTY },
  ),
  errors.should(
    'asgi/error/invalid-event-raises',
    'send raises for an event of unknown type, with missing or contradictory keys or with values of wrong Python type.',
    {
      reading:
        'These are examples in the text: a value of the right type that means nothing, such as a status of 1, is another.',
    },
  ),
  errors.should(
    'asgi/error/app-rejects-invalid-event',
    'An application that receives an invalid event raises an exception.',
    { untestable: APPLICATION_DUTY },
  ),
  errors.should(
    'asgi/error/additional-keys-accepted',
    'Keys that an event has beyond those defined do not make send raise.',
  ),
  errors.permits(
    'asgi/error/surfaced-freely',
    'A server may log an error that leaves the application in whatever way it likes.',
  ),
  errors.must(
    'asgi/error/app-exception-terminates',
    'An exception that leaves the application ends that instance and the connection it served.',
    {
      reading:
        'The sentence says errors: a CancelledError is one where nobody has cancelled the application.',
    },
  ),
  errors.should(
    'asgi/send/after-close-no-op-or-oserror',
    'After the close, send is a no-op, unless the protocol defines an error, as HTTP and WebSocket do from 2.4 on.',
  ),
  errors.should(
    'asgi/send/error-caught-by-server',
    'An error that send raised is caught and ignored by the server when it leaves the application.',
  ),
  extensions.must(
    'asgi/extensions/dict',
    'Where the scope has an extensions entry, it is a dict with Unicode string keys.',
  ),
  extensions.should(
    'asgi/extensions/announced',
    'A server that supports an extension puts an entry under its name in the extensions dict.',
  ),
  extensions.should(
    'asgi/extensions/entry-dict',
    'The entry of an extension is itself a dict, empty where there is nothing more to tell.',
  ),
  extensions.permits(
    'asgi/extensions/extra-information',
    'The entry of an extension may hold further scope information, or be empty where it only accepts events.',
  ),
  strings.must(
    'asgi/types/strings-and-bytes',
    'Byte strings are exactly bytes and Unicode strings exactly str, each where the text names it.',
  ),
  strings.must(
    'asgi/types/dict-keys',
    'All dict keys that the specifications name, in scopes and events, are Unicode strings.',
  ),
]
