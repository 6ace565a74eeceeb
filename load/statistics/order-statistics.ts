import { binomialCdf } from './binomial.ts'

/**
 * Ranks (1 is the smallest of n values) between which a quantile lies, whatever the distribution:
 * the number of values below the quantile is Bin(n, p). Each bound holds with the stated confidence
 * by itself. Null where n is too small for any value to be a bound.
 */
export interface QuantileRanks {
  readonly low: number | null
  /** The order statistic that estimates it: ceil(p n). */
  readonly point: number
  readonly high: number | null
}

export function quantileRanks(n: number, p: number, confidence: number): QuantileRanks {
  const alpha = 1 - confidence
  const below = (k: number): number => binomialCdf(k, n, p)
  // Upper: the smallest r with P(K <= r - 1) >= 1 - alpha. Lower: the largest l with P(K <= l - 1) <= alpha.
  const high = firstWhere(1, n, (r) => below(r - 1) >= 1 - alpha)
  const aboveLow = firstWhere(1, n, (l) => below(l - 1) > alpha) ?? n + 1
  return {
    low: aboveLow > 1 ? aboveLow - 1 : null,
    // The 1e-9 keeps 0.95 x 100 = 95.00000000000001 at rank 95.
    point: Math.min(n, Math.max(1, Math.ceil(p * n - 1e-9))),
    high,
  }
}

/** The fewest values for which an upper bound exists: 1 - p^n >= confidence. */
export function minimumSamples(p: number, confidence: number): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log(p))
}

/** The first integer in [low, high] from which a monotone condition holds. */
function firstWhere(low: number, high: number, holds: (value: number) => boolean): number | null {
  if (low > high || !holds(high)) return null
  let [from, to] = [low, high]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    if (holds(middle)) to = middle
    else from = middle + 1
  }
  return from
}
