import type { Blocker, Interval, Measurement, MeasurementNeed } from '../evidence/load.ts'
import type { Metric, MetricInput } from './metrics/metric.ts'
import { findMetric } from './metrics/registry.ts'
import type { Subject } from './plan.ts'
import type { RunRecord, StartRecord } from './start-record.ts'

const LEAST_STARTS = 5

/** Every number that is needed, for each subject that was loaded: a pure function of the raw files. */
export function measure(
  needs: readonly MeasurementNeed[],
  runs: readonly RunRecord[],
): readonly Measurement[] {
  const distinct = new Map<string, MeasurementNeed>()
  for (const need of needs) {
    const key = [need.metric, need.statistic, need.profile.name, need.engine].join('\n')
    const known = distinct.get(key)
    // An interval of the highest confidence that is asked for serves the lower ones too.
    if (known === undefined || known.confidence < need.confidence) distinct.set(key, need)
  }
  const subjects = new Set(runs.map(({ subject }) => subject))
  return [...distinct.values()].flatMap((need) =>
    (['target', 'yardstick'] as const)
      .filter((subject) => subject === 'target' || subjects.has(subject))
      .filter((subject) => subject === 'target' || applies(need, runs))
      .map((subject) => measureOne(need, subject, runs)),
  )
}

/** The yardstick has a number where it ran under the profile, and is not compared to itself. */
function applies(need: MeasurementNeed, runs: readonly RunRecord[]): boolean {
  const metric = findMetric(need.metric)
  const compares = metric?.needsYardstick === true || metric?.reference !== undefined
  return !compares && find(runs, need, 'yardstick', need.profile.name) !== undefined
}

function measureOne(
  need: MeasurementNeed,
  subject: Subject,
  runs: readonly RunRecord[],
): Measurement {
  const metric = findMetric(need.metric)
  if (metric === undefined) throw new TypeError(`no metric is called ${need.metric}`)
  const run = find(runs, need, subject, need.profile.name)
  const head = {
    id: `${need.profile.name}/${need.metric}/${need.statistic}`,
    metric: need.metric,
    statistic: need.statistic,
    dimension: metric.dimension,
    profile: need.profile.name,
    engine: need.engine,
    subject,
    raw: run?.raw ?? null,
  }
  const nothing = { estimate: null, interval: null, samples: 0, perStart: [], blockers: [] }
  if (run === undefined) return { ...head, ...nothing, reason: 'The load run did not take place.' }
  if (run.starts.length === 0) return { ...head, ...nothing, reason: run.reason ?? 'No start ran.' }
  const result = metric.measure(inputOf(need, metric, subject, run, runs))
  if ('reason' in result) return { ...head, ...nothing, reason: result.reason }
  const { interval, blockers, ...numbers } = result
  return {
    ...head,
    ...numbers,
    interval: opened(interval, metric, run.starts),
    blockers: [...standing(metric, run), ...blockers].filter(firstOfItsCode),
    reason: null,
  }
}

function inputOf(
  need: MeasurementNeed,
  metric: Metric,
  subject: Subject,
  run: RunRecord,
  runs: readonly RunRecord[],
): MetricInput {
  const reference = metric.reference?.(need.profile) ?? null
  const other = reference === null ? undefined : find(runs, need, subject, reference.name)
  return {
    statistic: need.statistic,
    confidence: need.confidence,
    starts: run.starts,
    referenceStarts: reference === null ? null : (other?.starts ?? []),
    yardstickStarts: find(runs, need, 'yardstick', need.profile.name)?.starts ?? null,
  }
}

function find(
  runs: readonly RunRecord[],
  { engine }: MeasurementNeed,
  subject: Subject,
  profile: string,
): RunRecord | undefined {
  return runs.find(
    (run) => run.subject === subject && run.engine === engine && run.profile.name === profile,
  )
}

/** Interference can only have made the server look worse: the interval is open towards the better. */
function opened(interval: Interval, metric: Metric, starts: readonly StartRecord[]): Interval {
  const disturbed = starts.filter(({ interference }) => interference.length > 0)
  if (disturbed.length === 0 || metric.interference === 'none') return interval
  const codes = new Set(disturbed.flatMap(({ interference }) => interference.map(codeOf)))
  const why = `${[...codes].join(', ')} in ${disturbed.length} of ${starts.length} starts`
  switch (metric.interference) {
    case 'reads high':
      return { ...interval, low: null, method: `${interval.method}; upper bound only: ${why}` }
    case 'reads low':
      return { ...interval, high: null, method: `${interval.method}; lower bound only: ${why}` }
  }
}

const codeOf = ({ code }: Blocker): string => code

function standing(metric: Metric, run: RunRecord): readonly Blocker[] {
  const blockers = run.starts
    .flatMap((start) => start.blockers)
    .filter(({ code }) => metric.unblocked?.includes(code) !== true)
  if (run.reason !== null) blockers.push({ code: 'run-cut-short', message: run.reason })
  if (run.starts.length < LEAST_STARTS) {
    blockers.push({
      code: 'too-few-starts',
      message: `${run.starts.length} server starts do not support a verdict: that takes ${LEAST_STARTS}.`,
    })
  }
  return blockers
}

function firstOfItsCode(blocker: Blocker, index: number, all: readonly Blocker[]): boolean {
  return all.findIndex(({ code }) => code === blocker.code) === index
}
