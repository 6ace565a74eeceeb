import fc from 'fast-check'
import { launchFailing } from '../process/fleet.ts'
import { type Property, processProperty } from '../property.ts'

/** lifespan.rst, "Startup Failed": what holds for a server of several processes too. */
export const failedWorkers: Property = processProperty({
  id: 'lifespan/startup/failed-exits/workers',
  law: 'a server whose application fails its start-up in every worker exits, like a server of one process',
  clauses: ['lifespan/startup/failed-exits'],
  needs: ['http/1.1', 'lifespan', 'workers'],
  enough: 1,
  program: fc.record({ count: fc.constantFrom(2, 3) }),
  async run(launcher, { count }) {
    const clause = 'lifespan/startup/failed-exits'
    const failed = { type: 'lifespan.startup.failed', message: 'no database' }
    await launchFailing(launcher, clause, count, (scope) => scope.sendLast(failed))
  },
})
