import fc from 'fast-check'
import { deferred } from '../../testers/deferred.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { type Property, processProperty } from '../property.ts'
import { alive, judgeServes } from './fleet.ts'

const CLAUSE = 'process/sighup-reloads'

/** SIGHUP where the documentation promises that workers are renewed one after another. */
export const fleetRenewal: Property = processProperty({
  id: 'process/sighup-reloads/overlap',
  law: 'after SIGHUP, old workers serve as long as the first new one has not started up, and when it fails to: all of them where that is promised',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'process', 'workers', 'lifespan', 'process/sighup-one-by-one'],
  enough: 1,
  program: fc.record({ count: fc.constantFrom(2, 3) }),
  async run(launcher, { count }) {
    const old = new Set<number>()
    const launched = deferred<void>()
    const renewing = deferred<void>()
    const proceed = deferred<'complete' | 'failed'>()
    const iut = await launcher.serve(CLAUSE, {
      workers: count,
      lifespan: 'auto',
      onLifespan: (scope) => {
        if (old.size === count) renewing.resolve()
        else old.add(scope.pid)
        if (old.size === count) launched.resolve()
        const first = old.has(scope.pid)
        void startUp(scope, first ? null : proceed.promise).catch(() => undefined)
      },
    })
    await iut.afterLaunch(launched.promise, CLAUSE, `${count} worker processes that started up`)
    iut.expectEnd()
    iut.signal('SIGHUP')
    try {
      await iut.afterLaunch(renewing.promise, CLAUSE, 'a new worker that starts up')
      await iut.becomes(() => ![...old].some(alive), RETIRE_MS)
      const left = [...old].filter(alive).length
      const least = launcher.target.has('process/sighup-successor-first') ? count : 1
      const expected = `${least} old workers at least that serve until a new one does`
      if (!launcher.check(CLAUSE, left >= least, expected, () => `${left} of ${count}`)) return
      await judgeServes(launcher.trial(iut), CLAUSE)
      if (least < count) return
      // What never listened has not taken anybody's place.
      proceed.resolve('failed')
      await iut.becomes(() => ![...old].every(alive), RETIRE_MS)
      const kept = [...old].filter(alive).length
      const kinds = 'old workers that serve after their successors have failed to start up'
      if (launcher.check(CLAUSE, kept === count, `${count} ${kinds}`, () => `${kept} of ${count}`))
        await judgeServes(launcher.trial(iut), CLAUSE)
    } finally {
      proceed.resolve('complete')
    }
  },
})

/** In which workers that are not needed any more have ended. */
const RETIRE_MS = 1500

/** Takes part in the lifespan protocol, and starts up, or fails to, when that is decided. */
async function startUp(
  scope: RemoteScope,
  decision: Promise<'complete' | 'failed'> | null,
): Promise<void> {
  await scope.receive()
  const type = `lifespan.startup.${(await decision) ?? 'complete'}`
  await scope.send({ type })
  await scope.receive()
  await scope.sendLast({ type: 'lifespan.shutdown.complete' })
}
