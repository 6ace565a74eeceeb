import { existsSync, readFileSync } from 'node:fs'
import { messages, without } from '../sabotage/application.ts'
import { closeFrames } from '../sabotage/frames.ts'
import { both } from '../sabotage/sabotage.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'
import { isReplacement, WORKERS_NOT_REPLACED } from './process.ts'

/** Keys, parameters and signals in combinations that no property tried at first. */
export const untriedCombinationMutants: readonly Mutant[] = [
  {
    id: 'untried/denial-waits-for-more',
    property: 'extension/denial/after-connect',
    clause: 'extension/denial/after-connect',
    breaks: 'a body of a denial that leaves more_body out is taken for one of several',
    sabotage: messages(
      (message) =>
        message['type'] === 'websocket.http.response.body' && !('more_body' in message)
          ? { ...message, more_body: true }
          : message,
      'websocket',
    ),
  },
  {
    id: 'untried/accept-headers-beside-subprotocol',
    property: 'websocket/accept/headers',
    clause: 'websocket/accept/headers',
    breaks: 'headers of an acceptance that names a subprotocol are dropped',
    sabotage: acceptedWithoutHeaders(),
  },
  {
    id: 'untried/accept-headers-http2',
    property: 'wire/rfc8441/extended-connect',
    clause: 'websocket/accept/headers',
    breaks: 'headers of an acceptance that names a subprotocol are dropped over HTTP/2 too',
    sabotage: acceptedWithoutHeaders(),
  },
  {
    id: 'untried/client-window-unread',
    property: 'wire/rfc7692/invalid-value-declined',
    clause: 'wire/rfc7692/invalid-value-declined',
    breaks: 'zeros before the window that a client offers are read over',
    sabotage: requests((bytes) => bytes.replace(/(client_max_window_bits=)0+(?=\d)/, '$1')),
  },
  {
    id: 'untried/stops-with-1001',
    property: 'config/websocket-end-codes/stopping',
    clause: 'config/websocket-end-codes',
    breaks: 'a server that stops closes WebSockets with 1001',
    sabotage: closeFrames((payload) =>
      payload.length >= 2 && payload.readUInt16BE(0) === 1012 ? Buffer.of(0x03, 0xe9) : payload,
    ),
  },
  {
    id: 'untried/lifespan-never-over',
    property: 'process/shutdown-exit-code/lifespan-over',
    clause: 'process/shutdown-exit-code',
    breaks: 'an application that has left its lifespan is waited for at shutdown',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        await app(scope, receive, send)
        if (scope['type'] !== 'lifespan') return
        setInterval(() => undefined, 1000)
        await new Promise<never>(() => undefined)
      },
    },
  },
  {
    id: 'untried/stale-socket-in-the-way',
    property: 'config/uds/stale',
    clause: 'config/uds',
    breaks: 'a server does not start where the file of its unix socket is there already',
    sabotage: {
      process: () => {
        const path = process.argv[process.argv.indexOf('--uds') + 1] ?? ''
        if (process.argv.includes('--uds') && existsSync(path)) process.exit(5)
      },
    },
  },
  {
    id: 'untried/variable-split-at-commas',
    property: 'config/default-headers/sources',
    clause: 'config/default-headers',
    breaks: 'a header in the environment ends at its first comma',
    sabotage: {
      launch: (request) => ({
        ...request,
        settings: {
          ...request.settings,
          environment: {
            ...request.settings?.environment,
            defaultHeaders: (request.settings?.environment?.defaultHeaders ?? []).map(
              ([name, value]) => [name, value.replace(/,.*/, '')] as const,
            ),
          },
        },
      }),
    },
  },
  {
    id: 'untried/workers-never-killed',
    property: 'process/second-signal-forces/workers',
    clause: 'process/second-signal-forces',
    breaks: 'a second signal leaves the workers to their requests',
    sabotage: {
      launch: (request) => ({
        ...request,
        environment: { ...request.environment, NODE_OPTIONS: `--import=${NEVER_KILLS}` },
      }),
    },
  },
  {
    id: 'untried/renewed-before-successors',
    property: 'process/sighup-reloads/overlap',
    clause: 'process/sighup-reloads',
    breaks: 'a worker ends as soon as its successor is launched',
    sabotage: both(WORKERS_NOT_REPLACED, { application: (app) => app, process: endPredecessor }),
  },
]

/** A module that makes the order to kill a worker do nothing. */
const NEVER_KILLS = `data:text/javascript,${encodeURIComponent(
  `import { ChildProcess } from 'node:child_process'
  const { kill } = ChildProcess.prototype
  ChildProcess.prototype.kill = function (signal) { return signal === 'SIGKILL' || kill.call(this, signal) }`,
)}`

function acceptedWithoutHeaders(): Mutant['sabotage'] {
  return messages(
    (message) =>
      message['type'] === 'websocket.accept' && typeof message['subprotocol'] === 'string'
        ? without(message, 'headers')
        : message,
    'websocket',
  )
}

/** The first of the supervisor's workers is one that was there before. */
function endPredecessor(): void {
  if (!isReplacement()) return
  const { ppid } = process
  const [first] = readFileSync(`/proc/${ppid}/task/${ppid}/children`, 'utf8').trim().split(' ')
  if (first !== undefined && Number(first) !== process.pid) process.kill(Number(first), 'SIGKILL')
}
