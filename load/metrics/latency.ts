import type { Blocker, Interval } from '../../evidence/load.ts'
import { REQUEST_TIMEOUT_SECONDS } from '../engines/engine.ts'
import type { StartRecord } from '../start-record.ts'
import {
  decode,
  type LatencyHistogram,
  merge,
  record,
  valueAtRank,
} from '../statistics/histogram.ts'
import { minimumSamples, quantileRanks } from '../statistics/order-statistics.ts'
import { type Bounds, meanBounds } from '../statistics/starts.ts'
import type { Estimate, Metric, MetricInput, NoEstimate } from './metric.ts'
import { overStarts } from './per-start.ts'

const QUANTILES: Readonly<Record<string, number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  'p99.9': 0.999,
}

export const latency: Metric = {
  id: 'latency',
  title: 'Response time',
  dimension: 'time',
  statistics: [...Object.keys(QUANTILES), 'mean', 'max'],
  better: 'lower',
  interference: 'reads high',
  method:
    'From the intended arrival (open model) or the moment of sending (closed model) to the last byte; failed requests count as having taken the time-out of 10 s.',
  measure: (input) => {
    const histograms = input.starts.map(withFailures)
    if (histograms.every(({ totalCount }) => totalCount === 0)) {
      return { reason: 'No request was made.' }
    }
    const quantile = QUANTILES[input.statistic]
    return quantile === undefined
      ? ofStarts(input, histograms)
      : ofQuantile(input, histograms, quantile)
  },
}

/** Left out, failed requests would make a server the faster the more of them it fails. */
function withFailures(start: StartRecord): LatencyHistogram {
  const histogram = merge([decode(start.latencyHistogram)])
  const { failed, dropped } = start.requests
  record(histogram, REQUEST_TIMEOUT_SECONDS * 1000, failed + dropped)
  return histogram
}

/**
 * The interval is the union of two. Order statistics of all requests hold whatever the distribution,
 * but take requests for independent, which neighbours in a stall are not; Student's t over the
 * starts takes only starts for independent, which they are, but has few of them.
 */
function ofQuantile(
  { confidence }: MetricInput,
  histograms: readonly LatencyHistogram[],
  quantile: number,
): Estimate {
  const pooled = merge(histograms)
  const n = pooled.totalCount
  const ranks = quantileRanks(n, quantile, confidence)
  const perStart = histograms
    .filter(({ totalCount }) => totalCount > 0)
    .map((histogram) => {
      const rank = quantileRanks(histogram.totalCount, quantile, confidence).point
      return valueAtRank(histogram, rank).high
    })
  const byRank: Bounds = {
    low: ranks.low === null ? null : valueAtRank(pooled, ranks.low).low,
    high: ranks.high === null ? null : valueAtRank(pooled, ranks.high).high,
  }
  return {
    estimate: valueAtRank(pooled, ranks.point).high,
    interval: union(byRank, meanBounds(perStart, confidence), confidence),
    samples: n,
    perStart,
    blockers: ranks.high === null ? [tooFew(n, quantile, confidence)] : [],
  }
}

function union(one: Bounds, other: Bounds, confidence: number): Interval {
  return {
    low: one.low === null || other.low === null ? null : Math.max(0, Math.min(one.low, other.low)),
    high: one.high === null || other.high === null ? null : Math.max(one.high, other.high),
    confidence,
    method: "order statistics of all requests, joined with Student's t over starts",
  }
}

function tooFew(n: number, quantile: number, confidence: number): Blocker {
  const least = minimumSamples(quantile, confidence)
  return {
    code: 'too-few-samples',
    message: `${n} requests do not bound a ${quantile} quantile with confidence ${confidence}: that takes ${least}.`,
  }
}

function ofStarts(
  { statistic, confidence }: MetricInput,
  histograms: readonly LatencyHistogram[],
): Estimate | NoEstimate {
  const filled = histograms.filter(({ totalCount }) => totalCount > 0)
  const perStart = filled.map((histogram) =>
    statistic === 'max' ? valueAtRank(histogram, histogram.totalCount).high : histogram.mean / 1e6,
  )
  const samples = filled.reduce((total, { totalCount }) => total + totalCount, 0)
  return { ...overStarts(statistic, perStart, confidence), samples, perStart, blockers: [] }
}
