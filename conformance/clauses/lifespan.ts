import type { Clause } from '../../evidence/clause.ts'
import { LIFESPAN } from './documents.ts'
import { section } from './section.ts'

const protocol = section(LIFESPAN, 'Lifespan Protocol')
const scope = section(LIFESPAN, 'Scope')
const state = section(LIFESPAN, 'Lifespan State')
const startup = section(LIFESPAN, 'Startup - receive event')
const startupComplete = section(LIFESPAN, 'Startup Complete - send event')
const startupFailed = section(LIFESPAN, 'Startup Failed - send event')
const shutdown = section(LIFESPAN, 'Shutdown - receive event')
const shutdownComplete = section(LIFESPAN, 'Shutdown Complete - send event')
const shutdownFailed = section(LIFESPAN, 'Shutdown Failed - send event')

/** Start-up and shutdown of an application within its event loop. */
export const LIFESPAN_CLAUSES: readonly Clause[] = [
  protocol.should(
    'lifespan/once-per-event-loop',
    'A lifespan is executed once for each event loop that will process requests.',
  ),
  protocol.must(
    'lifespan/per-process',
    'With several processes each of them gets lifespan events of its own.',
  ),
  protocol.must(
    'lifespan/per-thread',
    'With several threads that run event loops each of them gets a lifespan of its own.',
    { untestable: 'Threads do not show from outside; the clause on event loops covers what does.' },
  ),
  protocol.should(
    'lifespan/same-event-loop',
    'Lifespan and requests run in the same event loop, which the text calls the important part.',
  ),
  scope.must(
    'lifespan/scope/lifetime',
    'The lifespan scope exists as long as the event loop does.',
  ),
  scope.must('lifespan/scope/type', 'The scope type is the Unicode string lifespan.'),
  scope.must(
    'lifespan/scope/asgi-version',
    'The asgi dict of the scope gives the version of ASGI as a Unicode string.',
  ),
  scope.must(
    'lifespan/scope/spec-version',
    'spec_version is the version of the lifespan specification, or absent, which means 1.0.',
  ),
  scope.must(
    'lifespan/scope/state',
    'state, where it is given, is an empty dict for the application; absent means unsupported.',
  ),
  scope.must(
    'lifespan/scope/exception-continues',
    'When the call raises on the lifespan scope or on start-up, the server continues without lifespan.',
  ),
  scope.must(
    'lifespan/scope/exception-ends-events',
    'After that exception the server sends no lifespan events.',
  ),
  state.must(
    'lifespan/state/shallow-copy',
    'Each request gets a shallow copy of the namespace: new keys stay apart, stored objects are shared.',
  ),
  state.must(
    'lifespan/state/provided',
    'A server that implements the feature has state in the lifespan scope.',
  ),
  state.must('lifespan/state/untouched', 'The server does nothing with the namespace but copy it.'),
  state.should(
    'lifespan/state/cooperative-keys',
    'Applications name their keys so that they do not collide with those of frameworks.',
    { untestable: 'A duty of the application, not of the server.' },
  ),
  startup.must('lifespan/startup/event', 'Start-up is an event of type lifespan.startup.'),
  startup.must(
    'lifespan/startup/before-connections',
    'lifespan.startup is sent when the server is ready to receive connections but has not begun to.',
  ),
  startupComplete.must(
    'lifespan/startup/complete-awaited',
    'No connection is processed before the application has sent lifespan.startup.complete.',
  ),
  startupFailed.should(
    'lifespan/startup/failed-exits',
    'A server that gets lifespan.startup.failed exits.',
  ),
  startupFailed.should(
    'lifespan/startup/failed-in-task-group',
    'It exits however the application ends after that message, with a group of exceptions too.',
  ),
  startupFailed.should(
    'lifespan/startup/failed-message-logged',
    'A server that gets lifespan.startup.failed logs or prints its message before it exits.',
  ),
  startupFailed.must(
    'lifespan/startup/failed-message-optional',
    'The message of lifespan.startup.failed is optional; absent means the empty string.',
  ),
  shutdown.must(
    'lifespan/shutdown/event',
    'A server that shuts down says so by an event of type lifespan.shutdown.',
  ),
  shutdown.must(
    'lifespan/shutdown/after-connections-closed',
    'lifespan.shutdown is sent when no connection is accepted any more and all active ones are closed.',
  ),
  shutdown.should(
    'lifespan/shutdown/idle-connections-closed',
    'The server closes what is open for lifespan.shutdown to come: no idle client holds it up.',
    {
      reading:
        'The text says when the event comes, and of active connections alone: a client that asks for nothing is none.',
    },
  ),
  shutdownComplete.must(
    'lifespan/shutdown/complete-awaited',
    'The server does not terminate before the application has sent lifespan.shutdown.complete.',
  ),
  shutdownFailed.should(
    'lifespan/shutdown/failed-terminates',
    'A server that gets lifespan.shutdown.failed terminates.',
  ),
  shutdownFailed.should(
    'lifespan/shutdown/failed-message-logged',
    'A server that gets lifespan.shutdown.failed logs or prints its message before it terminates.',
  ),
  shutdownFailed.must(
    'lifespan/shutdown/failed-message-optional',
    'The message of lifespan.shutdown.failed is optional; absent means the empty string.',
  ),
]
