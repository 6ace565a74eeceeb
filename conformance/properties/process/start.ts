import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { freePort } from '../../../targets/launch/port.ts'
import type { Application } from '../../../targets/target.ts'
import { PROBE } from '../../probe/application.ts'
import { deferred } from '../../testers/deferred.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { cooperate } from '../../testers/lifespan-script.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { isDict } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeExit } from './shutdown.ts'

/** A start that cannot succeed. */
export const start: readonly Property[] = [
  processProperty({
    id: 'process/start-bind-failure',
    law: 'an address in use ends the start with a message and an exit code other than 0; a free one is served',
    clauses: ['process/start-bind-failure', 'process/start-listens'],
    needs: ['http/1.1', 'process', 'config/command-line'],
    enough: 1,
    program: fc.record({ lifespan: fc.constantFrom('auto' as const) }),
    async run(launcher, { lifespan }) {
      const clause = 'process/start-bind-failure'
      await launcher.serve('process/start-listens', { lifespan })
      const host = '127.0.0.1'
      const port = await freePort(host)
      // Not of the same kind: servers may share their port with those that share theirs.
      const occupant = createServer()
      occupant.listen({ host, port, exclusive: true })
      await once(occupant, 'listening')
      try {
        const busy = { host, port, mayBeBusy: true, waitUntilListening: false }
        const iut = await launcher.start({ lifespan, ...busy })
        await judgeEnd(launcher, iut, clause)
        const log = await launcher.log(iut)
        launcher.check(clause, log.trim() !== '', 'a message', () => 'nothing')
      } finally {
        occupant.close()
      }
    },
  }),
  processProperty({
    id: 'process/start-interrupted',
    law: 'a termination signal during the start-up of the application ends the server, at the latest when that is over, with one worker or several',
    clauses: ['process/start-interrupted', 'lifespan/shutdown/event', 'process/shutdown-exit-code'],
    needs: ['http/1.1', 'process', 'lifespan'],
    enough: 4,
    program: fc.record({
      signal: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const),
      workers: fc.constantFrom(2, 1),
    }),
    async run(launcher, { signal, workers }) {
      const clause = 'process/start-interrupted'
      const begun = deferred<RemoteScope>()
      const scopes: RemoteScope[] = []
      const iut = await launcher.start({
        lifespan: 'auto',
        waitUntilListening: false,
        // Supervisors whose documentation says what becomes of a worker, and of what it does at the end.
        ...(supervises(launcher) ? { workers } : {}),
        onLifespan: (scope) => {
          // The first to come is held; others may start beside it, or behind it.
          if (scopes.push(scope) === 1) begun.resolve(scope)
          else void cooperate(scope).catch(() => undefined)
        },
      })
      const scope = await iut.afterLaunch(begun.promise, clause, 'a lifespan scope')
      await scope.receive()
      iut.expectEnd()
      iut.signal(signal)
      // A server may end at once, or let the application finish its start first. No lifespan ends in good
      // order on a signal that is documented as the quick way out.
      const orderly = signal === 'SIGTERM' || launcher.target.has('process/drains-on-sigint')
      if (!(await iut.cameWithinQuiet(iut.running.exited, PERIODS)))
        await judgeFarewell(launcher, iut, scope, orderly)
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, 'the end of the server', () => 'it still runs')
      if (launcher.target.has('documented/exit-codes')) judgeExit(launcher, signal, exit)
    },
  }),
  processProperty({
    id: 'process/start-interrupted/hanging',
    law: 'a termination signal ends a server whose application never comes to the end of its start, after the time that is documented',
    clauses: ['process/start-interrupted'],
    needs: ['http/1.1', 'process', 'lifespan', 'timeout/shutdown', 'documented/start-abandoned'],
    enough: 1,
    program: fc.record({ signal: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const) }),
    async run(launcher, { signal }) {
      const clause = 'process/start-interrupted'
      const begun = deferred<RemoteScope>()
      const iut = await launcher.start({
        lifespan: 'auto',
        waitUntilListening: false,
        settings: { 'command-line': { timeoutShutdown: 1 } },
        onLifespan: begun.resolve,
      })
      const scope = await iut.afterLaunch(begun.promise, clause, 'a lifespan scope')
      await scope.receive()
      iut.expectEnd()
      iut.signal(signal)
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, 'the end of the server', () => 'it still runs')
    },
  }),
  processProperty({
    id: 'process/start-import-failure',
    law: 'an application that cannot be loaded ends the start with its name in the log and an exit code other than 0',
    clauses: ['process/start-import-failure'],
    needs: ['http/1.1', 'process', 'process/start-failure-code'],
    enough: 2,
    program: fc.record({ missing: fc.constantFrom('module' as const, 'attribute' as const) }),
    async run(launcher, { missing }) {
      const iut = await launcher.start({
        application: absent(missing),
        waitUntilListening: false,
      })
      await judgeEnd(launcher, iut, 'process/start-import-failure')
      const log = await launcher.log(iut)
      launcher.check(
        'process/start-import-failure',
        log.includes(ABSENT),
        `a message that names ${ABSENT}`,
        () => log.slice(-300),
      )
    },
  }),
  processProperty({
    id: 'process/start-import-failure/workers',
    law: 'an application that cannot be loaded ends the start of several workers too, with an exit code other than 0',
    clauses: ['process/start-import-failure'],
    needs: ['http/1.1', 'process', 'workers', 'workers/start-failure-code'],
    enough: 1,
    program: fc.record({ missing: fc.constantFrom('module' as const, 'attribute' as const) }),
    async run(launcher, { missing }) {
      const iut = await launcher.start({
        application: absent(missing),
        workers: 2,
        waitUntilListening: false,
      })
      await judgeEnd(launcher, iut, 'process/start-import-failure')
    },
  }),
  processProperty({
    id: 'process/start-lifespan-failure-exit-code',
    law: 'a start that the application failed ends with an exit code other than 0',
    clauses: ['process/start-lifespan-failure-exit-code'],
    needs: ['http/1.1', 'process', 'process/start-failure-code', 'lifespan'],
    enough: 1,
    program: fc.record({ message: fc.constant('no database') }),
    async run(launcher, { message }) {
      const iut = await launcher.start({
        lifespan: 'auto',
        waitUntilListening: false,
        onLifespan: (scope) => {
          const failed = { type: 'lifespan.startup.failed', message }
          void scope
            .receive()
            .then(() => scope.sendLast(failed))
            .catch(() => undefined)
        },
      })
      iut.expectEnd()
      // Whether it ends at all is another law's: lifespan/startup/failed-exits.
      const exit = await iut.ended()
      if (exit === null) return
      launcher.check(
        'process/start-lifespan-failure-exit-code',
        exit.code !== 0,
        'an exit code other than 0',
        () => 'exit code 0',
      )
    },
  }),
]

/** Quiet periods in which a server that ends at once would have ended. */
const PERIODS = 10

const ABSENT = 'assay_no_such_name'

function absent(missing: 'module' | 'attribute'): Application {
  const { python, node } = PROBE
  return missing === 'module'
    ? {
        python: { ...python, module: ABSENT },
        node: { ...node, file: join(python.directory, `${ABSENT}.js`) },
      }
    : { python: { ...python, attribute: ABSENT }, node: { ...node, exportName: ABSENT } }
}

async function judgeEnd(launcher: Launcher, iut: Iut, clause: string): Promise<void> {
  iut.expectEnd()
  const exit = await iut.ended()
  if (exit === null) launcher.check(clause, false, 'the end of the server', () => 'it still runs')
  else launcher.check(clause, exit.code !== 0, 'an exit code other than 0', () => 'exit code 0')
}

function supervises({ target }: Launcher): boolean {
  return target.has('worker-replacement') && target.has('process/drains-on-sigterm')
}

/** lifespan.rst, "Shutdown": an application that was let finish its start is told when it is over. */
async function judgeFarewell(
  launcher: Launcher,
  iut: Iut,
  scope: RemoteScope,
  orderly: boolean,
): Promise<void> {
  const started = await scope.send({ type: 'lifespan.startup.complete' }).catch(() => null)
  if (started === null || started.raised !== null) return
  const told = scope
    .receive()
    .then(({ value }) => value !== null && isDict(value) && value['type'] === 'lifespan.shutdown')
    .catch(() => false)
  const ended = iut.ended().then((exit) => (exit === null ? null : false))
  const heard = await Promise.race([told, ended])
  // Whether the server ends at all is judged by the caller.
  if (heard === null || !(heard || orderly)) return
  launcher.check(
    'lifespan/shutdown/event',
    heard,
    'lifespan.shutdown after the start that was interrupted',
    () => 'the end of the server without it',
  )
  if (!heard) return
  await scope.send({ type: 'lifespan.shutdown.complete' }).catch(() => null)
  await scope.return().catch(() => null)
}
