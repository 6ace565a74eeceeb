import type { Served } from './observers.ts'

/** Upper bounds of the duration histogram, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Counters of one process, in a form that processes can add up. */
export interface Counts {
  inProgress: number
  bytesSent: number
  /** Finished requests, keyed by `kind status`. */
  finished: Record<string, number>
  durationSum: number
  /** One more than the bounds: the last one is +Inf. Not cumulative. */
  durations: number[]
}

export function noCounts(): Counts {
  return {
    inProgress: 0,
    bytesSent: 0,
    finished: {},
    durationSum: 0,
    durations: Array.from({ length: BUCKETS.length + 1 }, () => 0),
  }
}

/** What one process has served. */
export class Metrics {
  readonly counts: Counts
  /** Called whenever a request has ended. */
  onEnded: () => void

  constructor() {
    this.counts = noCounts()
    this.onEnded = () => {}
  }

  started(): void {
    this.counts.inProgress += 1
  }

  ended({ kind, status, bytesSent, milliseconds }: Served): void {
    const { counts } = this
    const seconds = milliseconds / 1000
    const key = `${kind} ${status ?? 'none'}`
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound)
    const index = bucket === -1 ? BUCKETS.length : bucket
    counts.inProgress -= 1
    counts.bytesSent += bytesSent
    counts.finished[key] = (counts.finished[key] ?? 0) + 1
    counts.durationSum += seconds
    counts.durations[index] = (counts.durations[index] ?? 0) + 1
    this.onEnded()
  }
}

export function addCounts(total: Counts, part: Counts): void {
  total.inProgress += part.inProgress
  total.bytesSent += part.bytesSent
  total.durationSum += part.durationSum
  for (const [key, value] of Object.entries(part.finished)) {
    total.finished[key] = (total.finished[key] ?? 0) + value
  }
  part.durations.forEach((value, index) => {
    total.durations[index] = (total.durations[index] ?? 0) + value
  })
}

/** The text format of Prometheus, version 0.0.4. */
export function renderMetrics(counts: Counts, workers: number): string {
  const lines = [
    '# HELP assay_requests_total Finished requests and WebSockets.',
    '# TYPE assay_requests_total counter',
    ...Object.entries(counts.finished).map(([key, value]) => {
      const [kind = '', status = ''] = key.split(' ')
      return `assay_requests_total{type="${kind}",status="${status}"} ${value}`
    }),
    '# HELP assay_requests_in_progress Requests and WebSockets in progress.',
    '# TYPE assay_requests_in_progress gauge',
    `assay_requests_in_progress ${counts.inProgress}`,
    '# HELP assay_response_bytes_total Bytes of response bodies.',
    '# TYPE assay_response_bytes_total counter',
    `assay_response_bytes_total ${counts.bytesSent}`,
    '# HELP assay_request_duration_seconds From the request head to the end of the response.',
    '# TYPE assay_request_duration_seconds histogram',
    ...durationLines(counts),
    '# HELP assay_workers Worker processes.',
    '# TYPE assay_workers gauge',
    `assay_workers ${workers}`,
  ]
  return `${lines.join('\n')}\n`
}

function durationLines(counts: Counts): string[] {
  let cumulative = 0
  const buckets = counts.durations.map((value, index) => {
    cumulative += value
    const bound = BUCKETS[index] ?? '+Inf'
    return `assay_request_duration_seconds_bucket{le="${bound}"} ${cumulative}`
  })
  return [
    ...buckets,
    `assay_request_duration_seconds_sum ${counts.durationSum}`,
    `assay_request_duration_seconds_count ${cumulative}`,
  ]
}
