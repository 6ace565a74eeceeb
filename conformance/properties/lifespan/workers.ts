import fc from 'fast-check'
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
    const iut = await launcher.start({
      workers: count,
      lifespan: 'auto',
      waitUntilListening: false,
      onLifespan: (scope) =>
        void scope
          .receive()
          .then(() => scope.sendLast(failed))
          .catch(() => undefined),
    })
    iut.expectEnd()
    const exit = await iut.ended()
    launcher.check(clause, exit !== null, 'the end of the server', () => 'it still runs')
  },
})
