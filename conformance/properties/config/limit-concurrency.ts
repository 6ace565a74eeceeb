import fc from 'fast-check'
import { knock, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'config/limit-concurrency'

/** How many at once. */
export const limitConcurrency: Property = processProperty({
  id: CLAUSE,
  law: 'requests beyond the limit of concurrency get 503 and never reach the application; those below it do',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'limit/concurrency'],
  enough: 2,
  program: fc.record({ limit: fc.integer({ min: 3, max: 5 }) }),
  async run(launcher, { limit }) {
    const settings = { 'command-line': { limitConcurrency: limit } }
    const iut = await launcher.serve(CLAUSE, { settings })
    const trial = launcher.trial(iut)
    const held: Exchange[] = []
    const attempt = async () => {
      await iut.settle()
      const attempted = await trial.attempt(http.get('/'), { fresh: true })
      if (attempted.served !== null) held.push(attempted.served)
      return attempted
    }
    for (let count = 1; count < limit; count += 1) {
      const { served, refused } = await attempt()
      launcher.check(CLAUSE, served !== null, `request ${count} of ${limit} served`, () =>
        refused === null ? '' : describeRefusal(refused),
      )
    }
    // Whether the limit is the last that is served or the first that is not, readers differ.
    await attempt()
    for (const beyond of [limit + 1, limit + 2]) {
      const { refused } = await attempt()
      launcher.check(
        CLAUSE,
        refused?.response?.status === 503,
        `503 for request ${beyond} at a limit of ${limit}`,
        () => (refused === null ? 'it reached the application' : describeRefusal(refused)),
      )
    }
    for (const exchange of held) {
      await exchange.respond({ status: 200, body: ['done'] })
      await exchange.response()
      iut.release(exchange.channel)
    }
    const { served } = await attempt()
    launcher.check(CLAUSE, served !== null, 'service again after the crowd has left', () => '503')
    await served?.respond({ status: 204 })
    await served?.response()
    if (launcher.target.has('http/2/prior-knowledge')) await judgeStreams(trial, limit)
  },
})

/** A stream is a request like any other. */
async function judgeStreams(trial: Trial, limit: number): Promise<void> {
  const client = await openHttp2(trial)
  for (let count = 1; count < limit - 1; count += 1) await serve(trial, client, h2.get('/'))
  for (let count = 0; count < 2; count += 1) await knock(trial, client, h2.get('/'))
  const { served, response } = await knock(trial, client, h2.get('/beyond'))
  trial.check(
    CLAUSE,
    response?.status === 503,
    `503 for stream ${limit + 1} at a limit of ${limit}`,
    () => (served === null ? `status ${response?.status}` : 'it reached the application'),
  )
}
