import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'process/application-error-survived'

/**
 * A call that ends as cancelled is not quite like one that raised: in Python CancelledError is no
 * Exception, and what watches over the applications may end by it.
 */
export const cancelledApplication: Property = processProperty({
  id: `${CLAUSE}/cancelled`,
  law: 'after an application call that was cancelled, errors of others are still answered as they were before',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'process'],
  enough: 1,
  program: fc.record({ cancelled: fc.constantFrom(1, 2) }),
  async run(launcher, { cancelled }) {
    const iut = await launcher.serve(CLAUSE, {})
    const trial = launcher.trial(iut)
    const before = await statusOfError(trial, '/before')
    for (let count = 0; count < cancelled; count += 1) {
      const exchange = await trial.open(http.get('/cancelled'), { fresh: true })
      exchange.misused = true
      await exchange.app.raise('CancelledError', 'cancelled on command')
      const { wire } = exchange.channel
      // Whether it is answered is not the point here.
      await Promise.race([wire.activity(), wire.closed, setTimeout(NOTICED_MS)])
    }
    const after = await statusOfError(trial, '/after')
    launcher.check(
      CLAUSE,
      after === before,
      `an error that is answered with ${before ?? 'a close'}, as before`,
      () => (after === null ? 'a close' : `status ${after}`),
    )
  },
})

async function statusOfError(trial: Trial, path: string): Promise<number | null> {
  const exchange = await trial.open(http.get(path), { fresh: true })
  exchange.misused = true
  await exchange.app.raise('RuntimeError', `failed on purpose ${path}`)
  return (await exchange.response(CLAUSE))?.status ?? null
}

/** Some servers look after their applications only once a second. */
const NOTICED_MS = 1500
