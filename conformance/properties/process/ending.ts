import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import { certificates } from '../../testers/certificates.ts'
import type { Exchange } from '../../testers/exchange.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { inSocketFolder } from '../../testers/socket-folder.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'
import { establish } from '../../websocket/open.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { type Property, processProperty } from '../property.ts'
import { alive, type Fleet, launchWorkers } from './fleet.ts'
import { graceOf, LONG } from './grace.ts'
import { idleClients } from './idle-clients.ts'

const needs = ['http/1.1', 'process', 'process/drains-on-sigterm'] as const
const STOPPED = 'the end of the server'
const QUICK = 'process/sigquit-quick'
const BEHIND = 'process/workers-end-behind'

/** What ends with a server, what it waits for, and what it leaves behind. */
export const ending: readonly Property[] = [
  processProperty({
    id: 'process/sigterm-no-new-connections',
    law: 'while a request in flight is waited for after SIGTERM, no new connection is served',
    clauses: ['process/sigterm-no-new-connections'],
    needs,
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/late') }),
    async run(launcher, { path }) {
      const clause = 'process/sigterm-no-new-connections'
      const { trial, exchange } = await busy(launcher, clause)
      const { iut } = trial
      iut.signal('SIGTERM')
      const refuses = await iut.becomes(async () => {
        const channel = await iut.connect().catch(() => null)
        if (channel === null) return true
        trial.channels.push(channel)
        const attempt = trial.attempt(http.get(path), { channel }).catch(() => null)
        const answered = await iut.cameWithinQuiet(attempt, PERIODS)
        const served = answered ? ((await attempt)?.served ?? null) : null
        await served?.respond({ status: 204 }).catch(() => undefined)
        return served === null
      }, iut.startPatience)
      launcher.check(clause, refuses, 'no service for new connections', () => 'requests served')
      await finish(exchange)
    },
  }),
  processProperty({
    id: 'process/second-signal-forces',
    law: 'a second signal ends the server although a request is still in flight: a second SIGINT, or whichever where that is promised',
    clauses: ['process/second-signal-forces'],
    needs: ['http/1.1', 'process', 'process/drains-on-sigint', 'process/second-signal'],
    enough: 1,
    program: fc.record({ first: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const) }),
    async run(launcher, { first }) {
      const clause = 'process/second-signal-forces'
      const pairs = launcher.target.has('process/second-signal-workers')
        ? (['SIGTERM', 'SIGINT'] as const).map((second) => [first, second] as const)
        : ([['SIGINT', 'SIGINT']] as const)
      for (const [one, other] of pairs) {
        const { trial, exchange } = await busy(launcher, clause)
        const { iut } = trial
        iut.signal(one)
        await iut.cameWithinQuiet(exchange.channel.wire.closed, PERIODS)
        iut.signal(other)
        const exit = await iut.ended()
        const how = `${one} and ${other}`
        launcher.check(
          clause,
          exit !== null,
          STOPPED,
          () => `it waits for the request, after ${how}`,
        )
      }
    },
  }),
  processProperty({
    id: QUICK,
    law: 'SIGQUIT, where it is the quick way out, ends the server although a request is in flight',
    clauses: [QUICK],
    needs: [...needs, 'process/quick-on-sigquit'],
    enough: 2,
    program: fc.record({ workers: fc.constantFrom(1, 2) }),
    async run(launcher, { workers }) {
      const several = workers > 1 && launcher.target.has('workers') ? { workers } : {}
      const settings = { 'command-line': graceOf(launcher) }
      const iut = await launcher.serve(QUICK, { settings, ...several })
      await holdRequest(launcher.trial(iut))
      iut.signal('SIGQUIT')
      const exit = await iut.ended()
      launcher.check(QUICK, exit !== null, STOPPED, () => 'it waits for the request')
    },
  }),
  processProperty({
    id: 'process/second-signal-forces/workers',
    law: 'a second signal to the root process kills workers in which a request is still in flight',
    clauses: ['process/second-signal-forces', 'process/no-orphans'],
    needs: [...needs, 'workers', 'lifespan', 'process/second-signal-workers'],
    enough: 2,
    program: fc.record({
      first: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const),
      second: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const),
    }),
    async run(launcher, { first, second }) {
      const clause = 'process/second-signal-forces'
      const settings = { 'command-line': graceOf(launcher) }
      const { iut, pids } = await launchWorkers(launcher, clause, 2, { settings })
      const exchange = await holdRequest(launcher.trial(iut))
      iut.signal(first)
      await iut.cameWithinQuiet(exchange.channel.wire.closed, PERIODS)
      iut.signal(second)
      const exit = await iut.ended()
      const ends = exit !== null
      if (!launcher.check(clause, ends, STOPPED, () => 'it waits for the request')) return
      await judgeGone(launcher, { iut, pids }, second)
    },
  }),
  processProperty({
    id: 'process/shutdown-closes-keep-alive',
    law: 'connections that wait for a next request are closed at shutdown, and do not keep the server; nor do clients that never say anything where that is promised',
    clauses: ['process/shutdown-closes-keep-alive'],
    needs: [...needs, 'process/closes-idle', 'config/command-line', 'timeout/keep-alive'],
    enough: 1,
    program: fc.record({ connections: fc.constantFrom(1, 3) }),
    async run(launcher, { connections }) {
      const clause = 'process/shutdown-closes-keep-alive'
      const iut = await launcher.serve(clause, {
        settings: { 'command-line': { ...PATIENT, ...graceOf(launcher) } },
      })
      await idleClients(launcher.trial(iut), connections)
      await judgeStops(launcher, iut, clause, `${connections} idle connections`)
      if (!launcher.target.has('documented/silent-clients-cut')) return
      const { files } = await certificates()
      for (const [tls, settings] of [
        [null, {}],
        [ANY_TLS, { tls: files }],
      ] as const) {
        const silent = await launcher.serve(clause, {
          ...(tls === null ? {} : { tls }),
          settings: { 'command-line': { ...graceOf(launcher), ...settings } },
        })
        // They never begin a request, nor a handshake.
        for (let count = 0; count < connections; count += 1) {
          const { wire } = await silent.connect(null)
          void wire.closed.then(() => wire.close())
        }
        await silent.settle()
        const how = tls === null ? 'silent connections' : 'connections without a handshake'
        await judgeStops(launcher, silent, clause, `${connections} ${how}`)
      }
    },
  }),
  processProperty({
    id: 'process/shutdown-prompt',
    law: 'when no request is in flight and no connection open, SIGTERM ends the server without a wait',
    clauses: ['process/shutdown-prompt'],
    needs: [...needs, 'config/command-line', 'timeout/shutdown'],
    enough: 2,
    program: fc.record({ closedBy: fc.constantFrom('server' as const, 'client' as const) }),
    async run(launcher, { closedBy: first }) {
      const clause = 'process/shutdown-prompt'
      const iut = await launcher.serve(clause, {
        settings: { 'command-line': graceOf(launcher) },
      })
      const trial = launcher.trial(iut)
      const other = first === 'server' ? 'client' : 'server'
      for (const closedBy of [first, other, first])
        if (closedBy === 'server') await closedByServer(trial, clause)
        else await closedByClient(trial)
      await iut.settle()
      iut.expectEnd()
      iut.signal('SIGTERM')
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, STOPPED, () => 'it waits, for nothing that is there')
    },
  }),
  processProperty({
    id: 'process/shutdown-websocket-close',
    law: 'open WebSocket connections, over HTTP/2 too, are closed at shutdown with a code that says so, and do not keep the server',
    clauses: ['process/shutdown-websocket-close'],
    needs: [...needs, 'websocket', 'process/closes-websockets'],
    enough: 1,
    program: fc.record({ connections: fc.constantFrom(1, 2) }),
    async run(launcher, { connections }) {
      const clause = 'process/shutdown-websocket-close'
      const iut = await launcher.serve(clause, {})
      const trial = launcher.trial(iut)
      const open = []
      for (let count = 0; count < connections; count += 1) open.push(await establish(trial))
      open.push(...(await alsoOverHttp2(trial)))
      iut.expectEnd()
      iut.signal('SIGTERM')
      for (const exchange of open) {
        await exchange.over(clause)
        const code = exchange.peer.reader.close?.code ?? null
        // RFC 6455 §7.4.1 and its registry: going away, or a service that restarts.
        launcher.check(clause, code === 1012 || code === 1001, 'Close 1012 or 1001', () =>
          code === null ? 'no Close' : `Close ${code}`,
        )
        exchange.answerClose()
        await exchange.app.return().catch(() => undefined)
      }
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, STOPPED, () => 'it still runs')
    },
  }),
  processProperty({
    id: 'process/no-orphans',
    law: 'when the root process has ended after SIGTERM, so have its workers, or do so at once; behind one that is killed they end too, where that is promised',
    clauses: ['process/no-orphans'],
    needs: [...needs, 'workers', 'lifespan'],
    enough: 1,
    program: fc.record({ count: fc.constantFrom(2, 3) }),
    async run(launcher, { count }) {
      const clause = 'process/no-orphans'
      const options = { orphansMs: ORPHANS_MS }
      const { iut, pids } = await launchWorkers(launcher, clause, count, options)
      iut.expectEnd()
      iut.signal('SIGTERM')
      await judgeNoOrphans(launcher, { iut, pids }, 'SIGTERM')
      if (!launcher.target.has('documented/workers-end-behind')) return
      const killed = await launchWorkers(launcher, clause, count, options)
      killed.iut.expectEnd()
      killed.iut.signal('SIGKILL')
      await judgeNoOrphans(launcher, killed, 'SIGKILL')
    },
  }),
  processProperty({
    id: BEHIND,
    law: 'behind a root process that was killed, workers answer what they had begun, and their applications are told to shut down',
    clauses: [BEHIND, 'process/no-orphans'],
    needs: [...needs, 'workers', 'lifespan', 'documented/workers-end-behind'],
    enough: 1,
    program: fc.record({ count: fc.constantFrom(2, 3) }),
    async run(launcher, { count }) {
      const fleet = await launchWorkers(launcher, BEHIND, count, { orphansMs: ORPHANS_MS })
      const { iut, pids, dismissed } = fleet
      const exchange = await launcher.trial(iut).open(http.get('/'), { fresh: true })
      iut.expectEnd()
      iut.signal('SIGKILL')
      await iut.ended()
      await iut.becomes(() => dismissed.size === pids.size - 1, iut.startPatience)
      await exchange.respond({ status: 200, body: ['late'] })
      const response = await exchange.response(BEHIND)
      const whole = response?.complete === true
      launcher.check(BEHIND, whole, 'the response that was begun', () => 'a close')
      const told = await iut.becomes(() => dismissed.size === pids.size, iut.startPatience)
      const expected = `lifespan.shutdown in each of ${pids.size} workers`
      launcher.check(BEHIND, told, expected, () => `in ${dismissed.size}`)
      await judgeGone(launcher, fleet, 'SIGKILL')
    },
  }),
  socketRemoved('process/unix-socket-removed', 'SIGTERM', 'uds/removed'),
  socketRemoved('process/unix-socket-removed/interrupted', 'SIGINT', 'uds/removed-on-interrupt'),
]

type Group = Pick<Fleet, 'iut' | 'pids'>

async function judgeNoOrphans(launcher: Launcher, group: Group, signal: string): Promise<void> {
  const exit = await group.iut.ended()
  const ended = exit !== null
  if (launcher.check('process/no-orphans', ended, STOPPED, () => 'it still runs'))
    await judgeGone(launcher, group, signal)
}

/** The root process has ended. */
async function judgeGone(launcher: Launcher, { iut, pids }: Group, signal: string): Promise<void> {
  const living = (): readonly number[] => [...pids].filter(alive)
  const gone = await iut.becomes(() => living().length === 0, ORPHANS_MS / 2)
  const observed = (): string => `${living().length} workers run on`
  launcher.check('process/no-orphans', gone, `no process left behind ${signal}`, observed)
}

function socketRemoved(id: string, signal: 'SIGTERM' | 'SIGINT', promise: Capability): Property {
  const clause = 'process/unix-socket-removed'
  return processProperty({
    id,
    law: `the file of the unix socket is gone when the server has ended by ${signal}`,
    clauses: [clause],
    needs: [...needs, 'uds', promise],
    enough: 1,
    program: fc.record({ name: fc.constantFrom('a.sock', 'b.sock') }),
    async run(launcher, { name }) {
      for (const workers of launcher.target.has('workers') ? [1, 2] : [1])
        await inSocketFolder(async (folder) => {
          const uds = join(folder, name)
          const iut = await launcher.serve(clause, { uds, workers })
          iut.expectEnd()
          iut.signal(signal)
          const exit = await iut.ended()
          if (exit === null) return
          const gone = `no file ${name} behind ${workers} workers`
          launcher.check(clause, !existsSync(uds), gone, () => 'it is still there')
        })
    },
  })
}

/** Quiet periods that a server is given to serve what it must not. */
const PERIODS = 5
const ORPHANS_MS = 16_000

/** Idle connections are not closed by a time-out of their own. */
const PATIENT = { timeoutKeepAlive: LONG } as const

async function closedByServer(trial: Trial, clause: string): Promise<void> {
  const exchange = await trial.open(http.get('/', [['Connection', 'close']]), { fresh: true })
  await exchange.respond({ status: 200, body: ['ok'] })
  await exchange.response()
  const { wire } = exchange.channel
  await trial.iut.within(wire.closed, clause, 'the end of the connection')
  wire.close()
}

async function closedByClient(trial: Trial): Promise<void> {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  await exchange.respond({ status: 200, body: ['ok'] })
  await exchange.response()
  exchange.channel.wire.close()
}

/** A target with a request in flight, whose end is awaited from now on. */
async function busy(
  launcher: Launcher,
  clause: string,
): Promise<{ readonly trial: Trial; readonly exchange: Exchange }> {
  const iut = await launcher.serve(clause, {})
  const trial = launcher.trial(iut)
  return { trial, exchange: await holdRequest(trial) }
}

/** One that is with the application while the server is told to end. */
async function holdRequest(trial: Trial): Promise<Exchange> {
  const exchange = await trial.open(http.get('/held'), { fresh: true })
  exchange.misused = true
  trial.iut.expectEnd()
  return exchange
}

/** Nobody else keeps the server, which is promised not to wait for these. */
async function judgeStops(
  launcher: Launcher,
  iut: Iut,
  clause: string,
  keepers: string,
): Promise<void> {
  iut.expectEnd()
  iut.signal('SIGTERM')
  const exit = await iut.ended()
  launcher.check(clause, exit !== null, STOPPED, () => `${keepers} keep it`)
}

async function finish(exchange: Exchange): Promise<void> {
  await exchange.respond({ status: 200, body: ['done'] }).catch(() => undefined)
  await exchange.response().catch(() => undefined)
}
