import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { Settings } from '../../../targets/settings.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, type PyValue, show } from '../../testers/values.ts'
import { judgeDismissed, launchWorkers } from '../process/fleet.ts'
import { graceOf, hearingMs, LONG } from '../process/grace.ts'
import { idleClients } from '../process/idle-clients.ts'
import { judgeExit } from '../process/shutdown.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeLogged } from './logged.ts'

const needs = ['http/1.1', 'lifespan'] as const

/** Longer than the shortest grace time, and than what supervisors add to it. */
const LINGERS_MS = 4500

/** In which a server that does not wait for its application, or not for long, has gone on. */
const LONG_MS = 2000

/** lifespan.rst from "Shutdown": what comes after the last connection. */
export const shutdown: readonly Property[] = [
  processProperty({
    id: 'lifespan/shutdown/complete-awaited',
    law: 'SIGTERM brings lifespan.shutdown, and the server ends only after shutdown.complete',
    clauses: ['lifespan/shutdown/event', 'lifespan/shutdown/complete-awaited'],
    needs,
    enough: 4,
    program: fc.record({
      signal: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const),
      /** Less time than the application takes for those that are served, where that is what the time is for. */
      hasty: fc.boolean(),
    }),
    async run(launcher, { signal: wanted, hasty }) {
      // To some servers SIGINT is the order to end at once, without the application.
      const signal = launcher.target.has('process/drains-on-sigint') ? wanted : 'SIGTERM'
      const { iut, scope } = await launchStarted(launcher, hasty ? hasteOf(launcher) : {})
      const event = await signalled(iut, scope, signal)
      launcher.check(
        'lifespan/shutdown/event',
        event === 'lifespan.shutdown',
        'lifespan.shutdown',
        () => show(event),
      )
      // Some servers give an application a while, and go all the same.
      const early = await Promise.race([iut.running.exited.then(() => true), pause(LONG_MS, false)])
      launcher.check(
        'lifespan/shutdown/complete-awaited',
        !early,
        'the server waits for shutdown.complete',
        () => 'the server ended before it',
      )
      await endLifespan(scope, 'lifespan.shutdown.complete')
      const exit = await exitWithin(iut)
      launcher.check(
        'lifespan/shutdown/complete-awaited',
        exit,
        'the server ends after shutdown.complete',
        () => 'the server still runs',
      )
    },
  }),
  processProperty({
    id: 'lifespan/shutdown/complete-awaited/workers',
    law: 'workers whose applications take longer to shut down than requests in flight may are waited for like a single process',
    clauses: ['lifespan/shutdown/complete-awaited'],
    needs: [...needs, 'workers', 'process/closes-idle'],
    enough: 1,
    program: fc.record({ workers: fc.constantFrom(2, 3) }),
    async run(launcher, { workers }) {
      const clause = 'lifespan/shutdown/complete-awaited'
      const settings = { 'command-line': hasteOf(launcher) }
      const fleet = await launchWorkers(launcher, clause, workers, {
        settings,
        lingersMs: LINGERS_MS,
      })
      const { iut, pids } = fleet
      iut.expectEnd()
      iut.signal('SIGTERM')
      const exit = await iut.ended(LINGERS_MS)
      launcher.check(clause, exit !== null, 'the end behind it', () => 'the server still runs')
      await judgeDismissed(launcher, fleet, [...pids])
    },
  }),
  processProperty({
    id: 'lifespan/shutdown/after-connections-closed',
    law: 'a request in flight at SIGTERM is finished before the application is told to shut down',
    clauses: ['lifespan/shutdown/after-connections-closed'],
    needs,
    program: fc.record({
      started: fc.boolean(),
      /** The client has ended its side, and reads on: where that is served it is a connection like any other. */
      ended: fc.boolean(),
    }),
    caseOf: ({ started, ended }) => `${started} ${ended}`,
    async run(launcher, { started, ended }) {
      const { iut, scope } = await launchStarted(launcher, graceOf(launcher))
      const trial = launcher.trial(iut)
      const exchange = await trial.open(http.get('/'), { fresh: true })
      if (ended && launcher.target.has('documented/half-close')) exchange.channel.wire.end()
      if (started) {
        await exchange.send(startMessage({ status: 200, headers: [['content-length', '8']] }))
        await exchange.send(bodyMessage('half', true))
      }
      const { wire } = exchange.channel
      void wire.closed.then(() => wire.close())
      const told = scope.receive()
      await iut.settle()
      iut.expectEnd()
      iut.signal('SIGTERM')
      // Not the quiet of a round trip: some servers look for signals ten times a second, and pause then.
      const early = await Promise.race([told.then(() => true), pause(hearingMs(iut), false)])
      launcher.check(
        'lifespan/shutdown/after-connections-closed',
        !early,
        'no lifespan.shutdown while a request is in flight',
        () => 'lifespan.shutdown came first',
      )
      if (!started)
        await exchange.send(startMessage({ status: 200, headers: [['content-length', '4']] }))
      await exchange.send(bodyMessage('half', false))
      await exchange.app.return()
      const response = await exchange.response()
      launcher.check(
        'lifespan/shutdown/after-connections-closed',
        response?.complete === true,
        'the response in flight complete',
        () => (response === null ? 'no response' : 'a truncated response'),
      )
      // A client that holds its half open may keep the connection, and so the server, for a while.
      exchange.channel.wire.close()
      await iut.within(told, 'lifespan/shutdown/event', 'lifespan.shutdown')
      await endLifespan(scope, 'lifespan.shutdown.complete')
    },
  }),
  processProperty({
    id: 'lifespan/shutdown/idle-connections-closed',
    law: 'clients that keep idle connections open do not keep lifespan.shutdown from the application',
    clauses: ['lifespan/shutdown/idle-connections-closed'],
    needs,
    enough: 1,
    program: fc.record({ connections: fc.constantFrom(1, 3) }),
    async run(launcher, { connections }) {
      // Time-outs of idle connections are shorter than this, as a rule; the server is to close them itself.
      const { iut, scope } = await launchStarted(launcher, patienceOf(launcher))
      const trial = launcher.trial(iut)
      await idleClients(trial, connections)
      let type: PyValue | undefined = null
      void scope.receive().then(
        ({ value }) => {
          type = isDict(value) ? value['type'] : value
        },
        () => undefined,
      )
      await iut.settle()
      iut.expectEnd()
      iut.signal('SIGTERM')
      for (const afterMs of LATE_MS) void lateClient(trial, afterMs).catch(() => undefined)
      await iut.becomes(() => type !== null, iut.startPatience)
      launcher.check(
        'lifespan/shutdown/idle-connections-closed',
        type === 'lifespan.shutdown',
        'lifespan.shutdown',
        () => `${show(type)} while ${connections} idle connections are open`,
      )
      await endLifespan(scope, 'lifespan.shutdown.complete')
    },
  }),
  processProperty({
    id: 'process/shutdown-exit-code/lifespan-over',
    law: 'an application that has left its lifespan after the start-up does not keep the server from ending',
    clauses: ['process/shutdown-exit-code'],
    needs: [...needs, 'process', 'process/drains-on-sigterm'],
    enough: 1,
    program: fc.record({ requests: fc.constantFrom(0, 1) }),
    async run(launcher, { requests }) {
      const clause = 'process/shutdown-exit-code'
      const { iut, scope } = await launchStarted(launcher)
      await scope.return()
      for (let count = 0; count < requests; count += 1) {
        const exchange = await launcher.trial(iut).open(http.get('/'), { fresh: true })
        await exchange.respond({ status: 200, body: ['ok'] })
        await exchange.response()
        exchange.channel.wire.close()
      }
      await iut.settle()
      iut.expectEnd()
      iut.signal('SIGTERM')
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, 'the end of the server', () => 'it runs on')
      judgeExit(launcher, 'SIGTERM', exit)
    },
  }),
  processProperty({
    id: 'lifespan/shutdown/failed-terminates',
    law: 'lifespan.shutdown.failed makes the server print the message and end',
    clauses: [
      'lifespan/shutdown/failed-terminates',
      'lifespan/shutdown/failed-message-logged',
      'lifespan/shutdown/failed-message-optional',
    ],
    needs,
    program: fc.record({
      message: fc.constantFrom(
        'pool would not close 4be1\nafter three attempts 0c9e',
        'flush failed 77d0\n\n  two writes are lost: 51f2',
      ),
    }),
    async run(launcher, { message }) {
      await failShutdown(launcher, 'lifespan/shutdown/failed-message-optional')
      const iut = await failShutdown(launcher, 'lifespan/shutdown/failed-terminates', message)
      const log = await launcher.log(iut)
      judgeLogged(launcher, 'lifespan/shutdown/failed-message-logged', message, log)
    },
  }),
]

async function failShutdown(launcher: Launcher, clause: string, message?: string): Promise<Iut> {
  const { iut, scope } = await launchStarted(launcher)
  await signalled(iut, scope, 'SIGTERM')
  await endLifespan(scope, 'lifespan.shutdown.failed', message)
  const exit = await exitWithin(iut)
  launcher.check(clause, exit, 'the server ends', () => 'the server still runs')
  return iut
}

/** After a signal, of which a server takes note at once or a tenth of a second later. */
const LATE_MS = [0, 25, 50] as const
/** In which the server has turned to the connections that it is to close. */
const SERVED_MS = 1000

/** One that comes when the server may not have heard of its end yet: refused, or served and idle then. */
async function lateClient(trial: Trial, afterMs: number): Promise<void> {
  await pause(afterMs)
  const { served } = await trial.attempt(http.get('/late'), { fresh: true })
  if (served === null) return
  served.misused = true
  const { wire } = served.channel
  void wire.closed.then(() => wire.close())
  await pause(SERVED_MS)
  await served.respond({ status: 200, body: ['ok'] })
}

/** Of a server that documents its grace time as one for requests, and nothing else. */
function hasteOf(launcher: Launcher): Settings {
  return launcher.target.has('process/closes-idle') ? graceOf(launcher, 1) : {}
}

/** Of a server that promises to close them at once, they are longer. */
function patienceOf(launcher: Launcher): Settings {
  const { target } = launcher
  const long = target.has('process/closes-idle') && target.has('timeout/keep-alive')
  return long ? { ...graceOf(launcher), timeoutKeepAlive: LONG } : {}
}

async function launchStarted(
  launcher: Launcher,
  settings: Settings = {},
): Promise<{ iut: Iut; scope: RemoteScope }> {
  const scopes: RemoteScope[] = []
  const iut = await launcher.start({
    lifespan: 'auto',
    settings: { 'command-line': settings },
    onLifespan: (scope) => {
      scopes.push(scope)
      void scope.receive().then(() => scope.send({ type: 'lifespan.startup.complete' }))
    },
  })
  await iut.calibrate()
  const scope = scopes[0]
  if (scope === undefined)
    throw new Error('the target serves without having opened a lifespan scope')
  return { iut, scope }
}

async function signalled(
  iut: Iut,
  scope: RemoteScope,
  signal: 'SIGTERM' | 'SIGINT',
): Promise<PyValue | undefined> {
  const told = scope.receive()
  await iut.settle()
  iut.expectEnd()
  iut.signal(signal)
  const event = await iut.within(told, 'lifespan/shutdown/event', 'lifespan.shutdown')
  return isDict(event.value) ? event.value['type'] : event.value
}

async function endLifespan(scope: RemoteScope, type: string, message?: string): Promise<void> {
  await scope.sendLast(message === undefined ? { type } : { type, message }).catch(() => undefined)
}

async function exitWithin(iut: Iut): Promise<boolean> {
  const clock = new Promise<false>((resolve) =>
    setTimeout(resolve, iut.startPatience, false).unref(),
  )
  return await Promise.race([iut.running.exited.then(() => true), clock])
}
