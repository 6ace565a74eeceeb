import fc from 'fast-check'
import type { Launcher } from '../../testers/launcher.ts'
import { Silence } from '../../testers/patience.ts'
import { http } from '../../testers/request.ts'
import { Abandoned, type Trial } from '../../testers/trial.ts'
import { isDict, show } from '../../testers/values.ts'
import { launchWorkers } from '../process/fleet.ts'
import { type Property, processProperty } from '../property.ts'

/** As many worker processes as were asked for. */
export const workers: Property = processProperty({
  id: 'config/workers',
  law: 'so many worker processes start as were asked for, each with one lifespan, and they serve one address',
  clauses: [
    'config/workers',
    'process/workers-share-address',
    'lifespan/once-per-event-loop',
    'lifespan/per-process',
    'lifespan/same-event-loop',
    'lifespan/scope/state',
  ],
  needs: ['http/1.1', 'config/command-line', 'workers', 'lifespan'],
  enough: 2,
  program: fc.record({ count: fc.constantFrom(2, 3) }),
  async run(launcher, { count }) {
    const { iut, pids } = await launchWorkers(launcher, 'config/workers', count).catch(
      async (error: unknown) => {
        if (error instanceof Silence && !(await judgeEvents(launcher, count))) throw new Abandoned()
        throw error
      },
    )
    const trial = launcher.trial(iut)
    const servedBy = new Set<number>()
    for (let turn = 0; turn < 2 * count; turn += 1) {
      servedBy.add(await servingPid(trial))
    }
    launcher.check(
      'config/workers',
      pids.size === count,
      `${count} worker processes`,
      () => `${pids.size}: ${[...pids].join(', ')}`,
    )
    launcher.check(
      'lifespan/once-per-event-loop',
      iut.lifespans.length === pids.size,
      'one lifespan scope in each worker',
      () => `${iut.lifespans.length} in ${pids.size} workers`,
    )
    launcher.check(
      'lifespan/per-process',
      new Set(iut.lifespans.map(({ pid }) => pid)).size === pids.size,
      'a lifespan scope of each process',
      () => `lifespan scopes in ${iut.lifespans.map(({ pid }) => pid).join(', ')}`,
    )
    const begun = new Set(iut.lifespans.map(({ pid }) => pid))
    launcher.check(
      'lifespan/same-event-loop',
      [...servedBy].every((pid) => begun.has(pid)),
      'requests where a lifespan was begun',
      () => `requests in ${[...servedBy].join(', ')}, lifespans in ${[...begun].join(', ')}`,
    )
    for (const { scope } of iut.lifespans) {
      const { state } = scope
      const empty = state === undefined || (isDict(state) && Object.keys(state).length === 0)
      launcher.check('lifespan/scope/state', empty, 'an empty dict, if any', () => show(state))
    }
    launcher.check(
      'process/workers-share-address',
      [...servedBy].every((pid) => pids.has(pid)),
      'requests served by the workers',
      () => `requests in ${[...servedBy].join(', ')}, workers ${[...pids].join(', ')}`,
    )
    if (!launcher.target.has('process')) return
    for (const pid of pids) if (!servedBy.has(pid)) await judgeReached(trial, pid, [...pids])
  },
})

/** The worker that serves a request on a connection of its own. */
async function servingPid(trial: Trial): Promise<number> {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  await exchange.respond({ status: 204 })
  await exchange.response()
  return exchange.app.pid
}

/** Connections that come while one worker alone could take them: the kernel may leave some to those that are held. */
const KNOCKS = 24

/** Shorter than any supervisor waits for a worker that gives no sign of life. */
const HELD_MS = 1500

/** The quickest may take all that comes one by one: whoever has served nothing is left alone with the address. */
async function judgeReached(trial: Trial, pid: number, pids: readonly number[]): Promise<void> {
  const reached = new Set<number>()
  const knock = async (): Promise<void> => {
    const channel = await trial.connect()
    const { served } = await trial.attempt(http.get('/'), { channel })
    if (served === null) return
    reached.add(served.app.pid)
    await served.respond({ status: 204 })
    await served.response()
  }
  const others = pids.filter((other) => other !== pid)
  for (const other of others) trial.iut.signal('SIGSTOP', other)
  const knocks = Promise.all(Array.from({ length: KNOCKS }, knock))
  knocks.catch(() => undefined)
  await trial.iut.becomes(() => reached.has(pid), HELD_MS)
  for (const other of others) trial.iut.signal('SIGCONT', other)
  await knocks
  trial.check(
    'process/workers-share-address',
    reached.has(pid),
    `one of ${KNOCKS} requests served by the one worker that is not held`,
    () => `requests in ${[...reached].join(', ')}, and none in ${pid}`,
  )
}

/** Of workers that serve although fewer than were asked for have been heard to start up. */
async function judgeEvents(launcher: Launcher, count: number): Promise<boolean> {
  const iut = launcher.iuts.at(-1)
  if (iut === undefined) return true
  const trial = launcher.trial(iut)
  const begun = new Set(iut.lifespans.map(({ pid }) => pid))
  for (let turn = 0; turn < 2 * count; turn += 1) {
    const pid = await servingPid(trial)
    const held = launcher.check(
      'lifespan/per-process',
      begun.has(pid),
      'lifespan events in each process that serves',
      () => `requests in ${pid}, lifespan scopes in ${[...begun].join(', ')}`,
    )
    if (!held) return false
  }
  return true
}
