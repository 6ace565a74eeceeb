import fc from 'fast-check'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'
import { serveWith } from './serve-with.ts'

const CLAUSE = 'config/timeout-keep-alive'

/**
 * For servers that count the idle time from a response on, not from the beginning of a connection. Where it is none,
 * nothing of a request or of its response is lost by that.
 */
export const noIdleTime: Property = processProperty({
  id: `${CLAUSE}/zero`,
  law: 'with a keep-alive time-out of 0 a connection is closed behind its response, and that is whole; over HTTP/2 too',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'timeout/keep-alive-zero'],
  enough: 1,
  program: fc.record({ sized: fc.boolean(), length: fc.constantFrom(300_000, 500_000) }),
  async run(launcher, { sized, length }) {
    const trial = await serveWith(launcher, CLAUSE, { timeoutKeepAlive: 0 })
    await judgeLast(trial, await trial.open(http.get('/'), { fresh: true }), sized, length)
    if (!launcher.target.has('http/2/prior-knowledge')) return
    const { exchange } = await serve(trial, await openHttp2(trial), h2.get('/'))
    await judgeLast(trial, exchange, sized, length)
  },
})

async function judgeLast(
  trial: Trial,
  exchange: Exchange,
  sized: boolean,
  length: number,
): Promise<void> {
  const headers = sized ? [['content-length', String(length)] as const] : []
  await exchange.respond({ status: 200, headers, body: ['x'.repeat(length)] })
  const response = await exchange.response(CLAUSE)
  const seen = response?.complete === true ? response.body.length : null
  trial.check(CLAUSE, seen === length, `all ${length} bytes of the response`, () => `${seen}`)
  const { closed } = exchange.channel.wire
  await trial.iut.within(closed, CLAUSE, 'a close behind the response')
}
