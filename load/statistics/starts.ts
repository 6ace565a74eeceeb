import { bisect, incompleteBeta } from './beta.ts'

/** Each bound holds with the stated confidence by itself; null where there are too few values. */
export interface Bounds {
  readonly low: number | null
  readonly high: number | null
}

/** The quantile (probability in 0.5..1) of Student's t distribution. */
export function studentQuantile(probability: number, degrees: number): number {
  // P(T <= t) = 1 - I_x(df/2, 1/2) / 2 with x = df / (df + t^2), for t >= 0.
  const tail = bisect((x) => incompleteBeta(x, degrees / 2, 0.5), 2 * (1 - probability), 0, 1)
  return Math.sqrt(degrees * (1 / tail - 1))
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Sample standard deviation (n - 1). */
function standardDeviation(values: readonly number[]): number {
  const centre = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1))
}

/**
 * Bounds on the mean over server starts, by Student's t. Starts are independent of one another,
 * which requests within a start are not. Not a percentile bootstrap: over five starts its 95 % bound
 * misses about one time in ten (docs/load.md, "Confidence").
 */
export function meanBounds(values: readonly number[], confidence: number): Bounds {
  if (values.length < 2) return { low: null, high: null }
  const margin =
    (studentQuantile(confidence, values.length - 1) * standardDeviation(values)) /
    Math.sqrt(values.length)
  const centre = mean(values)
  return { low: centre - margin, high: centre + margin }
}

/** A ratio of two quantities measured in pairs: its geometric mean, and bounds by t on the logarithms. */
export function ratioBounds(
  ratios: readonly number[],
  confidence: number,
): Bounds & { readonly estimate: number } {
  const logs = ratios.map(Math.log)
  const { low, high } = meanBounds(logs, confidence)
  return {
    estimate: Math.exp(mean(logs)),
    low: low === null ? null : Math.exp(low),
    high: high === null ? null : Math.exp(high),
  }
}
