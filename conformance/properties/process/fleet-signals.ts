import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { alive, type Fleet, judgeDismissed, judgeServes, launchWorkers } from './fleet.ts'
import { graceOf } from './grace.ts'

const needs: readonly Capability[] = ['http/1.1', 'process', 'workers', 'lifespan']

const REPLACED = 'process/worker-replaced'
const REMOVED = 'process/sigttou-removes-worker'

/** In which a supervisor has started what it starts beyond need. */
const SURPLUS_MS = 1000

/** In which new workers have started up, where they do not wait for the end of the old ones. */
const RENEWED_MS = 2000

/** Longer than a supervisor waits before it kills, when it does not heed the grace time. */
const OUTLASTS_MS = 2300

/** What a supervisor does on signals that end nothing. */
export const fleetSignals: readonly Property[] = [
  processProperty({
    id: 'process/sighup-reloads',
    law: 'on SIGHUP new workers take the place of all old ones, and a request that was in flight is answered, although it outlasts the renewal by seconds',
    clauses: ['process/sighup-reloads', 'lifespan/shutdown/event'],
    needs: [...needs, 'process/sighup'],
    enough: 1,
    program: fc.record({ count: fc.constantFrom(2, 3) }),
    async run(launcher, { count }) {
      const clause = 'process/sighup-reloads'
      const grace = graceOf(launcher)
      const settings = { 'command-line': grace }
      const fleet = await launchWorkers(launcher, clause, count, { settings })
      const { iut, pids } = fleet
      const old = [...pids]
      const trial = launcher.trial(iut)
      const exchange = await trial.open(http.get('/'), { fresh: true })
      const renewed = fleet.started(2 * count)
      iut.signal('SIGHUP')
      if (grace.timeoutShutdown !== undefined) {
        // Some start a new worker only when the old one has ended, and that one waits for the request.
        await iut.becomes(() => pids.size >= 2 * count, RENEWED_MS)
        await iut.becomes(() => !exchange.channel.wire.usable, OUTLASTS_MS)
      }
      await exchange.respond({ status: 200, body: ['in flight'] })
      const response = await exchange.response(clause)
      launcher.check(clause, response?.complete === true, 'the response in flight', () => 'none')
      exchange.channel.wire.close()
      await iut.afterLaunch(renewed, clause, `${count} new workers that started up`)
      const gone = await iut.becomes(() => !old.some(alive), iut.startPatience)
      launcher.check(clause, gone, 'the end of the old workers', () => {
        return `${old.filter(alive).length} of them still run`
      })
      if (gone) await judgeDismissed(launcher, fleet, old)
      await judgeServes(trial, clause)
    },
  }),
  processProperty({
    id: 'process/sigttin-adds-worker',
    law: 'SIGTTIN starts one more worker each time, and SIGTTOU ends one in good order, but never the last, with requests served all the while; a worker that is killed is replaced as if the number had been so from the start',
    clauses: ['process/sigttin-adds-worker', REMOVED, REPLACED, 'lifespan/shutdown/event'],
    needs: [...needs, 'process/sigttin'],
    enough: 1,
    program: fc.record({ count: fc.constantFrom(2, 3) }),
    async run(launcher, { count }) {
      const fleet = await launchWorkers(launcher, 'process/sigttin-adds-worker', count)
      const { iut } = fleet
      for (const wanted of [count + 1, count + 2]) {
        const more = fleet.started(wanted)
        iut.signal('SIGTTIN')
        await iut.afterLaunch(more, 'process/sigttin-adds-worker', 'one more worker')
        await judgeCount(launcher, fleet, 'process/sigttin-adds-worker', wanted)
      }
      await judgeReplacement(launcher, fleet, count + 2)
      for (const left of [count + 1, count]) await judgeRemoval(launcher, fleet, left)
      await judgeReplacement(launcher, fleet, count)
      for (let left = count - 1; left >= 1; left -= 1) await judgeRemoval(launcher, fleet, left)
      // One more: somebody has to serve.
      iut.signal('SIGTTOU')
      await iut.becomes(() => ![...fleet.pids].some(alive), SURPLUS_MS)
      if (await judgeCount(launcher, fleet, REMOVED, 1))
        await judgeServes(launcher.trial(iut), REMOVED)
    },
  }),
]

/** SIGTTOU leaves so many, and whoever went was told. */
async function judgeRemoval(launcher: Launcher, fleet: Fleet, count: number): Promise<void> {
  const before = [...fleet.pids].filter(alive)
  fleet.iut.signal('SIGTTOU')
  await judgeCount(launcher, fleet, REMOVED, count)
  await judgeDismissed(
    launcher,
    fleet,
    before.filter((pid) => !alive(pid)),
  )
}

/** One of so many workers is killed: then there are as many again, and no more. */
async function judgeReplacement(launcher: Launcher, fleet: Fleet, count: number): Promise<void> {
  const { iut, pids, started } = fleet
  const victim = [...pids].find(alive)
  if (victim === undefined || !launcher.target.has('worker-replacement')) return
  iut.expectEnd()
  const replaced = started(pids.size + 1)
  iut.signal('SIGKILL', victim)
  await iut.afterLaunch(replaced, REPLACED, 'a new worker that started up')
  await iut.becomes(() => [...pids].filter(alive).length > count, SURPLUS_MS)
  await judgeCount(launcher, fleet, REPLACED, count)
}

async function judgeCount(
  launcher: Launcher,
  { iut, pids }: Fleet,
  clause: string,
  count: number,
): Promise<boolean> {
  const living = (): number => [...pids].filter(alive).length
  const reached = await iut.becomes(() => living() === count, iut.startPatience)
  return launcher.check(clause, reached, `${count} workers`, () => `${living()}`)
}
