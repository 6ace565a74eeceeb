import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { alive, judgeServes, launchFailing, launchWorkers } from './fleet.ts'
import { graceOf } from './grace.ts'

const REPLACED = 'process/worker-replaced'
const EXIT_CODE = 'process/start-lifespan-failure-exit-code'

/** In which a supervisor has started what it starts beyond need. */
const SURPLUS_MS = 2000

/** How a worker ends that nobody kills: by a signal that asks it to, or by itself, as if all were right or wrong. */
const ENDS = ['SIGTERM', 0, 1] as const

/** What becomes of the others when one worker dies. */
export const workerLoss: readonly Property[] = [
  processProperty({
    id: REPLACED,
    law: 'a worker that is killed, by whichever signal, or that ends by itself is replaced by one that starts up and serves, and a request on another worker is unharmed',
    clauses: [REPLACED, 'process/worker-death-isolated'],
    needs: ['http/1.1', 'process', 'workers', 'worker-replacement', 'lifespan'],
    enough: 3,
    program: fc.record({
      count: fc.constantFrom(2, 3),
      second: fc.constantFrom(...ENDS),
    }),
    families: { names: ENDS.map(String), of: ({ second }) => String(second) },
    async run(launcher, { count, second }) {
      const { iut, pids, started } = await launchWorkers(launcher, REPLACED, count)
      const first = new Set(pids)
      const trial = launcher.trial(iut)
      const bystander = await trial.open(http.get('/'), { fresh: true })
      const victim = [...pids].find((pid) => pid !== bystander.app.pid)
      if (victim === undefined) throw new Error('a fleet of one worker')
      const replaced = started(pids.size + 1)
      iut.signal('SIGKILL', victim)
      await iut.afterLaunch(replaced, REPLACED, 'a new worker that started up')
      await bystander.respond({ status: 200, body: ['unharmed'] })
      const response = await bystander.response('process/worker-death-isolated')
      launcher.check(
        'process/worker-death-isolated',
        response?.complete === true && response.status === 200,
        'the response of a request in flight on another worker',
        () => (response === null ? 'a closed connection' : `status ${response.status}`),
      )
      const next = await trial.open(http.get('/'), { fresh: true })
      await next.respond({ status: 204 })
      const served = await next.response(REPLACED)
      launcher.check(REPLACED, served?.status === 204, 'requests served afterwards', () =>
        String(served?.status),
      )
      // One that is asked to end does so in good order, and is missed all the same. No more than two are lost, and
      // none that has come in place of another: a supervisor may take it for a fault that will not go away.
      const again = started(pids.size + 1)
      const other = iut.lifespans.find(({ pid }) => first.has(pid) && alive(pid))
      if (other === undefined) return
      if (second === 'SIGTERM') iut.signal('SIGTERM', other.pid)
      else other.exit(second)
      await iut.afterLaunch(again, REPLACED, `a worker in place of one that ended by ${second}`)
      await judgeServes(trial, REPLACED)
    },
  }),
  processProperty({
    id: `${REPLACED}/draining`,
    law: 'a killed worker is replaced at once, although others that have been renewed still answer what they had begun',
    clauses: [REPLACED],
    needs: [
      'http/1.1',
      'process',
      'workers',
      'worker-replacement',
      'lifespan',
      'process/sighup',
      'documented/worker-replaced-at-once',
    ],
    enough: 1,
    program: fc.record({ count: fc.constantFrom(2, 3) }),
    async run(launcher, { count }) {
      const settings = { 'command-line': graceOf(launcher) }
      const { iut, pids, started } = await launchWorkers(launcher, REPLACED, count, { settings })
      const old = [...pids]
      const trial = launcher.trial(iut)
      const held = await trial.open(http.get('/held'), { fresh: true })
      iut.expectEnd()
      const renewed = started(2 * count)
      iut.signal('SIGHUP')
      await iut.afterLaunch(renewed, REPLACED, `${count} new workers that started up`)
      const victim = [...pids].find((pid) => !old.includes(pid))
      const replaced = started(2 * count + 1)
      if (victim !== undefined) iut.signal('SIGKILL', victim)
      await iut.afterLaunch(replaced, REPLACED, 'a worker in place of the one that was killed')
      await held.respond({ status: 200, body: ['held'] })
      const response = await held.response(REPLACED)
      const whole = response?.complete === true
      launcher.check(REPLACED, whole, 'the response that was waited for', () => 'none')
    },
  }),
  processProperty({
    id: 'process/workers-replaced-together',
    law: 'several workers that are killed at once are all replaced, and the server goes on serving',
    clauses: ['process/workers-replaced-together'],
    needs: ['http/1.1', 'process', 'workers', 'worker-replacement', 'lifespan'],
    enough: 1,
    program: fc.record({ victims: fc.constantFrom(2, 3) }),
    async run(launcher, { victims }) {
      const clause = 'process/workers-replaced-together'
      const { iut, pids, started } = await launchWorkers(launcher, clause, 3)
      iut.expectEnd()
      const replaced = started(3 + victims)
      for (const pid of [...pids].slice(0, victims)) iut.signal('SIGKILL', pid)
      await iut.afterLaunch(replaced, clause, `${victims} new workers that started up`)
      // They have started up, and listen soon; nobody else does where all were killed.
      await iut.listens()
      await judgeServes(launcher.trial(iut), clause)
      const living = (): number => [...pids].filter(alive).length
      await iut.becomes(() => living() > 3, SURPLUS_MS)
      launcher.check(clause, living() === 3, '3 workers, as many as before', () => `${living()}`)
    },
  }),
  processProperty({
    id: 'process/worker-hang-replaced',
    law: 'a worker that gives no sign of life is replaced after the time that was set',
    clauses: ['process/worker-hang-replaced'],
    needs: ['http/1.1', 'process', 'workers', 'workers/hang-replaced', 'lifespan'],
    enough: 1,
    program: fc.record({ count: fc.constantFrom(2, 3) }),
    async run(launcher, { count }) {
      const clause = 'process/worker-hang-replaced'
      const settings = { 'command-line': { timeoutHang: 2 } }
      const { iut, pids, started } = await launchWorkers(launcher, clause, count, { settings })
      const replaced = started(count + 1)
      const [victim] = pids
      if (victim === undefined) return
      iut.signal('SIGSTOP', victim)
      await iut.afterLaunch(replaced, clause, 'a new worker that started up')
      launcher.check(clause, true, '', () => '')
    },
  }),
  processProperty({
    id: 'process/worker-start-failure-ends',
    law: 'a server whose workers cannot start up ends, with an exit code other than 0 where one is documented',
    clauses: ['process/worker-start-failure-ends', EXIT_CODE],
    needs: ['http/1.1', 'process', 'workers', 'workers/start-failure-ends', 'lifespan'],
    enough: 1,
    program: fc.record({ count: fc.constantFrom(2, 3) }),
    async run(launcher, { count }) {
      const clause = 'process/worker-start-failure-ends'
      const exit = await launchFailing(launcher, clause, count, async (scope) => {
        const { raised } = await scope.send({
          type: 'lifespan.startup.failed',
          message: 'no database',
        })
        return raised === null ? scope.return() : scope.reraise()
      })
      if (exit === null || !launcher.target.has('workers/start-failure-code')) return
      launcher.check(EXIT_CODE, exit.code !== 0, 'an exit code other than 0', () => 'exit code 0')
    },
  }),
]
