import { bisect, incompleteBeta } from './beta.ts'

/** P(K <= k) for K ~ Bin(n, p), exact to about 1e-9 for n up to a million. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n) return 1
  return incompleteBeta(1 - p, n - k, k + 1)
}

/**
 * The largest probability that `events` out of `trials` do not rule out, one-sided (Clopper and
 * Pearson, Biometrika 26, 1934). With no event at all it is close to 3 / trials at 95 %.
 */
export function ratioUpperBound(events: number, trials: number, confidence: number): number {
  if (events >= trials) return 1
  const alpha = 1 - confidence
  return bisect((p) => 1 - binomialCdf(events, trials, p), 1 - alpha, 0, 1)
}

/** The smallest probability that `events` out of `trials` do not rule out, one-sided. */
export function ratioLowerBound(events: number, trials: number, confidence: number): number {
  return 1 - ratioUpperBound(trials - events, trials, confidence)
}
