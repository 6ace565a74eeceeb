import type { Clause } from '../../evidence/clause.ts'
import { DAEMON, OWN_DOCUMENTATION } from './documents.ts'
import { section } from './section.ts'

const start = section(OWN_DOCUMENTATION, 'Start')
const workers = section(OWN_DOCUMENTATION, 'Workers')
const signals = section(OWN_DOCUMENTATION, 'Signals')
const shutdown = section(OWN_DOCUMENTATION, 'Shutdown')
const daemons = section(DAEMON, 'New-Style Daemons')
const robustness = section(OWN_DOCUMENTATION, 'Robustness')

/** What the manuals say of a start that fails. */
const EVERY_START =
  'A manual that gives the exit code of a failed start gives it for a start with workers, too.'

/** The server as a process of its operating system, as its documentation describes it. */
export const PROCESS_CLAUSES: readonly Clause[] = [
  start.must('process/start-listens', 'A server that started accepts connections on its address.'),
  start.must(
    'process/start-bind-failure',
    'An address in use ends the start with a message and an exit code other than 0.',
  ),
  start.must(
    'process/start-import-failure',
    'An application that cannot be loaded ends the start with a message, and with the exit code of a failure if documented.',
    { reading: EVERY_START },
  ),
  start.must(
    'process/start-lifespan-failure-exit-code',
    'A start that the application failed ends with an exit code other than 0, where one is documented.',
    { reading: EVERY_START },
  ),
  start.must(
    'process/start-interrupted',
    'A termination signal during start-up ends the server, and no process is left.',
  ),
  workers.must('process/workers-share-address', 'All workers serve the same address.'),
  workers.must('process/worker-replaced', 'A worker that was killed is replaced.'),
  workers.must(
    'process/workers-replaced-together',
    'Several workers that are killed at once are all replaced.',
  ),
  workers.must(
    'process/worker-death-isolated',
    'The death of a worker harms no request but those in flight on it.',
  ),
  workers.must(
    'process/worker-hang-replaced',
    'A worker that no longer responds is replaced after the documented time.',
  ),
  workers.must(
    'process/worker-start-failure-ends',
    'Workers that cannot start end the server instead of being restarted for ever.',
  ),
  signals.must(
    'process/sigterm-drains',
    'On SIGTERM requests in flight are answered in full before the server exits.',
  ),
  signals.must(
    'process/sigint-drains',
    'On SIGINT requests in flight are answered in full before the server exits.',
  ),
  signals.must(
    'process/applications-awaited',
    'An application that goes on behind its response is waited for at SIGTERM, within the grace time.',
  ),
  signals.must('process/sigterm-no-new-connections', 'After SIGTERM no new connection is served.'),
  signals.must(
    'process/second-signal-forces',
    'A second termination signal ends the server without waiting any longer.',
  ),
  signals.must(
    'process/sigquit-quick',
    'SIGQUIT ends the server without waiting for requests in flight.',
  ),
  signals.must(
    'process/sighup-reloads',
    'SIGHUP replaces the workers one after the other without a lost request.',
  ),
  signals.must(
    'process/sighup-certificates',
    'SIGHUP makes the server read its certificate again, for new connections.',
  ),
  signals.must('process/sigttin-adds-worker', 'SIGTTIN starts one more worker.'),
  signals.must(
    'process/signals-while-draining',
    'Signals that renew, add or remove workers change nothing once the server stops.',
  ),
  signals.must('process/sigttou-removes-worker', 'SIGTTOU ends one worker gracefully.'),
  start.must(
    'process/exit-codes',
    'The exit code of a start that failed tells the documented causes apart, with workers as without.',
  ),
  start.must(
    'process/start-undone',
    'Wrong settings end a start before the application hears of it; one that fails later tells it of the shutdown.',
  ),
  daemons.should(
    'process/shutdown-exit-code',
    'A server that a signal ends exits cleanly: with code 0, or by that signal (systemd.service(5), SuccessExitStatus=).',
    {
      reading:
        'The text is for daemons of systemd. What is clean there is taken to be so of every server.',
    },
  ),
  shutdown.must(
    'process/shutdown-closes-keep-alive',
    'Idle connections are closed at shutdown and do not delay it.',
  ),
  shutdown.must(
    'process/shutdown-prompt',
    'The grace time is for requests in flight: a shutdown without any does not wait for it.',
  ),
  shutdown.must(
    'process/shutdown-websocket-close',
    'Open WebSocket connections are closed at shutdown with the documented code.',
  ),
  shutdown.must(
    'process/shutdown-grace-bounded',
    'A request that never ends does not keep the server alive beyond the documented grace time.',
  ),
  shutdown.must('process/no-orphans', 'No process of the server outlives its root process.'),
  shutdown.must(
    'process/workers-end-behind',
    'Where that is promised, workers end in good order behind a root process that is killed.',
  ),
  shutdown.should(
    'process/unix-socket-removed',
    'The unix socket file is gone after the shutdown.',
  ),
  robustness.must(
    'process/application-error-survived',
    'An exception of the application ends neither the server nor other requests.',
  ),
  robustness.must(
    'process/application-error-response',
    'An exception before the response start gives the client a complete 500.',
  ),
  robustness.must(
    'process/application-error-logged',
    'An exception of the application is logged with its traceback.',
  ),
  robustness.must(
    'process/resources-released',
    'After its connections have ended the server holds no more descriptors and tasks than before.',
  ),
  robustness.must(
    'process/descriptors-used-up',
    'A server that could not accept for want of descriptors serves again once there are some.',
  ),
  robustness.must(
    'process/write-flow-control',
    'send() waits while more than the documented amount is written and not yet taken by the client.',
  ),
  robustness.must(
    'process/slow-clients-isolated',
    'Clients that send or read slowly do not keep others from being served.',
  ),
]
