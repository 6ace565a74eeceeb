import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { Raised } from '../../testers/remote-scope.ts'
import { claimedVersion, claims } from '../../testers/spec-version.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { closeBody } from '../../websocket/close.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { closeFrame } from '../../websocket/message-plan.ts'
import { establish, tryToEstablish } from '../../websocket/open.ts'
import { isOsError, named } from '../http/send-disconnected.ts'
import { establishOver } from '../http2/web-socket-exchange.ts'
import { ENDING_ALIKE, exchangeProperty, type Property, processProperty } from '../property.ts'

const RAISES = 'websocket/send/disconnected-oserror'
const SILENT = 'asgi/send/after-close-no-op-or-oserror'
const ESCAPES = [
  'websocket/send/exception-caught-when-reraised',
  'asgi/send/error-caught-by-server',
] as const
const UNLOGGED = 'websocket/send/disconnected-not-logged'

/** Quiet periods in which a late send() has come to something. */
const PERIODS = 10

const leaving = fc.constantFrom('close frame', 'reset')

/** www.rst, "Disconnected Client - send exception" of WebSocket. */
export const lateSend: readonly Property[] = [
  exchangeProperty({
    id: RAISES,
    beyondTcp: ENDING_ALIKE,
    law: 'send() after websocket.disconnect raises an OSError where the scope claims spec_version 2.4 or later',
    clauses: [RAISES, SILENT, 'websocket/app/catches-disconnect'],
    needs: ['websocket'],
    program: fc.record({
      leaving,
      late: fc.array(arbitrary.saying, { minLength: 1, maxLength: 3 }),
      http2: fc.boolean(),
    }),
    async run(trial, { leaving: how, late, http2 }) {
      const exchange = await establishOver(trial, http2)
      await leave(trial, exchange, how)
      const raised = await sendLate(exchange, late)
      if (isCancelled(exchange)) return
      const version = show(claimedVersion(exchange.scope))
      if (claims(exchange.scope, '2.4')) {
        const observed =
          raised.map(named).join(', ') || 'send() returned as if the client were there'
        const expected = `an OSError: the scope claims spec_version ${version}`
        trial.judge.notApplicable(SILENT, `the scope claims spec_version ${version}`)
        trial.check(RAISES, raised.some(isOsError), expected, () => observed)
      } else {
        trial.judge.notApplicable(RAISES, `the scope claims spec_version ${version}`)
        trial.check(
          SILENT,
          raised.every(isOsError),
          `no effect, or an OSError: the scope claims spec_version ${version}`,
          () => raised.map(named).join(', '),
        )
      }
      await exchange.app.return()
      if (raised.length === 0) return
      const ended = await trial.iut.within(
        exchange.app.ended,
        'websocket/app/catches-disconnect',
        'the end of the application call',
      )
      trial.check(
        'websocket/app/catches-disconnect',
        ended === 'returned',
        'an application that catches it and returns',
        () => ended,
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/close/after-client-left',
    beyondTcp: ENDING_ALIKE,
    law: 'a websocket.close after websocket.disconnect has no effect, or raises an OSError',
    clauses: [SILENT, RAISES],
    needs: ['websocket'],
    enough: 4,
    program: fc.record({ leaving, silent: fc.boolean() }),
    async run(trial, { leaving: how, silent }) {
      const exchange = await establish(trial)
      if (!silent) await exchange.send({ type: 'websocket.send', text: 'one' })
      await leave(trial, exchange, how)
      // To close what is closed is no message that is lost: where 2.4 asks for an error, none is as good.
      const clause = claims(exchange.scope, '2.4') ? RAISES : SILENT
      const closing = exchange.app.send({ type: 'websocket.close' })
      // A server may wait a while for the Close of a client that has left.
      if (await trial.iut.cameWithinQuiet(closing, PERIODS)) {
        const { raised } = await closing
        const harmless = raised === null || isOsError(raised) || isCancelled(exchange)
        trial.check(clause, harmless, 'no effect, or an OSError', () =>
          raised === null ? '' : named(raised),
        )
      }
      void exchange.app.return().catch(() => undefined)
    },
  }),
  processProperty({
    id: 'websocket/send/exception-caught-when-reraised',
    law: 'the exception of a late send() may escape the application: the server goes on and logs no error',
    clauses: [...ESCAPES, UNLOGGED],
    needs: ['websocket'],
    enough: 2,
    program: fc.record({ leaving, late: arbitrary.saying }),
    async run(launcher, { leaving: how, late }) {
      const iut = await launcher.start()
      await iut.calibrate()
      const trial = launcher.trial(iut)
      const exchange = await establish(trial)
      await leave(trial, exchange, how)
      const raised = await sendLate(exchange, [late])
      if (raised.length === 0) {
        const reason = 'send() raised nothing that could escape the application'
        for (const clause of [...ESCAPES, UNLOGGED]) launcher.judge.notApplicable(clause, reason)
        await exchange.app.return()
        return
      }
      const before = (await launcher.log(iut)).length
      await exchange.app.reraise()
      await iut.within(exchange.app.ended, ESCAPES[0], 'the end of the application call')
      const next = await tryToEstablish(trial, PLAIN)
      for (const clause of ESCAPES)
        launcher.check(clause, next !== null, 'the next connection served', () => 'it was not')
      const logged = (await launcher.log(iut)).slice(before)
      const clean = !/traceback|\berror\b/i.test(logged)
      // Of no logging the sentence speaks that asks for an OSError; of any other, that it is ignored.
      const about = raised.every(isOsError) ? UNLOGGED : ESCAPES[1]
      launcher.check(about, clean, 'no error in the log', () => logged.slice(0, 300))
    },
  }),
]

/** The server has ended the call, not the send() in it: whether it may is no matter of these sentences. */
function isCancelled({ app }: WebSocketExchange): boolean {
  return app.end === 'cancelled'
}

/** The client leaves, and the application waits until the server has said so. */
async function leave(trial: Trial, exchange: WebSocketExchange, how: string): Promise<void> {
  const waiting = exchange.receive('websocket/disconnect/any-cause')
  if (how === 'reset') exchange.channel.wire.reset()
  else exchange.peer.write(closeFrame(closeBody(1000)))
  const event = await waiting
  trial.check(
    'websocket/disconnect/any-cause',
    event['type'] === 'websocket.disconnect',
    'websocket.disconnect',
    () => show(event),
  )
}

async function sendLate(
  exchange: WebSocketExchange,
  late: readonly arbitrary.Saying[],
): Promise<Raised[]> {
  const raised: Raised[] = []
  for (const saying of late) {
    const outcome = await exchange.send(arbitrary.sendMessage(saying))
    if (outcome.raised !== null) raised.push(outcome.raised)
  }
  return raised
}
