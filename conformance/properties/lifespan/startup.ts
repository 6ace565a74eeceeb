import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { deferred } from '../../testers/deferred.ts'
import type { Iut, StartOptions } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { Outcome, RemoteScope } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import { isDict, type Message, show } from '../../testers/values.ts'
import { WireConnection } from '../../testers/wire.ts'
import { judgeAsgiVersion } from '../asgi-version.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeLogged } from './logged.ts'

const needs = ['http/1.1', 'lifespan'] as const

/** lifespan.rst up to "Startup Failed": what comes before the first connection. */
export const startup: readonly Property[] = [
  processProperty({
    id: 'lifespan/startup/complete-awaited',
    law: 'one lifespan scope is opened, and no connection is processed until its startup is complete',
    clauses: [
      'lifespan/scope/type',
      'lifespan/scope/spec-version',
      'lifespan/startup/event',
      'lifespan/startup/before-connections',
      'lifespan/startup/complete-awaited',
      'lifespan/once-per-event-loop',
      'lifespan/same-event-loop',
      'lifespan/scope/asgi-version',
      'asgi/scope/asgi-version',
      'lifespan/scope/lifetime',
      'asgi/extensions/dict',
    ],
    needs,
    program: fc.record({ path: fc.constantFrom('/', '/early'), slow: fc.boolean() }),
    caseOf: ({ slow }) => String(slow),
    async run(launcher, { path, slow }) {
      const { iut, scope } = await launchHeld(launcher)
      judgeScope(launcher, scope)
      const event = await iut.within(scope.receive(), 'lifespan/startup/event', 'lifespan.startup')
      const type = isDict(event.value) ? event.value['type'] : null
      launcher.check(
        'lifespan/startup/event',
        type === 'lifespan.startup',
        'lifespan.startup',
        () => show(event.value),
      )
      // A server has no leave to lose its patience with a start-up, and to serve without it.
      if (slow) await pause(SLOW_START_MS)
      const early = await requestEarly(iut, path)
      launcher.check(
        'lifespan/startup/complete-awaited',
        !early,
        'no scope before startup.complete',
        () => 'the request reached the application',
      )
      await scope.send({ type: 'lifespan.startup.complete' })
      const told = scope.receive()
      told.catch(() => undefined)
      await untilListening(iut)
      await iut.calibrate()
      const trial = launcher.trial(iut)
      const exchange = await trial.open(http.get(path), { fresh: true })
      await exchange.respond({ status: 200, body: ['up'] })
      const response = await exchange.response()
      launcher.check(
        'lifespan/startup/before-connections',
        response?.status === 200,
        'requests served after startup.complete',
        () => String(response?.status),
      )
      launcher.check(
        'lifespan/once-per-event-loop',
        iut.lifespans.length === 1,
        'one lifespan scope',
        () => `${iut.lifespans.length} lifespan scopes`,
      )
      launcher.check(
        'lifespan/same-event-loop',
        iut.workers.size === 1,
        'one event loop for lifespan and requests',
        () => `${iut.workers.size} event loops`,
      )
      launcher.check(
        'lifespan/scope/lifetime',
        scope.end === null,
        'a lifespan scope that lasts',
        () => `it was ${scope.end}`,
      )
      const over = await iut.cameWithinQuiet(told)
      const observed = over ? show((await told).value) : ''
      launcher.check(
        'lifespan/scope/lifetime',
        !over,
        'no lifespan event while the server serves',
        () => observed,
      )
      void cooperateShutdown(scope, told)
    },
  }),
  processProperty({
    id: 'lifespan/startup/failed-exits',
    law: 'lifespan.startup.failed makes the server print the message and exit, serving nothing',
    clauses: [
      'lifespan/startup/failed-exits',
      'lifespan/startup/failed-in-task-group',
      'lifespan/startup/failed-message-logged',
      'lifespan/startup/failed-message-optional',
    ],
    needs,
    program: fc.record({
      message: fc.constantFrom(
        'database is away 7f3a\nand so is its replica 20d5',
        'no licence 91cc\n\n  ask for one: 4e0b',
      ),
    }),
    async run(launcher, { message }) {
      const type = 'lifespan.startup.failed'
      await failStartup(launcher, 'lifespan/startup/failed-message-optional', { type })
      const failed = { type, message }
      const { iut, exits } = await failStartup(launcher, 'lifespan/startup/failed-exits', failed)
      const log = await launcher.log(iut)
      judgeLogged(launcher, 'lifespan/startup/failed-message-logged', message, log)
      // One that does not exit at all would only be waited for once more.
      if (!exits) return
      await failStartup(
        launcher,
        'lifespan/startup/failed-in-task-group',
        failed,
        'in a task group',
      )
      await failStartup(launcher, 'lifespan/startup/failed-exits', failed, 'and returns')
    },
  }),
  processProperty({
    id: 'lifespan/scope/exception-continues',
    law: 'an application that raises on the lifespan scope is served without lifespan events',
    clauses: ['lifespan/scope/exception-continues', 'lifespan/scope/exception-ends-events'],
    needs,
    program: fc.record({
      after: fc.constantFrom('scope' as const, 'startup' as const),
      exception: fc.constantFrom('RuntimeError' as const, 'ValueError' as const),
    }),
    async run(launcher, { after, exception }) {
      const { iut, scope } = await launchHeld(launcher)
      if (after === 'startup')
        await iut.within(scope.receive(), 'lifespan/startup/event', 'lifespan.startup')
      await scope.raise(exception)
      await untilListening(iut, 'lifespan/scope/exception-continues')
      await iut.calibrate()
      const trial = launcher.trial(iut)
      const exchange = await trial.open(http.get('/'), { fresh: true })
      await exchange.respond({ status: 200, body: ['ok'] })
      const response = await exchange.response()
      launcher.check(
        'lifespan/scope/exception-continues',
        response?.status === 200,
        'requests served',
        () => String(response?.status),
      )
      launcher.check(
        'lifespan/scope/exception-ends-events',
        iut.lifespans.length === 1,
        'no further lifespan scope',
        () => `${iut.lifespans.length} lifespan scopes`,
      )
    },
  }),
]

async function failStartup(
  launcher: Launcher,
  clause: string,
  message: Message,
  how: 'alone' | 'in a task group' | 'and returns' = 'alone',
): Promise<{ readonly iut: Iut; readonly exits: boolean }> {
  const { iut, scope } = await launchHeld(launcher)
  await iut.within(scope.receive(), 'lifespan/startup/event', 'lifespan.startup')
  // The server may end before the answers to these commands are out.
  iut.expectEnd()
  // Some servers answer the message with an exception, and end when the application lets it escape. One that raises
  // of its own accord asks for the opposite: by lifespan.rst "Scope" the server must go on.
  if (how === 'and returns') {
    await scope.send(message).catch(() => undefined)
    void scope.return().catch(() => undefined)
  } else await scope.sendLast(message, how === 'in a task group').catch(() => undefined)
  const exit = await exitWithin(iut)
  const exits = launcher.check(
    clause,
    exit !== null,
    'the server exits',
    () => 'the server still runs',
  )
  return { iut, exits }
}

/** Launches the target and holds its lifespan scope in hand, start-up not yet complete. */
export async function launchHeld(
  launcher: Launcher,
  clause = 'lifespan/scope/type',
  options: Pick<StartOptions, 'settings'> = {},
): Promise<{ iut: Iut; scope: RemoteScope }> {
  const opened = deferred<RemoteScope>()
  const iut = await launcher.start({
    ...options,
    lifespan: 'auto',
    waitUntilListening: false,
    onLifespan: (scope) => opened.resolve(scope),
  })
  const scope = await iut.afterLaunch(opened.promise, clause, 'a lifespan scope')
  return { iut, scope }
}

function judgeScope(launcher: Launcher, scope: RemoteScope): void {
  const { type, asgi } = scope.scope
  const spec = isDict(asgi) ? asgi['spec_version'] : undefined
  judgeAsgiVersion(launcher, ['asgi/scope/asgi-version', 'lifespan/scope/asgi-version'], asgi)
  launcher.check('lifespan/scope/type', type === 'lifespan', '"lifespan"', () => show(type))
  const { extensions } = scope.scope
  const offers = extensions === undefined || isDict(extensions)
  launcher.check('asgi/extensions/dict', offers, 'a dict, if any', () => show(extensions))
  launcher.check(
    'lifespan/scope/spec-version',
    spec === undefined || spec === '1.0' || spec === '2.0',
    'a version of lifespan.rst, "1.0" or "2.0"',
    () => show(spec),
  )
}

/** Milliseconds in which a server that does not wait for its application is listening. */
const EARLY = 200

/** True when a request sent now reaches the application; a refused connection is as good as silence. */
async function requestEarly(iut: Iut, path: string): Promise<boolean> {
  const until = performance.now() + EARLY
  let channel = await iut.connect().catch(() => null)
  while (channel === null && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    channel = await iut.connect().catch(() => null)
  }
  if (channel === null) return false
  channel.wire.reader.expect('GET')
  channel.wire.write(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`, 'latin1'))
  const early = await iut.cameWithinQuiet(channel.scope())
  iut.release(channel)
  return early
}

async function untilListening(
  iut: Iut,
  clause = 'lifespan/startup/before-connections',
): Promise<void> {
  await iut.afterLaunch(connected(iut), clause, 'the listening socket')
}

async function connected(iut: Iut): Promise<void> {
  while (iut.lost === null) {
    const wire = await WireConnection.open(iut.running.host, iut.running.port).catch(() => null)
    wire?.reset()
    if (wire !== null) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function exitWithin(iut: Iut): Promise<{ code: number | null } | null> {
  const clock = new Promise<null>((resolve) => setTimeout(resolve, iut.startPatience, null).unref())
  return await Promise.race([iut.running.exited, clock])
}

/** Longer than a moment, for an application that connects to its database, say. */
const SLOW_START_MS = 4_000

async function cooperateShutdown(scope: RemoteScope, told: Promise<Outcome>): Promise<void> {
  const event = await told.catch(() => null)
  if (event?.raised === null)
    await scope.send({ type: 'lifespan.shutdown.complete' }).catch(() => undefined)
  await scope.return().catch(() => undefined)
}
