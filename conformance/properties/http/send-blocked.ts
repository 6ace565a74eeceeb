import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { exchangeProperty, type Property } from '../property.ts'

const RETURNS = 'asgi/send/returns'
const HELD_UP = 'process/write-flow-control'

/** asgi.rst, "Applications": send() returns once the event is sent, or the connection is closed. */
export const sendBlocked: Property = exchangeProperty({
  id: 'asgi/send/returns/blocked-response',
  law: 'a send() of a response waits for a client which reads nothing where that is promised, and comes back when that client is lost',
  clauses: [RETURNS, HELD_UP],
  enough: 2,
  program: fc.record({ sized: fc.boolean(), listening: fc.boolean() }),
  async run(trial, { sized, listening }) {
    const exchange = await trial.open(http.get('/'), { fresh: true })
    exchange.misused = true
    exchange.clientLeft = true
    const { wire } = exchange.channel
    const promised = trial.iut.target.has('flow-control')
    if (!promised) trial.judge.notApplicable(HELD_UP, 'its documentation does not promise it')
    await exchange.readBody()
    wire.pauseReading()
    if (listening) void exchange.app.receive().catch(() => undefined)
    const headers = sized ? [['content-length', String(PIECES * PIECE.length)] as const] : []
    await exchange.send(startMessage({ status: 200, headers }))
    for (let piece = 0; piece < PIECES; piece += 1) {
      const sent = exchange.app.send(bodyMessage(PIECE, true))
      if (await trial.iut.cameWithinQuiet(sent, PERIODS)) continue
      if (promised) trial.check(HELD_UP, true, '', () => '')
      wire.reset()
      await judgeReturn(trial, sent)
      return
    }
    trial.judge.notApplicable(RETURNS, 'no send() waits for the client')
    const expected = 'a send() that waits for a client which reads nothing'
    if (promised) trial.check(HELD_UP, false, expected, () => `${PIECES} MiB taken`)
    wire.reset()
  },
})

/** Of a send() that waited for a client which is lost by now. */
export async function judgeReturn(trial: Trial, sent: Promise<unknown>): Promise<void> {
  let over = false
  const settle = (): void => {
    over = true
  }
  sent.then(settle, settle)
  // Some cancel the call a while after its client has gone, which ends it as well.
  await trial.iut.becomes(() => over, CANCELLED_MS)
  await trial.iut.within(sent, RETURNS, 'the return of a send() whose client is lost')
  trial.check(RETURNS, true, '', () => '')
}

/** Together more than the sockets of both sides hold. */
const PIECES = 16
const PIECE = 'p'.repeat(2 ** 20)
/** In which an application call whose client has gone has been cancelled. */
const CANCELLED_MS = 5000
/** Quiet periods after which a send() is held to be waiting. */
const PERIODS = 5
