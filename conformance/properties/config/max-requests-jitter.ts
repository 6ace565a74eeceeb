import fc from 'fast-check'
import type { Worker } from '../../testers/control.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
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
  const [worker] = trial.iut.workers
  if (worker === undefined) return
  // The request of the calibration was one already.
  const count = 1 + (await servedBy(trial, worker, limit + jitter + READERS_DIFFER - 1, path))
  launcher.check(
    CLAUSE,
    count >= limit,
    `a worker that serves ${limit} requests, and up to ${jitter} more`,
    () => `its end behind ${count}`,
  )
  const ended = await trial.iut.becomes(() => worker.lost, trial.iut.startPatience)
  launcher.check(CLAUSE, ended, `its end behind ${limit + jitter} requests`, () => 'it runs on')
}

/** Without a number of requests there is nothing to be late for. */
async function judgeUnlimited(launcher: Launcher, path: string): Promise<void> {
  const trial = await serveWith(launcher, CLAUSE, { limitMaxRequestsJitter: UNLIMITED - 3 })
  const [worker] = trial.iut.workers
  if (worker === undefined) return
  const count = await servedBy(trial, worker, UNLIMITED, path)
  const expected = `${UNLIMITED} requests served by a worker with a jitter and no limit`
  launcher.check(CLAUSE, count === UNLIMITED, expected, () => `its end behind ${count}`)
}

/** How many requests the worker serves, one after the other, until it ends or has served that many. */
async function servedBy(trial: Trial, worker: Worker, most: number, path: string): Promise<number> {
  const { iut } = trial
  iut.expectEnd()
  for (let count = 0; count < most; count += 1) {
    if (worker.lost) return count
    const { served } = await trial
      .attempt(http.get(path), { fresh: true })
      .catch(() => ({ served: null }))
    // In its place another worker may have come.
    if (served?.app.pid !== worker.pid) return count
    await served.respond({ status: 204 })
    await served.response()
    iut.release(served.channel)
  }
  return most
}

const UNLIMITED = 12

/** Whether the last of its number ends a worker, or the first beyond. */
const READERS_DIFFER = 2
