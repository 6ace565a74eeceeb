import type { LoadProfile } from '../../evidence/load.ts'
import type { StartRecord } from '../start-record.ts'
import { ratioBounds } from '../statistics/starts.ts'
import type { Estimate, Metric, NoEstimate } from './metric.ts'

/** The n-th start of one is compared to the n-th start of the other: they ran side by side in time. */
function compare(
  starts: readonly StartRecord[],
  reference: readonly StartRecord[],
  confidence: number,
): Estimate | NoEstimate {
  const pairs = starts.flatMap((start) => {
    const other = reference.find(({ index }) => index === start.index)
    return other === undefined ? [] : [{ start, other }]
  })
  const ratios = pairs.map(({ start, other }) => start.achievedRate / other.achievedRate)
  if (ratios.length === 0 || !ratios.every((ratio) => Number.isFinite(ratio) && ratio > 0)) {
    return { reason: 'A start without an answered request has no ratio.' }
  }
  const { estimate, low, high } = ratioBounds(ratios, confidence)
  // The reference may be faster than it was seen to be, and the ratio then smaller.
  const disturbed = pairs.some(({ other }) => other.interference.length > 0)
  const method = "Student's t over the logarithms of paired starts"
  return {
    estimate,
    interval: {
      low: disturbed ? null : low,
      high,
      confidence,
      method: disturbed ? `${method}; no lower bound: the other side was held back` : method,
    },
    samples: pairs.reduce(
      (sum, { start, other }) => sum + start.requests.ok + other.requests.ok,
      0,
    ),
    perStart: ratios,
    blockers: pairs.flatMap(({ other }) => other.blockers),
  }
}

function oneWorker(profile: LoadProfile): LoadProfile | null {
  if (profile.workers <= 1) return null
  return { ...profile, name: `${profile.name}-1-worker`, workers: 1 }
}

export const throughputRatio: Metric = {
  id: 'throughput_ratio',
  title: 'Throughput of all workers to that of one',
  dimension: 'ratio',
  statistics: ['mean'],
  better: 'higher',
  interference: 'reads low',
  method:
    'Throughput with the workers of the profile, divided by that with one worker, over starts that alternate between the two; geometric mean.',
  reference: oneWorker,
  measure: ({ starts, referenceStarts, confidence }) =>
    referenceStarts === null
      ? { reason: 'The profile has one worker: there is nothing to compare it to.' }
      : compare(starts, referenceStarts, confidence),
}

export const throughputToYardstick: Metric = {
  id: 'throughput_to_yardstick',
  title: 'Throughput to that of the reference server',
  dimension: 'ratio',
  statistics: ['mean'],
  better: 'higher',
  interference: 'reads low',
  method:
    'Throughput divided by that of the reference server under the same profile, over starts that alternate between the two; geometric mean.',
  needsYardstick: true,
  measure: ({ starts, yardstickStarts, confidence }) =>
    yardstickStarts === null
      ? { reason: 'No yardstick was measured in this run.' }
      : compare(starts, yardstickStarts, confidence),
}
