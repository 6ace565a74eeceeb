import fc from 'fast-check'
import { binary, bodyMessage, type Exchange } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

/**
 * asgi.rst, "Overview": applications run as asyncio-compatible coroutines. One that listens for a
 * disconnect in a task of its own cancels it as soon as it has its response, or something else to do.
 */
export const receiveCancelled: readonly Property[] = [
  exchangeProperty({
    id: 'http/receive/cancelled',
    law: 'a receive() that is cancelled while nothing has come yields no event, and the next one waits as it did',
    clauses: ['asgi/receive/awaitable', 'http/receive/no-early-disconnect'],
    program: fc.record({
      content: fc.string({ maxLength: 20, unit: 'binary-ascii' }),
      started: fc.boolean(),
    }),
    async run(trial, { content, started }) {
      const exchange = await trial.open(http.post('/', content))
      await exchange.readBody()
      const begin = { type: 'http.response.start', status: 200, headers: [] }
      if (started) {
        await exchange.send(begin)
        await exchange.send(bodyMessage('begun', true))
      }
      const clause = 'http/receive/no-early-disconnect'
      const cancelled = exchange.app.receive()
      await trial.iut.settle(2)
      const was = await exchange.app.cancelReceive()
      if (was === null) {
        trial.judge.notApplicable(clause, 'nothing here can cancel one call')
        return
      }
      // An event that was there before is another law's: http/receive/no-early-disconnect.
      if (was && (await trial.iut.cameWithinQuiet(cancelled, PERIODS))) {
        const { value } = await cancelled
        // "will yield a new event dictionary when one is available", and none was.
        trial.check(
          'asgi/receive/awaitable',
          value === null,
          'the cancellation, and no event',
          () => show(value),
        )
        const next = exchange.app.receive()
        const early = await trial.iut.cameWithinQuiet(next)
        const observed = early ? show((await next).value) : ''
        trial.check(clause, !early, 'no event before the end of the connection', () => observed)
      }
      if (!started) await exchange.send(begin)
      await exchange.send(bodyMessage('done', false))
      await exchange.app.return()
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/receive/cancelled-content',
    law: 'content that comes after a receive() was cancelled is all in the events of the next ones',
    clauses: ['http/receive/body-concatenation'],
    program: fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }),
    async run(trial, content) {
      const clause = 'http/receive/body-concatenation'
      const { channel, exchange } = await trial.openEarly(http.post('/', content))
      if (exchange === null) {
        // To call the application only with the whole content at hand is a server's right.
        trial.judge.notApplicable(clause, 'the server waits for the content')
        return
      }
      const bytes = binary(content)
      if (!(await cancelOne(trial, exchange))) return
      // A server that hears of the end of a call in a thread of its own (granian) is given the time to.
      await trial.iut.cameWithinQuiet(channel.wire.closed, PERIODS)
      exchange.sent = bytes
      exchange.requestComplete = true
      channel.wire.write(bytes)
      const { body, ended } = await exchange.readBody(clause)
      trial.check(
        clause,
        ended === 'complete' && body.equals(bytes),
        `${show(bytes)}, complete`,
        () => `${show(body)}, ${ended}`,
      )
      await exchange.respond({ status: 204 })
      await exchange.response()
    },
  }),
]

/** Quiet periods in which a cancelled call comes to its end. */
const PERIODS = 5

/** False: none was pending that could be cancelled, or it took an event that came first. */
async function cancelOne(trial: Trial, exchange: Exchange): Promise<boolean> {
  const pending = exchange.app.receive()
  await trial.iut.settle(2)
  if ((await exchange.app.cancelReceive()) !== true) return false
  return (await trial.iut.cameWithinQuiet(pending, PERIODS)) && (await pending).value === null
}
