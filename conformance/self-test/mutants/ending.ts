import { subscribe } from 'node:diagnostics_channel'
import { openSync, writeFileSync } from 'node:fs'
import { calls } from '../sabotage/application.ts'
import { closeFrames } from '../sabotage/frames.ts'
import { heads } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'
import { WORKERS_NOT_REPLACED } from './process.ts'

/** How a server starts, ends, and stands what happens to it, gone wrong (process/ in the catalogue). */
export const endingMutants: readonly Mutant[] = [
  {
    ...named('process/start-bind-failure', 'with the port in use another one is taken'),
    sabotage: {
      launch: (request) =>
        request.mayBeBusy === true ? { ...request, extraArgs: ['--port', '0'] } : request,
    },
  },
  {
    ...named('process/start-interrupted', 'signals during the start-up are lost'),
    sabotage: { process: () => deaf('SIGTERM', 'SIGINT') },
  },
  {
    ...named('process/workers-replaced-together', 'of workers that die together none comes back'),
    sabotage: WORKERS_NOT_REPLACED,
  },
  {
    ...named('process/worker-hang-replaced', 'nobody looks whether workers still respond'),
    sabotage: {},
  },
  {
    ...named('process/worker-start-failure-ends', 'workers that failed to start are kept'),
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
    ...named('process/sighup-reloads', 'workers that SIGHUP starts never start up'),
    sabotage: WORKERS_NOT_REPLACED,
  },
  {
    ...named('process/sigttin-adds-worker', 'the worker that SIGTTIN adds never starts up'),
    sabotage: WORKERS_NOT_REPLACED,
  },
  {
    ...named('process/sigterm-no-new-connections', 'connections are accepted after SIGTERM'),
    sabotage: { process: () => deaf('SIGTERM') },
  },
  {
    ...named('process/second-signal-forces', 'a second SIGINT changes nothing'),
    sabotage: { process: () => process.once('SIGINT', () => deaf('SIGINT')) },
  },
  {
    ...named('process/shutdown-closes-keep-alive', 'SIGTERM does not end an idle server'),
    sabotage: { process: () => deaf('SIGTERM') },
  },
  {
    ...named('process/shutdown-prompt', 'a server that has nothing to do lives through SIGTERM'),
    sabotage: { process: () => deaf('SIGTERM') },
  },
  {
    ...named('process/sigquit-quick', 'SIGQUIT is taken for SIGTERM'),
    sabotage: {
      process: () => process.on('SIGQUIT', () => process.kill(process.pid, 'SIGTERM')),
    },
  },
  {
    ...named('process/shutdown-websocket-close', 'WebSockets end without a Close at shutdown'),
    sabotage: closeFrames(() => null),
  },
  {
    ...named('process/no-orphans', 'workers outlive their supervisor'),
    sabotage: {
      process: () => {
        deaf('SIGTERM')
        process.on('SIGTERM', () => {
          process.removeAllListeners('disconnect')
          process.kill(process.ppid, 'SIGKILL')
        })
      },
    },
  },
  {
    ...named('process/unix-socket-removed', 'the file of the unix socket is left behind'),
    sabotage: { process: leaveSocketFile },
  },
  {
    ...named(
      'process/unix-socket-removed/interrupted',
      'the file of the unix socket is left behind by a server that Ctrl-C ended',
    ),
    clause: 'process/unix-socket-removed',
    sabotage: { process: () => process.once('SIGINT', leaveSocketFile) },
  },
  {
    ...named(
      'process/application-error-survived',
      'an application that fails is answered with 502',
    ),
    clause: 'process/application-error-response',
    sabotage: heads((head) => ({
      ...head,
      statusLine: head.statusLine.replace(' 500 ', ' 502 '),
    })),
  },
  {
    ...named('process/resources-released', 'each request leaves a descriptor open'),
    sabotage: calls('http', () => {
      openSync('/dev/null', 'r')
      return {}
    }),
  },
  {
    ...named('process/descriptors-used-up', 'after many connections no more are read from'),
    sabotage: deafAfter(60),
  },
  {
    ...named('process/slow-clients-isolated', 'nobody is answered behind clients that read slowly'),
    sabotage: {
      outgoing: (bytes, tap) => (tap.head.startsWith('GET /next ') ? null : bytes),
    },
  },
]

function named(
  clause: string,
  breaks: string,
): Pick<Mutant, 'id' | 'property' | 'clause' | 'breaks'> {
  const id = clause.replace('process/', 'ending/')
  return { id, property: clause, clause, breaks }
}

/** From now on the signals do nothing. */
function deaf(...signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) {
    process.removeAllListeners(signal)
    process.on(signal, () => undefined)
  }
}

function deafAfter(connections: number): Mutant['sabotage'] {
  let count = 0
  return {
    process: () => {
      subscribe('net.server.socket', () => {
        count += 1
      })
    },
    incoming: (bytes) => (count > connections ? '' : bytes),
  }
}

function leaveSocketFile(): void {
  const path = process.argv[process.argv.indexOf('--uds') + 1]
  process.once('exit', () => writeFileSync(path ?? '', ''))
}
