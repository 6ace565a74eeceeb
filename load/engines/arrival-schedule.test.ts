import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { valueAtRank } from '../statistics/histogram.ts'
import { layOnSchedule } from './arrival-schedule.ts'
import { type K6Arrival, K6Samples } from './k6-samples.ts'

const SCHEDULE = { rate: 100, warmupSeconds: 0.5, seconds: 1 }
const BEGIN = 1_795_475_179_000

/** Arrivals each 10 ms, with what happens to each. */
function arrivals(
  count: number,
  fate: (index: number) => { late?: number; service?: number; status?: number; dropped?: true },
): K6Arrival[] {
  return Array.from({ length: count }, (_, index) => {
    const { late = 0, service = 5, status = 200, dropped } = fate(index)
    const at = BEGIN + index * 10 + late
    if (dropped) return { at, request: null }
    return { at, request: { end: at + service, duration: service, status, errorCode: '' } }
  })
}

describe('what k6 did, laid on its schedule', () => {
  it('leaves out the warm-up, by arrival', () => {
    const outcome = layOnSchedule(
      arrivals(151, (index) => ({ service: index < 50 ? 900 : 5 })),
      SCHEDULE,
    )
    assert.equal(outcome.ok, 100)
    assert.deepEqual(outcome.window, { from: BEGIN + 500, to: BEGIN + 1500 })
    assert.ok(valueAtRank(outcome.responseTime, 100).high < 0.006)
  })

  it('counts latency from the intended arrival, so that a late generator hides nothing', () => {
    const outcome = layOnSchedule(
      arrivals(151, (index) => ({ late: index === 100 ? 200 : 0 })),
      SCHEDULE,
    )
    // Nineteen arrivals came between; in time they moved up one place each, and this one is the last.
    assert.ok(valueAtRank(outcome.responseTime, 100).high >= 0.014)
    assert.ok(valueAtRank(outcome.serviceTime, 100).high <= 0.0051)
    assert.ok((outcome.lagP99 ?? 0) >= 0.009)
  })

  it('keeps the sum of latencies of arrivals that were sent out of order', () => {
    const jitter = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 151, maxLength: 151 })
    fc.assert(
      fc.property(jitter, (late) => {
        // The first arrival in time pins the schedule; the warm-up absorbs what crosses its end.
        const shifted = late.map((each, index) => (index === 0 || index > 140 ? 0 : each))
        const all = arrivals(151, (index) => ({ late: shifted[index] ?? 0 }))
        const outcome = layOnSchedule(all, { ...SCHEDULE, warmupSeconds: 0, seconds: 1.51 })
        const expected = shifted.reduce((sum, each) => sum + each, 0) / 151 + 5
        assert.ok(Math.abs(outcome.responseTime.mean / 1000 - expected) < 0.1)
      }),
    )
  })

  it('counts dropped arrivals in their place, and those of the warm-up not at all', () => {
    const outcome = layOnSchedule(
      arrivals(151, (index) => (index % 25 === 0 ? { dropped: true } : {})),
      SCHEDULE,
    )
    assert.deepEqual([outcome.ok, outcome.dropped, outcome.missing], [96, 4, 0])
  })

  it('tells apart statuses, errors and arrivals that never were', () => {
    const outcome = layOnSchedule(
      arrivals(120, (index) => ({ status: [503, 0][index - 60] ?? 200 })),
      SCHEDULE,
    )
    assert.deepEqual(outcome.failures, { 'status 503': 1, 'k6 error unknown': 1 })
    assert.deepEqual([outcome.ok, outcome.missing], [68, 30])
  })
})

describe("the lines of k6's CSV", () => {
  it('give each request its arrival, reckoned back from its end', () => {
    const samples = new K6Samples()
    const lines = [
      'metric_name,timestamp,metric_value,error_code,status,extra_tags,metadata',
      'http_reqs,1795475179005000,1.000000,,200,,',
      'http_req_duration,1795475179005000,4.000000,,200,,',
      'http_req_blocked,1795475179005000,0.500000,,200,,',
      'http_req_waiting,1795475179005000,3.900000,,200,,',
      'dropped_iterations,1795475179010000,1.000000,,,,',
      'http_reqs,1795475179020000,1.000000,1212,0,,',
      'http_req_duration,1795475179020000,0.000000,1212,0,,',
    ]
    for (const line of lines) samples.line(line)
    samples.end()
    assert.deepEqual(samples.arrivals, [
      {
        at: 1_795_475_179_000.5,
        request: { end: 1_795_475_179_005, duration: 4, status: 200, errorCode: '' },
      },
      { at: 1_795_475_179_010, request: null },
      {
        at: 1_795_475_179_020,
        request: { end: 1_795_475_179_020, duration: 0, status: 0, errorCode: '1212' },
      },
    ])
  })
})
