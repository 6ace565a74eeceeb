import { openSync, readFileSync } from 'node:fs'
import { PROBE } from '../../probe/application.ts'
import { calls, events, headersOf } from '../sabotage/application.ts'
import { resetAll } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'
import { isReplacement, WORKERS_NOT_REPLACED } from './process.ts'

/** Processes, descriptors and files that released servers have mishandled (process/ and config/ in the catalogue). */
export const recalledProcessMutants: readonly Mutant[] = [
  {
    id: 'recalled/descriptor-zero-is-none',
    property: 'config/fd-standard-input',
    clause: 'config/fd-standard-input',
    breaks: 'a socket that is inherited as standard input is passed over',
    sabotage: {
      launch: ({ inherits, ...request }) => {
        inherits?.close()
        return { ...request, extraArgs: ['--port', '0'] }
      },
    },
  },
  {
    id: 'recalled/workers-fail-for-ever',
    property: 'lifespan/startup/failed-exits/workers',
    clause: 'lifespan/startup/failed-exits',
    breaks: 'workers whose application failed its start-up are kept',
    sabotage: calls('lifespan', ({ send }) => ({
      send: (message) =>
        send(
          message['type'] === 'lifespan.startup.failed'
            ? { type: 'lifespan.startup.complete' }
            : message,
        ),
    })),
  },
  {
    id: 'recalled/workers-renewed-at-once',
    property: 'process/sighup-reloads/overlap',
    clause: 'process/sighup-reloads',
    breaks: 'the first new worker ends all others before it has started up',
    sabotage: {
      ...WORKERS_NOT_REPLACED,
      application: (app) => async (scope, receive, send) => {
        if (scope['type'] === 'lifespan' && isReplacement()) endSiblings()
        await app(scope, receive, send)
      },
    },
  },
  {
    id: 'recalled/workers-without-application',
    property: 'process/start-import-failure/workers',
    clause: 'process/start-import-failure',
    breaks: 'where several workers cannot load the application, another one is served',
    sabotage: { launch: (request) => ({ ...request, application: PROBE }) },
  },
  {
    id: 'recalled/interrupt-is-a-failure',
    property: 'process/sigint-drains',
    clause: 'process/shutdown-exit-code',
    breaks: 'an orderly shutdown by SIGINT ends with exit code 1',
    sabotage: { process: failAtExit },
  },
  {
    id: 'recalled/pending-handshake-fatal',
    property: 'process/shutdown-exit-code/pending-handshake',
    clause: 'process/shutdown-exit-code',
    breaks: 'a shutdown fails when a handshake was not answered before it',
    sabotage: calls('websocket', () => {
      failAtExit()
      return {}
    }),
  },
  {
    id: 'recalled/unanswered-handshakes-held',
    property: 'process/resources-released',
    clause: 'process/resources-released',
    breaks: 'each handshake leaves a descriptor open',
    sabotage: calls('websocket', () => {
      openSync('/dev/null', 'r')
      return {}
    }),
  },
  {
    id: 'recalled/backlogged-content-damaged',
    property: 'http/receive/body-bytes/backlog',
    clause: 'http/receive/body-bytes',
    breaks: 'large content reaches the application damaged',
    sabotage: events((event, _turn, scope) => {
      const large = headersOf(scope).some(
        ([name, value]) => name === 'content-length' && value.length > 5,
      )
      const { body } = event
      return large && body instanceof Uint8Array
        ? { ...event, body: Buffer.alloc(body.length) }
        : event
    }),
  },
  {
    id: 'recalled/reload-over-broken-source',
    property: 'config/reload/broken-source',
    clause: 'config/reload',
    breaks: 'a change of a module that was broken for a while is not noticed',
    sabotage: withoutReload(),
  },
  {
    id: 'recalled/reload-directory-ignored',
    property: 'config/reload-directory',
    clause: 'config/reload-directory',
    breaks: 'changes outside the directory that was given count too',
    sabotage: {},
  },
  {
    id: 'recalled/reload-include-ignored',
    property: 'config/reload-include',
    clause: 'config/reload-include',
    breaks: 'a file that was named to be watched is not watched',
    sabotage: withoutReload(),
  },
  {
    id: 'recalled/interrupt-cuts-workers',
    property: 'process/sigint-drains/group',
    clause: 'process/sigint-drains',
    breaks: 'workers that get a SIGINT beside their supervisor cut the requests in flight',
    sabotage: { process: () => process.once('SIGINT', resetAll) },
  },
  {
    id: 'recalled/log-config-silences',
    property: 'config/log-config',
    clause: 'config/log-config',
    breaks: 'with a logging configuration file the server logs nothing at all',
    sabotage: {
      process: () => {
        for (const stream of [process.stdout, process.stderr])
          Object.defineProperty(stream, 'write', { value: () => true })
      },
    },
  },
  {
    id: 'recalled/log-torn-by-path',
    property: 'config/access-log-one-line',
    clause: 'config/access-log-one-line',
    breaks: 'the path is written into the log as the application sees it',
    sabotage: calls('http', ({ scope }) => {
      process.stdout.write(`GET ${String(scope['path'])}\n`)
      return {}
    }),
  },
]

/** The other children of the supervisor, as Linux tells them. */
function endSiblings(): void {
  const { ppid, pid } = process
  const children = readFileSync(`/proc/${ppid}/task/${ppid}/children`, 'utf8').trim().split(' ')
  for (const child of children.map(Number)) if (child !== pid) process.kill(child, 'SIGKILL')
}

function failAtExit(): void {
  process.once('exit', () => {
    process.exitCode = 1
  })
}

function withoutReload(): Mutant['sabotage'] {
  return {
    launch: (request) => ({ ...request, settings: {} }),
  }
}
