import fc from 'fast-check'
import { bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { PIECE, PIECES } from './send-blocked.ts'

const RETURNS = 'asgi/send/returns'
const FLUSHED = 'http/send/body-flushed'

/**
 * Tasks of one application that send at the same time. In which order their messages leave is nowhere
 * said; but each send() returns once its event is sent (asgi.rst, "Applications"), and servers "must flush
 * any data passed to them" (www.rst, "Response Body").
 */
export const concurrentSends: Property = exchangeProperty({
  id: `${RETURNS}/concurrent`,
  law: 'of send() calls that an application makes at once each returns, and its content leaves whole, in whatever order',
  clauses: [RETURNS, FLUSHED],
  enough: 12,
  program: fc.record({
    pieces: fc.integer({ min: 2, max: 5 }),
    bytes: fc.constantFrom(1, 1000, 200_000),
    behind: fc.constantFrom(
      'nothing' as const,
      'an unread piece' as const,
      'unread pieces' as const,
    ),
  }),
  async run(trial, { pieces, bytes, behind }) {
    const exchange = await trial.open(http.get('/'), { fresh: true })
    await exchange.readBody()
    // The invariants know one order of the content alone.
    exchange.misused = true
    const { wire } = exchange.channel
    await exchange.send(startMessage({ status: 200 }))
    if (behind !== 'nothing') wire.pauseReading()
    const ahead = behind === 'unread pieces' ? await fill(trial, exchange) : []
    const letters = Array.from('abcde').slice(0, pieces)
    const sending = letters.map((letter) =>
      exchange.app.sendBeside(bodyMessage(letter.repeat(bytes), true)),
    )
    await trial.iut.settle()
    wire.resumeReading()
    await judgeReturned(trial, [...ahead, ...sending])
    if (behind === 'unread pieces') {
      // What leaves is judged of less: so much may take a busy server longer than a client is patient.
      exchange.clientLeft = true
      wire.reset()
      await exchange.app.return()
      return
    }
    await exchange.send(bodyMessage('', false))
    await exchange.app.return()
    const response = await exchange.response(FLUSHED)
    const content = response?.body.toString('latin1') ?? ''
    const runs = content.match(/(.)\1*/gs) ?? []
    trial.check(
      FLUSHED,
      JSON.stringify(runs.toSorted()) === JSON.stringify(letters.map((one) => one.repeat(bytes))),
      `${bytes} bytes of each of ${letters.join(', ')}, each in one piece`,
      () => runs.map((run) => `${run.length} times ${run[0]}`).join(', ') || 'nothing',
    )
  },
})

/** Sends beside each other until one waits for the client, where any does. */
async function fill(trial: Trial, { app }: Exchange): Promise<readonly Promise<Outcome>[]> {
  const sending: Promise<Outcome>[] = []
  const piece = { type: 'http.response.body', body: PIECE, more_body: true }
  for (let turn = 0; turn < PIECES; turn += 1) {
    const sent = app.sendBeside(piece)
    sending.push(sent)
    if (!(await trial.iut.cameWithinQuiet(sent))) break
  }
  return sending
}

async function judgeReturned(trial: Trial, sending: readonly Promise<Outcome>[]): Promise<void> {
  for (const sent of sending) {
    const { raised } = await trial.iut.within(sent, RETURNS, 'the return of a send() beside others')
    trial.check(RETURNS, raised === null, 'send() returns', () => String(raised?.chain[0]))
  }
}
