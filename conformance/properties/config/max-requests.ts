import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { alive, judgeDismissed, launchWorkers } from '../process/fleet.ts'
import { type Property, processProperty } from '../property.ts'
import { visit, waysOf } from '../visits.ts'
import { serveWith } from './serve-with.ts'

const CLAUSE = 'config/limit-max-requests'
const CLOSING = [['Connection', 'close']] as const

/** Workers that do not grow old. */
export const maxRequests: Property = processProperty({
  id: CLAUSE,
  law: 'a worker that has had its number of requests ends in good order, and each of them was answered',
  clauses: [CLAUSE, 'lifespan/shutdown/event', 'lifespan/shutdown/complete-awaited'],
  needs: ['http/1.1', 'config/command-line', 'process', 'limit/max-requests'],
  enough: 1,
  program: fc.record({ limit: fc.integer({ min: 3, max: 5 }) }),
  async run(launcher, { limit }) {
    const trial = await serveWith(launcher, CLAUSE, { limitMaxRequests: limit })
    const { iut } = trial
    const [first] = iut.workers
    iut.expectEnd()
    // The request of the calibration was one already.
    for (let count = 2; count <= limit; count += 1) {
      // A request counts, whether its connection stays behind it or not.
      const fields = count % 2 === 0 ? CLOSING : []
      const exchange = await trial.open(http.get('/', fields), { fresh: true })
      await exchange.respond({ status: 200, body: [`${count}`] })
      const response = await exchange.response(CLAUSE)
      launcher.check(
        CLAUSE,
        response?.complete === true && response.status === 200,
        `an answer to request ${count} of ${limit}`,
        () => (response === null ? 'a close' : `status ${response.status}`),
      )
      iut.release(exchange.channel)
    }
    // Whether the last of them ends the worker or the first beyond, readers differ.
    for (const target of ['/beyond', '/further-beyond']) {
      if (first?.lost !== false) break
      const more = await trial.attempt(http.get(target, CLOSING), { fresh: true }).catch(() => null)
      await more?.served?.respond({ status: 204 }).catch(() => undefined)
      await more?.served?.response().catch(() => null)
      if (more?.served) iut.release(more.served.channel)
    }
    const ended = await iut.becomes(() => first?.lost === true, iut.startPatience)
    launcher.check(CLAUSE, ended, 'the end of the worker', () => 'it still runs')
    if (ended && launcher.target.has('documented/max-requests-replaced'))
      await judgeReplaced(launcher, limit - 1)
  },
})

/** For servers whose documentation says which request is the last of a worker. */
export const maxRequestsEdge: Property = processProperty({
  id: `${CLAUSE}/edge`,
  law: 'a worker ends behind the very request that fills its number, and not before, whatever kinds of requests these are',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'process', 'limit/max-requests', 'limit/exact'],
  enough: 1,
  program: fc.record({ limit: fc.integer({ min: 5, max: 7 }), first: fc.nat(3) }),
  async run(launcher, { limit, first }) {
    const trial = await serveWith(launcher, CLAUSE, { limitMaxRequests: limit })
    const { iut } = trial
    const [worker] = iut.workers
    iut.expectEnd()
    // The request of the calibration was one already.
    const ways = waysOf(iut)
    for (let count = 2; count <= limit; count += 1) {
      // A WebSocket begins with a request, and a stream carries one; the last may be in a hurry.
      const way = (count < limit ? ways[(count + first) % ways.length] : null) ?? 'http'
      const visited = await visit(trial, way)
      if (visited === null) return
      await visited.end()
      iut.release(visited.channel)
    }
    const ended = await iut.becomes(() => worker?.lost === true, iut.startPatience)
    launcher.check(CLAUSE, ended, `the end of the worker behind request ${limit}`, () => 'it runs')
  },
})

/**
 * Where the documentation promises another worker: one that has had its number of requests is replaced,
 * time and again.
 */
async function judgeReplaced(launcher: Launcher, limit: number): Promise<void> {
  const settings = { 'command-line': { limitMaxRequests: limit } }
  const fleet = await launchWorkers(launcher, CLAUSE, WORKERS, { settings, lingersMs: LINGERS_MS })
  const { iut, pids, started } = fleet
  const trial = launcher.trial(iut)
  iut.expectEnd()
  // More than the first workers and those in their place: one of these was replaced, too.
  const wanted = 2 * WORKERS + 1
  const renewed = started(wanted)
  const until = performance.now() + iut.startPatience
  // Until its successor is there, a worker may take more than its number.
  for (let count = 1; pids.size < wanted && performance.now() < until; count += 1) {
    const { served } = await trial.attempt(http.get('/'), { fresh: true })
    if (!launcher.check(CLAUSE, served !== null, `request ${count} served`, () => 'a close')) return
    await served?.respond({ status: 204 })
    await served?.response(CLAUSE)
    if (served !== null) iut.release(served.channel)
    await pause(BETWEEN_MS)
  }
  await iut.afterLaunch(renewed, CLAUSE, `${wanted - WORKERS} workers in the place of others`)
  const living = (): number => [...pids].filter(alive).length
  const whole = await iut.becomes(() => living() === WORKERS, iut.startPatience)
  launcher.check(CLAUSE, whole, `${WORKERS} workers, as many as before`, () => `${living()}`)
  await judgeDismissed(
    launcher,
    fleet,
    [...pids].filter((pid) => !alive(pid)),
  )
}

const WORKERS = 2
/** In which a worker that does not wait for its application has gone. */
const LINGERS_MS = 500
/** Between requests, so that a worker has the time to start. */
const BETWEEN_MS = 20
