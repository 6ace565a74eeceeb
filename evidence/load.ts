/** Physical dimension of a metric: a limit must be written in a unit of the same dimension. */
export type Dimension = 'time' | 'memory' | 'rate' | 'ratio' | 'count'

/** Base unit of each dimension, in which all values travel; `ratio` is a plain number (0.01 = 1 %). */
export const BASE_UNIT: Readonly<Record<Dimension, string>> = {
  time: 's',
  memory: 'B',
  rate: '1/s',
  ratio: '1',
  count: '1',
}

/** What the requirements file may name: one entry of the metric registry, as data. */
export interface MetricDefinition {
  readonly id: string
  readonly title: string
  readonly dimension: Dimension
  /** `p50 p90 p95 p99 p99.9 mean max min` ... : the statistics that make sense for it. */
  readonly statistics: readonly string[]
  readonly better: 'lower' | 'higher'
  /** How it is measured, in one sentence a reviewer can check. */
  readonly method: string
}

/** How a server is loaded; a requirements file may override the built-in ones by name. */
export interface LoadProfile {
  readonly name: string
  /** Closed: a fixed number of connections. Open: arrivals at a rate, whatever the server does. */
  readonly model: 'closed' | 'open'
  /** Closed model: connections. Open model: the most virtual users that may be in flight. */
  readonly connections: number
  /** Open model only: arrivals a second; null in a closed model. */
  readonly rate: number | null
  /** Seconds of the measured window, and before it. */
  readonly seconds: number
  readonly warmupSeconds: number
  /** Independent server starts; a verdict with confidence needs at least five. */
  readonly starts: number
  readonly workers: number
  readonly request: {
    readonly method: 'GET' | 'POST'
    /** Path of the load application: `/hello`, `/bytes/20480`, `/delay/5`, `/echo`. */
    readonly path: string
    /** Bytes of request body. */
    readonly bodyBytes: number
  }
}

/** One number that some requirement wants to know. */
export interface MeasurementNeed {
  readonly metric: string
  readonly statistic: string
  readonly profile: LoadProfile
  readonly engine: 'autocannon' | 'k6'
  /** Of the interval, 0..1, one-sided. */
  readonly confidence: number
  /** Base unit; lets the meter count exceedances exactly beside the histogram. */
  readonly limit: number
}

/** Why a number may not be believed: a saturated generator, dropped arrivals, too few samples. */
export interface Blocker {
  readonly code: string
  readonly message: string
}

/** A closed interval that holds the true value with the stated confidence (0..1); null is unbounded. */
export interface Interval {
  readonly low: number | null
  readonly high: number | null
  readonly confidence: number
  /** Name of the statistical method: `order statistics`, `bootstrap over starts`. */
  readonly method: string
}

/** One metric of one subject under one profile, with how sure we are of it. Values in base units. */
export interface Measurement {
  /** `capacity/latency/p99`. */
  readonly id: string
  readonly metric: string
  readonly statistic: string
  readonly dimension: Dimension
  readonly profile: string
  readonly engine: string
  /** The target itself, or the reference server measured in the same run. */
  readonly subject: 'target' | 'yardstick'
  /** Null when nothing was measured; then `reason` says why. */
  readonly estimate: number | null
  readonly interval: Interval | null
  /** Requests (or samples) behind it, over all starts. */
  readonly samples: number
  /** One value per independent server start. */
  readonly perStart: readonly number[]
  /** Empty: may support a verdict. Otherwise every verdict from it is INCONCLUSIVE. */
  readonly blockers: readonly Blocker[]
  /** Set when it was not measured at all: the verdict is NOT_RUN. */
  readonly reason: string | null
  /** Raw data of the run it comes from, relative to the bundle. */
  readonly raw: string | null
}

/** A point of a series: seconds since the measured window began, value in base units. */
export type SeriesPoint = readonly [seconds: number, value: number]

/** One independent start of a server under one profile: raw data, and what charts are drawn from. */
export interface LoadStart {
  readonly index: number
  readonly startedAt: string
  /** Seconds of the measured window, warm-up excluded. */
  readonly seconds: number
  readonly requests: { readonly ok: number; readonly failed: number; readonly dropped: number }
  /** HdrHistogram V2 compressed base64, integer microseconds. */
  readonly latencyHistogram: string
  /** Requests a second that were asked for (open model); null in a closed model. */
  readonly offeredRate: number | null
  readonly achievedRate: number
  readonly memory: readonly SeriesPoint[]
  /** CPU seconds of the server's process tree, cumulative. */
  readonly cpu: readonly SeriesPoint[]
  readonly generator: {
    /** Share of one core: 1 is a core fully used. */
    readonly cpuShare: number
    /** Seconds; 99th percentile of its event-loop lag; null where the engine cannot tell. */
    readonly lagP99: number | null
  }
  readonly blockers: readonly Blocker[]
}

/** All starts of one subject under one profile. */
export interface LoadRun {
  /** `capacity`, `nominal`: also the key of its raw file. */
  readonly profile: string
  readonly engine: string
  readonly engineVersion: string
  readonly model: 'open' | 'closed'
  readonly subject: 'target' | 'yardstick'
  /** `connections 64, GET /hello`, for readers. */
  readonly conditions: Readonly<Record<string, string | number>>
  readonly starts: readonly LoadStart[]
  /** Points (quantile 0..1, seconds) of the merged histogram, for the percentile chart. */
  readonly percentiles: readonly (readonly [quantile: number, seconds: number])[]
  /** Set when the run did not take place: k6 is absent, say. */
  readonly reason: string | null
  readonly raw: string | null
}

/** All that a load run has shown. */
export interface LoadEvidence {
  readonly complete: boolean
  readonly runs: readonly LoadRun[]
  readonly measurements: readonly Measurement[]
}
