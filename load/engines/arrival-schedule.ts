import type { Window } from '../meter/window.ts'
import { type LatencyHistogram, latencyHistogram, record } from '../statistics/histogram.ts'
import type { K6Arrival } from './k6-samples.ts'

export interface OpenOutcome {
  readonly window: Window
  readonly ok: number
  readonly failures: Readonly<Record<string, number>>
  readonly dropped: number
  /** Arrivals of the window that the generator never got to. */
  readonly missing: number
  /** From the intended arrival. */
  readonly responseTime: LatencyHistogram
  /** From sending. */
  readonly serviceTime: LatencyHistogram
  /** Seconds by which the generator was late, 99th percentile; null without an arrival. */
  readonly lagP99: number | null
}

/**
 * Lays what happened on what was intended. Arrivals are evenly spaced, so the n-th in time belongs to
 * the n-th moment of the schedule; the schedule begins where no arrival is early. Latency counts from
 * the intended moment: a generator that is late makes the server look slower, never faster.
 */
export function layOnSchedule(
  arrivals: readonly K6Arrival[],
  schedule: { readonly rate: number; readonly warmupSeconds: number; readonly seconds: number },
): OpenOutcome {
  const { rate, warmupSeconds, seconds } = schedule
  const ordered = arrivals.toSorted((one, other) => one.at - other.at)
  const spacing = 1000 / rate
  const start = ordered.reduce(
    (earliest, arrival, index) => Math.min(earliest, arrival.at - index * spacing),
    Number.POSITIVE_INFINITY,
  )
  const first = Math.round(rate * warmupSeconds)
  const intended = Math.round(rate * seconds)
  const from = Number.isFinite(start) ? start + first * spacing : 0
  const responseTime = latencyHistogram()
  const serviceTime = latencyHistogram()
  const lags: number[] = []
  const failures: Record<string, number> = {}
  let [ok, dropped] = [0, 0]
  const measured = ordered.slice(first, first + intended)
  measured.forEach(({ at, request }, index) => {
    const due = from + index * spacing
    lags.push(at - due)
    const failure = request === null ? null : failureOf(request)
    if (request === null) dropped += 1
    else if (failure !== null) failures[failure] = (failures[failure] ?? 0) + 1
    else {
      ok += 1
      record(responseTime, request.end - due)
      record(serviceTime, request.duration)
    }
  })
  return {
    // A run that was cut short has a window as long as its arrivals.
    window: { from, to: from + Math.min(seconds * 1000, measured.length * spacing) },
    ok,
    failures,
    dropped,
    missing: intended - measured.length,
    responseTime,
    serviceTime,
    lagP99: percentile99(lags),
  }
}

function failureOf({ status, errorCode }: NonNullable<K6Arrival['request']>): string | null {
  if (status >= 200 && status < 300) return null
  return status === 0 ? `k6 error ${errorCode || 'unknown'}` : `status ${status}`
}

function percentile99(milliseconds: readonly number[]): number | null {
  const value = milliseconds.toSorted((a, b) => a - b)[Math.ceil(0.99 * milliseconds.length) - 1]
  return value === undefined ? null : Math.max(0, value) / 1000
}
