import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { ExitInfo } from '../../../targets/target.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeSaysClose } from '../wire/closing.ts'
import { launchWorkers } from './fleet.ts'
import { graceOf, hearingMs } from './grace.ts'
import { drainsHttp2 } from './shutdown-http2.ts'

/** RFC 9112 §9.6: who intends to close the connection behind a message should say so in it. */
export const ANNOUNCED = 'wire/rfc9112/close-announced'

/** A connection whose request is answered is an idle one from then on. */
export const IDLE = 'process/shutdown-closes-keep-alive'

const DRAINS = 'process/sigterm-drains'

type Stop = 'SIGTERM' | 'SIGINT'

/** What it takes to hold requests in workers while their server stops. */
export const FLEET_DRAINS: readonly Capability[] = [
  'http/1.1',
  'process',
  'process/drains-on-sigterm',
  'workers',
  'lifespan',
  'config/command-line',
  'timeout/shutdown',
]

/** The end of a server, as its supervisor sees it. */
export const shutdown: readonly Property[] = [
  drains('SIGTERM', DRAINS, 'process/drains-on-sigterm'),
  drains('SIGINT', 'process/sigint-drains', 'process/drains-on-sigint'),
  drainsHttp2,
  processProperty({
    id: 'process/sigterm-drains/workers',
    law: 'the one of several workers that has a request in flight at SIGTERM answers it, however long that takes within the grace time, then the server ends',
    clauses: [DRAINS],
    needs: FLEET_DRAINS,
    enough: 1,
    program: fc.record({ workers: fc.constantFrom(2, 3) }),
    async run(launcher, { workers }) {
      const settings = { 'command-line': graceOf(launcher) }
      const { iut } = await launchWorkers(launcher, DRAINS, workers, { settings })
      const trial = launcher.trial(iut)
      // The others have nothing to wait for, and leave first.
      const exchange = await trial.open(http.get('/held'), { fresh: true })
      iut.expectEnd()
      iut.signal('SIGTERM')
      await pause(2 * hearingMs(iut))
      await exchange.respond({ status: 200, body: ['late'] })
      const response = await exchange.response(DRAINS)
      const whole = response?.complete === true
      launcher.check(DRAINS, whole, 'the whole response', () => 'none, or a part of it')
      exchange.channel.wire.close()
      const exit = await iut.ended()
      launcher.check(DRAINS, exit !== null, 'the server ends', () => 'it still runs')
    },
  }),
]

/** Quiet periods in which a hasty server would have cut the connection. */
const HASTE = 5

function drains(
  signal: Stop,
  clause: 'process/sigterm-drains' | 'process/sigint-drains',
  capability: 'process/drains-on-sigterm' | 'process/drains-on-sigint',
): Property {
  return processProperty({
    id: clause,
    law: `a request in flight at ${signal} is answered in full, then the server ends`,
    clauses: [
      clause,
      'http/receive/no-early-disconnect',
      'process/shutdown-exit-code',
      ANNOUNCED,
      IDLE,
    ],
    needs: ['http/1.1', 'process', capability],
    enough: 2,
    program: fc.record({ started: fc.boolean() }),
    async run(launcher, { started }) {
      const iut = await launcher.serve(clause, {
        settings: { 'command-line': graceOf(launcher) },
      })
      const exchange = await launcher.trial(iut).open(http.get('/'), { fresh: true })
      await exchange.readBody()
      const waiting = exchange.app.receive()
      const begin = startMessage({ status: 200, headers: [['content-length', '8']] })
      if (started) {
        await exchange.send(begin)
        await exchange.send(bodyMessage('half', true))
      }
      const { wire } = exchange.channel
      // A client that holds its half open may keep the connection, and so the server, for a while.
      void wire.closed.then(() => wire.close())
      iut.expectEnd()
      iut.signal(signal)
      const cut = await iut.cameWithinQuiet(wire.closed, HASTE)
      launcher.check(
        clause,
        !cut,
        'the connection open while its request is in flight',
        () => `closed by the server (${wire.closing})`,
      )
      if (cut) return
      await judgePatience(launcher, iut, waiting)
      if (!started) {
        await Promise.race([wire.closed, pause(hearingMs(iut))])
        await exchange.send(begin)
      }
      await exchange.send(bodyMessage(started ? 'half' : 'complete', false))
      await exchange.app.return()
      const response = await exchange.response(clause)
      launcher.check(clause, response?.complete === true, 'the whole response', () =>
        response === null ? 'no response' : 'a truncated response',
      )
      await judgeIdleClosed(launcher, iut, wire)
      if (response !== null && !started)
        await judgeSaysClose(launcher.trial(iut), wire, response, ANNOUNCED)
      wire.close()
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, 'the server ends', () => 'it still runs')
      judgeExit(launcher, signal, exit)
    },
  })
}

/** For servers that promise it: where the last response of a connection has left, a close follows. */
export async function judgeIdleClosed(
  launcher: Launcher,
  iut: Iut,
  wire: WireConnection,
): Promise<void> {
  if (!launcher.target.has('process/closes-idle')) return
  const closed = await iut.becomes(() => wire.closing !== null, iut.startPatience)
  launcher.check(IDLE, closed, 'a close behind the last response', () => 'it stays open')
}

/** www.rst, "Disconnect - receive event": a shutdown that waits for the response is no disconnect. */
async function judgePatience(launcher: Launcher, iut: Iut, waiting: Promise<Outcome>) {
  const told = await iut.cameWithinQuiet(waiting)
  launcher.check(
    'http/receive/no-early-disconnect',
    !told,
    'no event while the connection is open and the response is due',
    () => 'an event from receive() at the signal',
  )
}

/** What a shell shows for a death by the signal: 128 and its number. */
const SHELL_CODES: Readonly<Record<Stop, number>> = { SIGTERM: 143, SIGINT: 130 }

/**
 * A process that handled the signal exits with 0; one that hands it on dies by it, which a shell shows
 * as 143 or 130. Supervisors take all three for a stop that was asked for, and anything else for a failure. Null:
 * it has not ended, which is for others to judge.
 */
export function judgeExit(launcher: Launcher, signal: Stop, exit: ExitInfo | null): void {
  if (exit === null) return
  const mayHandOn = !launcher.target.has('documented/exit-codes')
  const handedOn = exit.code === SHELL_CODES[signal] || exit.signal === signal
  launcher.check(
    'process/shutdown-exit-code',
    exit.code === 0 || (mayHandOn && handedOn),
    mayHandOn ? `exit code 0, or death by ${signal}` : 'exit code 0, as documented',
    () => `exit ${exit.code ?? exit.signal}`,
  )
}
