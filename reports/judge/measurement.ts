import type { Interval, LoadEvidence, Measurement } from '../../evidence/load.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import type { MeasurementCriterionResult } from '../record/record.ts'
import type { Limit, MeasurementCriterion } from '../requirements/requirements.ts'

interface Judgement {
  readonly verdict: Verdict
  readonly reason: string | null
  readonly margin: number | null
}

/**
 * PASS when the whole interval is inside the limit, FAIL when the whole interval is outside it, else
 * INCONCLUSIVE: the estimate alone decides nothing.
 */
export function judgeMeasurement(
  criterion: MeasurementCriterion,
  evidence: LoadEvidence | null,
): MeasurementCriterionResult {
  const measurement = evidence?.measurements.find((candidate) => answers(candidate, criterion))
  const { verdict, reason, margin } = judge(measurement, criterion, evidence)
  return {
    kind: 'measurement',
    id: criterion.id,
    text: statement(criterion),
    verdict,
    reason,
    evidence: [measurement?.raw ?? []].flat(),
    metric: criterion.metric,
    statistic: criterion.statistic,
    profile: criterion.profile.name,
    engine: criterion.engine,
    limit: criterion.limit,
    confidence: criterion.confidence,
    measurement: measurement?.id ?? null,
    estimate: measurement?.estimate ?? null,
    interval: measurement?.interval ?? null,
    margin,
  }
}

const answers = (measurement: Measurement, criterion: MeasurementCriterion): boolean =>
  measurement.subject === 'target' &&
  measurement.metric === criterion.metric &&
  measurement.statistic === criterion.statistic &&
  measurement.profile === criterion.profile.name &&
  measurement.engine === criterion.engine

function judge(
  measurement: Measurement | undefined,
  criterion: MeasurementCriterion,
  evidence: LoadEvidence | null,
): Judgement {
  if (measurement === undefined) return undecided('NOT_RUN', missing(criterion, evidence))
  if (measurement.reason !== null) return undecided('NOT_RUN', measurement.reason)
  if (measurement.estimate === null) return undecided('NOT_RUN', 'Nothing was measured.')
  if (measurement.blockers.length > 0) {
    const messages = measurement.blockers.map((blocker) => blocker.message)
    return undecided('INCONCLUSIVE', messages.join(' '))
  }
  const { interval } = measurement
  if (interval === null) return undecided('INCONCLUSIVE', 'There is no confidence interval.')
  if (interval.confidence < criterion.confidence) {
    return undecided(
      'INCONCLUSIVE',
      `The interval holds with confidence ${interval.confidence}, but ${criterion.confidence} is asked for.`,
    )
  }
  return compare(interval, criterion.limit)
}

const undecided = (verdict: Verdict, reason: string): Judgement => ({
  verdict,
  reason,
  margin: null,
})

function compare({ low, high, method }: Interval, limit: Limit): Judgement {
  const upper = limit.comparison === 'at most'
  const [worstCase, bestCase] = upper ? [high, low] : [low, high]
  const inside = (bound: number): boolean => (upper ? bound <= limit.value : bound >= limit.value)
  if (worstCase !== null && inside(worstCase)) {
    return { verdict: 'PASS', reason: null, margin: marginOf(worstCase, limit) }
  }
  if (bestCase !== null && !inside(bestCase)) {
    const reason = `Even the most favourable bound of the interval is not ${limit.comparison} ${limit.text}.`
    return { verdict: 'FAIL', reason, margin: marginOf(bestCase, limit) }
  }
  if (worstCase === null) {
    return undecided(
      'INCONCLUSIVE',
      `The interval has no bound on the side of the limit: ${method}.`,
    )
  }
  const reason = `The interval holds values on both sides of the limit of ${limit.text}.`
  return { verdict: 'INCONCLUSIVE', reason, margin: null }
}

/** A limit of zero leaves no room whose share could be told. */
function marginOf(bound: number, limit: Limit): number | null {
  if (limit.value === 0) return null
  const room = limit.comparison === 'at most' ? limit.value - bound : bound - limit.value
  return room / limit.value
}

function missing(criterion: MeasurementCriterion, evidence: LoadEvidence | null): string {
  if (evidence === null) return 'The target was not put under load in this run.'
  const run = evidence.runs.find(
    (candidate) =>
      candidate.subject === 'target' &&
      candidate.profile === criterion.profile.name &&
      candidate.engine === criterion.engine,
  )
  return run?.reason ?? 'The load run did not get to this measurement.'
}

function statement({
  metric,
  statistic,
  profile,
  engine,
  limit,
  confidence,
}: MeasurementCriterion) {
  const value = `${statistic} of ${metric} is ${limit.comparison} ${limit.text}`
  const sure = `${Number((confidence * 100).toPrecision(6))} %`
  return `${value} under the profile ${profile.name} (${engine}), with confidence ${sure}.`
}
