import type { Property } from '../properties/property.ts'
import { type Effort, Schedule } from './schedule.ts'
import type { Session } from './session.ts'
import { emptyTally, type Tally } from './tally.ts'

export interface OneEffort extends Omit<Effort, 'runs' | 'onBegin' | 'onEnd'> {
  readonly runs: number
}

/** Runs one property by itself. */
export async function checkProperty(
  property: Property,
  session: Session,
  { runs, ...effort }: OneEffort,
): Promise<Tally> {
  let result = emptyTally()
  const schedule = new Schedule([property], session, {
    ...effort,
    runs: () => runs,
    onBegin: () => undefined,
    onEnd: (_, tally) => {
      result = tally
    },
  })
  await schedule.run()
  return result
}
