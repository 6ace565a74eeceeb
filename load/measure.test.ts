import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { Measurement, MeasurementNeed } from '../evidence/load.ts'
import { PROFILE, runRecord, startRecord } from './fixtures/records.ts'
import { measure } from './measure.ts'
import { METRICS } from './metrics/registry.ts'
import type { RunRecord, StartRecord } from './start-record.ts'

const need = (
  metric: string,
  statistic: string,
  changes: Partial<MeasurementNeed> = {},
): MeasurementNeed => ({
  metric,
  statistic,
  profile: PROFILE,
  engine: 'autocannon',
  confidence: 0.95,
  limit: 1,
  ...changes,
})

const five = (start: (index: number) => StartRecord): RunRecord =>
  runRecord([0, 1, 2, 3, 4].map(start))
const evenly = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index + 1)

function only(needs: readonly MeasurementNeed[], runs: readonly RunRecord[]): Measurement {
  const [first] = measure(needs, runs)
  assert.ok(first)
  return first
}

const close = (actual: number | null | undefined, expected: number, share = 0.002): void =>
  assert.ok(
    Math.abs((actual ?? Number.NaN) - expected) <= share * expected,
    `${actual}, not ${expected}`,
  )

const WAITED = { code: 'server-waited', message: 'The server waited for a CPU 40 % of the time.' }

describe('a measurement', () => {
  it('of every statistic of every metric has an estimate inside its interval', () => {
    const yardstick = {
      ...five((index) => startRecord(index, evenly(300))),
      subject: 'yardstick' as const,
    }
    const scaled = { ...PROFILE, workers: 2 }
    const single = { ...PROFILE, name: 'capacity-1-worker' }
    const runs = [
      { ...five((index) => startRecord(index, evenly(600 + index))), profile: scaled },
      { ...five((index) => startRecord(index, evenly(400))), profile: single },
      { ...yardstick, profile: scaled },
    ]
    for (const { id, statistics } of METRICS) {
      for (const statistic of statistics) {
        const { estimate, interval, reason } = only(
          [need(id, statistic, { profile: scaled })],
          runs,
        )
        assert.equal(reason, null, `${id} ${statistic}`)
        assert.ok(estimate !== null && interval !== null)
        assert.ok(
          (interval.low ?? estimate) <= estimate && estimate <= (interval.high ?? estimate),
          id,
        )
      }
    }
  })

  it('of a percentile is the union of what requests and what starts show', () => {
    // Each start has 1..1000 ms: p99 is 990 in every start, so that only order statistics have width.
    const same = only([need('latency', 'p99')], [five((i) => startRecord(i, evenly(1000)))])
    close(same.estimate, 0.99)
    assert.equal(same.samples, 5000)
    // Of 5,000 the ranks are 4,938 and 4,962: each value is there five times.
    close(same.interval?.low, 0.988)
    close(same.interval?.high, 0.993)
    // Starts that differ widen it: 990 ms + - 100 ms x t(.95, 4) x s / sqrt(5).
    const factors = [0.9, 0.95, 1, 1.05, 1.1]
    const unlike = only(
      [need('latency', 'p99')],
      [
        five((i) =>
          startRecord(
            i,
            evenly(1000).map((ms) => ms * (factors[i] ?? 1)),
          ),
        ),
      ],
    )
    const spread = 2.1318 * Math.sqrt(0.00625) * (0.99 / Math.sqrt(5))
    assert.ok((unlike.interval?.low ?? 1) <= 0.99 - spread * 0.99)
    assert.ok((unlike.interval?.high ?? 0) >= 0.99 + spread * 0.99)
  })

  it('of a percentile counts failed requests as the slowest', () => {
    const failing = five((index) =>
      startRecord(index, evenly(980), { requests: { ok: 980, failed: 20, dropped: 0 } }),
    )
    close(only([need('latency', 'p99')], [failing]).estimate, 10)
    close(only([need('latency', 'p95')], [failing]).estimate, 0.95)
  })

  it('of a percentile is blocked below the least number of requests', () => {
    const few = five((index) => startRecord(index, evenly(59)))
    assert.deepEqual(
      only([need('latency', 'p99')], [few]).blockers.map(({ code }) => code),
      ['too-few-samples'],
    )
    assert.deepEqual(only([need('latency', 'p95')], [few]).blockers, [])
  })

  it('of errors has the bound of the rule of three when there was none', () => {
    const { estimate, interval } = only(
      [need('error_ratio', 'mean')],
      [five((index) => startRecord(index, evenly(2000)))],
    )
    assert.equal(estimate, 0)
    close(interval?.high, 3 / 10_000)
  })

  it('of CPU time is that of the window for each answered request', () => {
    const { estimate } = only(
      [need('cpu_time_per_request', 'mean')],
      [five((index) => startRecord(index, evenly(500)))],
    )
    close(estimate, 1 / 500)
  })

  it('is open towards the better where something held the server back', () => {
    const busy = five((index) =>
      startRecord(index, evenly(500), index === 2 ? { interference: [WAITED] } : {}),
    )
    const of = (metric: string, statistic: string) =>
      only([need(metric, statistic)], [busy]).interval
    assert.equal(of('latency', 'p95')?.low, null)
    assert.notEqual(of('latency', 'p95')?.high, null)
    assert.equal(of('throughput', 'mean')?.high, null)
    assert.notEqual(of('throughput', 'mean')?.low, null)
    assert.match(of('throughput', 'mean')?.method ?? '', /server-waited in 1 of 5 starts/)
    assert.notEqual(of('memory_pss', 'max')?.low, null)
  })

  it('compares paired starts, and has no lower bound where the other side was held back', () => {
    const fast = five((index) => startRecord(index, evenly(600)))
    const slow = (changes: Partial<StartRecord>): RunRecord => ({
      ...five((index) => startRecord(index, evenly(400), changes)),
      subject: 'yardstick',
    })
    const needs = [need('throughput_to_yardstick', 'mean')]
    const free = only(needs, [fast, slow({})])
    close(free.estimate, 1.5)
    close(free.interval?.low, 1.5)
    assert.equal(only(needs, [fast, slow({ interference: [WAITED] })]).interval?.low, null)
    assert.match(only(needs, [fast]).reason ?? '', /No yardstick/)
  })

  it('is blocked by what befell one of its starts, once', () => {
    const dropped = { code: 'dropped-arrivals', message: 'k6 dropped 3 arrivals.' }
    const run = five((index) => startRecord(index, evenly(500), { blockers: [dropped] }))
    assert.deepEqual(only([need('latency', 'p95')], [run]).blockers, [dropped])
  })

  it('of errors is not blocked by the death of the server, which other metrics are', () => {
    const died = { code: 'server-died', message: 'The server ended under load.' }
    const run = five((index) => startRecord(index, evenly(500), { blockers: [died] }))
    assert.deepEqual(only([need('error_ratio', 'mean')], [run]).blockers, [])
    assert.deepEqual(only([need('throughput', 'mean')], [run]).blockers, [died])
  })

  it('needs five starts to support a verdict', () => {
    const run = runRecord([startRecord(0, evenly(500)), startRecord(1, evenly(500))])
    assert.deepEqual(
      only([need('latency', 'p95')], [run]).blockers.map(({ code }) => code),
      ['too-few-starts'],
    )
  })

  it('that did not take place has the reason of its run', () => {
    const absent = runRecord([], { reason: 'k6 is not installed.', raw: null })
    const { estimate, reason } = only([need('latency', 'p99')], [absent])
    assert.deepEqual([estimate, reason], [null, 'k6 is not installed.'])
  })

  it('is one for several needs of the same number, at the highest confidence', () => {
    const runs = [five((index) => startRecord(index, evenly(500)))]
    const needs = [0.9, 0.99, 0.95].map((confidence) => need('latency', 'p95', { confidence }))
    const all = measure(needs, runs)
    assert.deepEqual(
      all.map(({ interval }) => interval?.confidence),
      [0.99],
    )
  })

  it('grows no narrower with confidence', () => {
    const latencies = fc.array(fc.double({ min: 0.1, max: 500, noNaN: true }), {
      minLength: 60,
      maxLength: 90,
    })
    const starts = fc.tuple(latencies, latencies, latencies, latencies, latencies)
    fc.assert(
      fc.property(starts, fc.constantFrom('p50', 'p90', 'mean', 'max'), (values, statistic) => {
        const run = five((index) => startRecord(index, values[index] ?? []))
        const at = (confidence: number) =>
          only([need('latency', statistic, { confidence })], [run]).interval
        assert.ok((at(0.99)?.low ?? 0) <= (at(0.9)?.low ?? 0))
        assert.ok((at(0.99)?.high ?? 1e9) >= (at(0.9)?.high ?? 0))
      }),
      { numRuns: 30 },
    )
  })
})

describe('the registry of metrics', () => {
  it('holds each metric once, with all that a requirements file needs to know of it', () => {
    assert.equal(new Set(METRICS.map(({ id }) => id)).size, METRICS.length)
    for (const { id, title, statistics, method } of METRICS) {
      assert.match(id, /^[a-z][a-z_]*$/)
      assert.ok(title.length > 0 && statistics.length > 0 && method.endsWith('.'), id)
    }
  })
})
