import type { Interval } from '../../evidence/load.ts'
import type { StartRecord } from '../start-record.ts'
import { type Bounds, mean, meanBounds } from '../statistics/starts.ts'
import type { Estimate, Metric, MetricInput, NoEstimate } from './metric.ts'

/** The value of one start, or why it has none. */
export type StartValue = (start: StartRecord) => number | { readonly reason: string }

interface PerStartMetric extends Omit<Metric, 'statistics' | 'measure'> {
  /** By statistic. `max` and `min` are the extremes over all starts, any other is their mean. */
  readonly values: Readonly<Record<string, StartValue>>
  readonly samples: (start: StartRecord) => number
}

/** A metric that is one number for each start: the interval comes from how starts differ. */
export function perStart({ values, samples, ...rest }: PerStartMetric): Metric {
  return {
    ...rest,
    statistics: Object.keys(values),
    measure: (input) => {
      const value = values[input.statistic]
      if (value === undefined) return { reason: `There is no ${input.statistic} of ${rest.id}.` }
      return estimate(input, value, samples)
    },
  }
}

function estimate(
  { statistic, confidence, starts }: MetricInput,
  value: StartValue,
  samples: (start: StartRecord) => number,
): Estimate | NoEstimate {
  const numbers: number[] = []
  for (const start of starts) {
    const number = value(start)
    if (typeof number !== 'number') return number
    numbers.push(number)
  }
  if (numbers.length === 0) return { reason: 'No start was completed.' }
  return {
    ...overStarts(statistic, numbers, confidence),
    samples: starts.reduce((total, start) => total + samples(start), 0),
    perStart: numbers,
    blockers: [],
  }
}

/**
 * A mean has bounds by t. An extreme has those of the starts' own extremes, widened to hold the most
 * extreme value seen: what comes yet may go beyond it, and does so as far as starts differ.
 */
export function overStarts(
  statistic: string,
  numbers: readonly number[],
  confidence: number,
): { readonly estimate: number; readonly interval: Interval } {
  const bounds = meanBounds(numbers, confidence)
  switch (statistic) {
    case 'max': {
      const highest = Math.max(...numbers)
      return { estimate: highest, interval: interval(widen(bounds, highest), confidence) }
    }
    case 'min': {
      const lowest = Math.min(...numbers)
      return { estimate: lowest, interval: interval(widen(bounds, lowest), confidence) }
    }
    default:
      return { estimate: mean(numbers), interval: interval(bounds, confidence) }
  }
}

function widen({ low, high }: Bounds, value: number): Bounds {
  return {
    low: low === null ? null : Math.min(low, value),
    high: high === null ? null : Math.max(high, value),
  }
}

/** No quantity that is measured here is below zero. */
function interval({ low, high }: Bounds, confidence: number): Interval {
  const floor = low === null ? null : Math.max(0, low)
  return { low: floor, high, confidence, method: "Student's t over starts" }
}
