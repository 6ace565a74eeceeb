import fc from 'fast-check'
import type { Exchange } from '../../testers/exchange.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Raised } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import { claimedVersion, claims } from '../../testers/spec-version.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { ENDING_ALIKE, exchangeProperty, type Property, processProperty } from '../property.ts'

export const LATE_SEND = 'http/send/disconnected-oserror'

/** The spec_version from which on a late send() raises. */
const RAISING = '2.4'

/** www.rst, "Disconnected Client - send exception". */
export const sendDisconnected: readonly Property[] = [
  exchangeProperty({
    id: LATE_SEND,
    beyondTcp: ENDING_ALIKE,
    law: 'send() on a closed connection raises an OSError where the scope claims spec_version 2.4 or later',
    clauses: [LATE_SEND, 'asgi/send/after-close-no-op-or-oserror', 'http/app/catches-disconnect'],
    program: fc.record({
      started: fc.boolean(),
      late: fc.array(fc.string({ maxLength: 8, unit: 'binary-ascii' }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    async run(trial, { started, late }) {
      const exchange = await trial.open(http.get('/'), { fresh: true })
      if (started) await exchange.send(startMessage({ status: 200, headers: [] }))
      if (started) await exchange.send(bodyMessage('begun', true))
      await leave(trial, exchange)
      const raised = await sendLate(exchange, started, late)
      const claimed = claimedVersion(exchange.scope)
      if (raisesWhenLate(exchange)) {
        trial.check(
          LATE_SEND,
          raised.length === late.length + (started ? 0 : 1) && raised.some(isOsError),
          `an OSError from each send(): the scope claims spec_version ${show(claimed)}`,
          () =>
            raised.length === 0
              ? 'send() returned as if the client were there'
              : `${raised.length} raised: ${raised.map(named).join(', ')}`,
        )
      } else {
        trial.judge.notApplicable('http/app/catches-disconnect', 'send() need not raise here')
        trial.judge.notApplicable(LATE_SEND, `the scope claims spec_version ${show(claimed)}`)
      }
      trial.check(
        'asgi/send/after-close-no-op-or-oserror',
        raised.every(isOsError),
        `no effect, or an OSError: the scope claims spec_version ${show(claimed)}`,
        () => raised.map(named).join(', '),
      )
      await exchange.app.return()
      if (raised.length === 0) return
      await exchange.finished()
      trial.check(
        'http/app/catches-disconnect',
        exchange.app.end === 'returned',
        'an application that catches it and returns',
        () => String(exchange.app.end),
      )
    },
  }),
  processProperty({
    id: 'http/send/exception-caught-when-reraised',
    law: 'the exception of a late send() may escape the application: the server goes on and logs no error',
    clauses: [
      'http/send/exception-caught-when-reraised',
      'http/send/disconnected-not-logged',
      'asgi/send/error-caught-by-server',
    ],
    program: fc.record({ started: fc.boolean() }),
    async run(launcher, { started }) {
      const iut = await launcher.start()
      await iut.calibrate()
      const trial = launcher.trial(iut)
      const exchange = await trial.open(http.get('/'), { fresh: true })
      if (started) await exchange.send(startMessage({ status: 200, headers: [] }))
      await leave(trial, exchange)
      const raised = await sendLate(exchange, started, ['late'])
      if (raised.length === 0) {
        const reason = 'send() raised nothing that could escape the application'
        launcher.judge.notApplicable('http/send/exception-caught-when-reraised', reason)
        launcher.judge.notApplicable('http/send/disconnected-not-logged', reason)
        launcher.judge.notApplicable('asgi/send/error-caught-by-server', reason)
        await exchange.app.return()
        return
      }
      const before = (await launcher.log(iut)).length
      await exchange.app.reraise()
      await exchange.finished()
      const { served: next } = await trial.attempt(http.get('/'), { fresh: true })
      await next?.respond({ status: 200, body: ['ok'] })
      const response = await next?.response()
      for (const clause of [
        'http/send/exception-caught-when-reraised',
        'asgi/send/error-caught-by-server',
      ]) {
        launcher.check(clause, response?.status === 200, 'the next request served', () =>
          String(response?.status),
        )
      }
      await returnLate(trial, started)
      const logged = (await launcher.log(iut)).slice(before)
      launcher.check(
        'http/send/disconnected-not-logged',
        !/traceback|\berror\b/i.test(logged),
        'no error in the log',
        () => logged.slice(0, 300),
      )
    },
  }),
]

/** "Applications may catch this exception and do cleanup work before [...] returning with no exception." */
async function returnLate(trial: Trial, started: boolean): Promise<void> {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  if (started) await exchange.send(startMessage({ status: 200, headers: [] }))
  await leave(trial, exchange)
  await sendLate(exchange, started, ['late'])
  await exchange.app.return()
  await exchange.finished()
}

/** The client resets the connection, and the application waits until the server knows. */
async function leave(trial: Trial, exchange: Exchange): Promise<void> {
  await exchange.readBody()
  const waiting = exchange.receive('http/receive/disconnect-after-client-left')
  exchange.clientLeft = true
  exchange.channel.wire.reset()
  const event = await waiting
  trial.check(
    'http/receive/disconnect-after-client-left',
    event['type'] === 'http.disconnect',
    'http.disconnect',
    () => show(event),
  )
}

/** Sends on a stream or connection that is gone; what it raised, if anything. */
export async function sendLate(
  exchange: Exchange,
  started: boolean,
  late: readonly string[],
): Promise<Raised[]> {
  const messages = [
    ...(started ? [] : [startMessage({ status: 200, headers: [] })]),
    ...late.map((content, index) => bodyMessage(content, index < late.length - 1)),
  ]
  const raised: Raised[] = []
  for (const message of messages) {
    const outcome = await exchange.send(message)
    if (outcome.raised !== null) raised.push(outcome.raised)
  }
  return raised
}

/** Whether the specification that the scope claims wants send() to raise then. */
export function raisesWhenLate(exchange: Exchange): boolean {
  return claims(exchange.scope, RAISING)
}

export function isOsError({ chain }: Raised): boolean {
  return chain.includes('OSError')
}

export function named({ chain, text }: Raised): string {
  return `${chain[0]}: ${text}`
}
