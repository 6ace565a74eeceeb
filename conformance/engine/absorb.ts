import { Judge } from '../judge/judge.ts'
import type { Property } from '../properties/property.ts'
import { WorkerLostError } from '../testers/control.ts'
import { TargetLostError } from '../testers/iut.ts'
import { Silence } from '../testers/patience.ts'
import { Abandoned } from '../testers/trial.ts'

/** A target that starts but does not serve its first request is judged like any other. */
export function refusal(error: unknown, property: Property): Judge {
  const judge = new Judge()
  absorb(error, property, judge)
  return judge
}

/** An exception out of a program is either the target's doing, which is judged, or ours, which is thrown. */
export function absorb(error: unknown, property: Property, judge: Judge): void {
  if (error instanceof Abandoned) return
  if (error instanceof Silence) {
    if (error.doubt === null) {
      judge.check(
        error.clause,
        false,
        error.awaited,
        () => `nothing within ${Math.round(error.waitedMs)} ms, while the target answered a ping`,
      )
    } else judge.doubt(error.clause, error.doubt)
    return
  }
  if (isLoss(error)) {
    const clause = property.clauses[0] ?? property.id
    judge.check(clause, false, 'a server that goes on serving', () => error.message)
    return
  }
  throw error
}

/** Whether a program ends by it without a fault of ours. */
export function isOfTarget(error: unknown): boolean {
  return error instanceof Abandoned || error instanceof Silence || isLoss(error)
}

export function isLoss(error: unknown): error is TargetLostError | WorkerLostError {
  return error instanceof TargetLostError || error instanceof WorkerLostError
}
