import fc from 'fast-check'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { serveWith } from './serve-with.ts'

const CLAUSE = 'config/limit-max-requests-jitter'

/**
 * A jitter that is large for its limit, by which a worker that ends too early is found, and one that is
 * small for those that end too late; several, as chance decides when a worker ends.
 */
const LIVES = [
  { limit: 12, jitter: 18 },
  { limit: 12, jitter: 18 },
  { limit: 60, jitter: 1 },
  { limit: 60, jitter: 1 },
] as const

export const maxRequestsJitter: Property = processProperty({
  id: CLAUSE,
  law: 'with a jitter, a worker takes its number of requests, and at most so many more',
  clauses: [CLAUSE],
  needs: [
    'http/1.1',
    'config/command-line',
    'process',
    'limit/max-requests',
    'limit/max-requests-jitter',
  ],
  enough: 1,
  program: fc.record({ path: fc.constantFrom('/', '/counted') }),
  async run(launcher, { path }) {
    await Promise.all([
      ...LIVES.map((life) => judgeLife(launcher, life, path)),
      // By chance one of them may be late by nothing.
      judgeUnlimited(launcher, path),
      judgeUnlimited(launcher, path),
    ])
  },
})

async function judgeLife(
  launcher: Launcher,
  { limit, jitter }: (typeof LIVES)[number],
  path: string,
): Promise<void> {
  const settings = { limitMaxRequests: limit, limitMaxRequestsJitter: jitter }
  const trial = await serveWith(launcher, CLAUSE, settings)
  const { iut } = trial
  const [worker] = iut.workers
  if (worker === undefined) return
  iut.expectEnd()
  // The request of the calibration was one already.
  let count = 1
  while (!worker.lost && count < limit + jitter + READERS_DIFFER) {
    const { served } = await trial
      .attempt(http.get(path), { fresh: true })
      .catch(() => ({ served: null }))
    // In its place another worker may have come.
    if (served?.app.pid !== worker.pid) break
    count += 1
    await served.respond({ status: 204 })
    await served.response()
    iut.release(served.channel)
  }
  launcher.check(
    CLAUSE,
    count >= limit,
    `a worker that serves ${limit} requests, and up to ${jitter} more`,
    () => `its end behind ${count}`,
  )
  const ended = await iut.becomes(() => worker.lost, iut.startPatience)
  launcher.check(CLAUSE, ended, `its end behind ${limit + jitter} requests`, () => 'it runs on')
}

/** Without a number of requests there is nothing to be late for. */
async function judgeUnlimited(launcher: Launcher, path: string): Promise<void> {
  const trial = await serveWith(launcher, CLAUSE, { limitMaxRequestsJitter: UNLIMITED - 3 })
  const [worker] = trial.iut.workers
  trial.iut.expectEnd()
  let count = 0
  while (count < UNLIMITED && worker?.lost === false) {
    const { served } = await trial
      .attempt(http.get(path), { fresh: true })
      .catch(() => ({ served: null }))
    if (served?.app.pid !== worker.pid) break
    count += 1
    await served.respond({ status: 204 })
    await served.response()
    trial.iut.release(served.channel)
  }
  const expected = `${UNLIMITED} requests served by a worker with a jitter and no limit`
  launcher.check(CLAUSE, count === UNLIMITED, expected, () => `its end behind ${count}`)
}

const UNLIMITED = 12

/** Whether the last of its number ends a worker, or the first beyond. */
const READERS_DIFFER = 2
