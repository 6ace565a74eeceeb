import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js'

/** Latencies: integer microseconds up to one minute, three significant digits. */
export type LatencyHistogram = Histogram

const LONGEST_SECONDS = 60

export function latencyHistogram(): LatencyHistogram {
  return build({
    useWebAssembly: false,
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_SECONDS * 1e6,
    numberOfSignificantValueDigits: 3,
  })
}

export function record(histogram: LatencyHistogram, milliseconds: number, count = 1): void {
  const microseconds = Math.round(milliseconds * 1000)
  const kept = Math.min(LONGEST_SECONDS * 1e6, Math.max(1, microseconds))
  if (count > 0) histogram.recordValueWithCount(kept, count)
}

/** HdrHistogram V2 compressed base64: what Java, Go and Python read too. */
export function encode(histogram: LatencyHistogram): string {
  return encodeIntoCompressedBase64(histogram)
}

export function decode(text: string): LatencyHistogram {
  return decodeFromCompressedBase64(text, 32, false)
}

/** Counts add: exact to the bucket, and in any order. Percentiles of several runs cannot be averaged. */
export function merge(histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const total = latencyHistogram()
  for (const histogram of histograms) total.add(histogram)
  return total
}

/** Both ends, in seconds, of the bucket that holds the value of a rank (1 is the smallest). */
export function valueAtRank(
  histogram: LatencyHistogram,
  rank: number,
): { readonly low: number; readonly high: number } {
  // The library turns a percentage back into a rank as trunc(share x count + 0.5).
  const top = histogram.getValueAtPercentile((100 * rank) / histogram.totalCount)
  // Below 2048 a bucket holds one value; above, 1024 buckets share each doubling.
  const width = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, top))) - 10)
  return { low: (top + 1 - width) / 1e6, high: top / 1e6 }
}

const CHART_QUANTILES = [
  0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1,
] as const

/** Points for a percentile chart; none beyond what the sample resolves. */
export function percentilePoints(
  histogram: LatencyHistogram,
): readonly (readonly [quantile: number, seconds: number])[] {
  const n = histogram.totalCount
  if (n === 0) return []
  return CHART_QUANTILES.filter((q) => q === 1 || q <= 1 - 1 / n).map((q) => [
    q,
    valueAtRank(histogram, Math.max(1, Math.ceil(q * n - 1e-9))).high,
  ])
}
