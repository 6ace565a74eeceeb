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

/**
 * An exception out of a program is either the target's doing, which is judged, or ours, which is thrown.
 * `log`: the end of what the target has written. `ending`: it was told to end.
 */
export function absorb(
  error: unknown,
  property: Property,
  judge: Judge,
  log: () => string = () => '',
  ending = false,
): void {
  if (error instanceof Abandoned) return
  if (error instanceof Silence) {
    if (error.doubt === null) {
      judge.check(
        error.clause,
        false,
        error.awaited,
        () =>
          `nothing of the kind within ${Math.round(error.waitedMs)} ms, while the target answered a ping`,
        error.exposes,
      )
    } else judge.doubt(error.clause, error.doubt)
    return
  }
  if (isLoss(error)) {
    const clause = property.clauses[0] ?? property.id
    const expected = ending
      ? 'a server that brings to its end what was under way'
      : 'a server that goes on serving'
    judge.check(clause, false, expected, () => [error.message, ...quoted(log())].join('; '))
    return
  }
  throw error
}

/** What a target that is lost has said last. */
function quoted(log: string): readonly string[] {
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-LOG_LINES)
    .map((line) => (line.length > LINE_LIMIT ? `${line.slice(0, LINE_LIMIT)}…` : line))
  return lines.length === 0
    ? []
    : [`its log ends in ${lines.map((line) => `"${line}"`).join(', ')}`]
}

const LOG_LINES = 6
const LINE_LIMIT = 200

/** Whether a program ends by it without a fault of ours. */
export function isOfTarget(error: unknown): boolean {
  return error instanceof Abandoned || error instanceof Silence || isLoss(error)
}

export function isLoss(error: unknown): error is TargetLostError | WorkerLostError {
  return error instanceof TargetLostError || error instanceof WorkerLostError
}
