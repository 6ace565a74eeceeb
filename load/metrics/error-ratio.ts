import type { StartRecord } from '../start-record.ts'
import { ratioLowerBound, ratioUpperBound } from '../statistics/binomial.ts'
import type { Metric } from './metric.ts'

const bad = ({ requests }: StartRecord): number => requests.failed + requests.dropped
const all = (start: StartRecord): number => start.requests.ok + bad(start)
const total = (starts: readonly StartRecord[], count: (start: StartRecord) => number): number =>
  starts.reduce((sum, start) => sum + count(start), 0)

export const errorRatio: Metric = {
  id: 'error_ratio',
  title: 'Failed requests',
  dimension: 'ratio',
  statistics: ['mean'],
  better: 'lower',
  interference: 'none',
  // A server that dies has failed its requests: that is the measurement, not an obstacle to it.
  unblocked: ['server-died'],
  method:
    'Requests without a 2xx answer within 10 s, as a share of all that were sent; bounds by Clopper and Pearson.',
  measure: ({ starts, confidence }) => {
    const trials = total(starts, all)
    const events = total(starts, bad)
    if (trials === 0) return { reason: 'No request was made.' }
    return {
      estimate: events / trials,
      interval: {
        low: ratioLowerBound(events, trials, confidence),
        high: ratioUpperBound(events, trials, confidence),
        confidence,
        method: 'exact binomial (Clopper-Pearson)',
      },
      samples: trials,
      perStart: starts.filter((start) => all(start) > 0).map((start) => bad(start) / all(start)),
      blockers: [],
    }
  },
}
