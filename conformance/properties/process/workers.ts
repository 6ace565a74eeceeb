import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { launchWorkers } from './fleet.ts'

/** What becomes of the others when one worker dies. */
export const workerLoss: Property = processProperty({
  id: 'process/worker-replaced',
  law: 'a killed worker is replaced by one that starts up and serves, and a request on another worker is unharmed',
  clauses: ['process/worker-replaced', 'process/worker-death-isolated'],
  needs: ['http/1.1', 'process', 'workers', 'worker-replacement', 'lifespan'],
  enough: 2,
  program: fc.record({ count: fc.constantFrom(2, 3) }),
  async run(launcher, { count }) {
    const { iut, pids, started } = await launchWorkers(launcher, 'process/worker-replaced', count)
    const trial = launcher.trial(iut)
    const bystander = await trial.open(http.get('/'), { fresh: true })
    const victim = [...pids].find((pid) => pid !== bystander.app.pid)
    if (victim === undefined) throw new Error('a fleet of one worker')
    const replaced = started(pids.size + 1)
    process.kill(victim, 'SIGKILL')
    await iut.afterLaunch(replaced, 'process/worker-replaced', 'a new worker that started up')
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
    const served = await next.response('process/worker-replaced')
    launcher.check(
      'process/worker-replaced',
      served?.status === 204,
      'requests served afterwards',
      () => String(served?.status),
    )
  },
})
