import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  decode,
  encode,
  latencyHistogram,
  merge,
  percentilePoints,
  record,
  valueAtRank,
} from './histogram.ts'

function of(milliseconds: readonly number[]): ReturnType<typeof latencyHistogram> {
  const histogram = latencyHistogram()
  for (const value of milliseconds) record(histogram, value)
  return histogram
}

const latencies = fc.array(fc.double({ min: 0.001, max: 59_000, noNaN: true }), { minLength: 1 })

describe('the latency histogram', () => {
  it('brackets the value of every rank within 0.1 %', () => {
    fc.assert(
      fc.property(latencies, (milliseconds) => {
        const histogram = of(milliseconds)
        const sorted = milliseconds
          .map((value) => Math.max(1, Math.round(value * 1000)) / 1e6)
          .toSorted((a, b) => a - b)
        sorted.forEach((seconds, index) => {
          const { low, high } = valueAtRank(histogram, index + 1)
          assert.ok(low <= seconds && seconds <= high, `${low} ${seconds} ${high}`)
          assert.ok(high - low <= seconds / 1000)
        })
      }),
    )
  })

  it('keeps sub-millisecond latencies apart', () => {
    const histogram = of([0.17, 0.35])
    assert.deepEqual(
      [valueAtRank(histogram, 1).high, valueAtRank(histogram, 2).high],
      [0.00017, 0.00035],
    )
  })

  it('comes back from its text, and merges in any order', () => {
    fc.assert(
      fc.property(latencies, latencies, (left, right) => {
        const one = encode(merge([of(left), of(right)]))
        const other = encode(merge([decode(encode(of(right))), decode(encode(of(left)))]))
        assert.equal(one, other)
      }),
    )
  })

  it('draws no quantile that its sample does not resolve', () => {
    assert.deepEqual(percentilePoints(latencyHistogram()), [])
    const quantiles = percentilePoints(of([1, 2, 3, 4])).map(([quantile]) => quantile)
    assert.deepEqual(quantiles, [0, 0.1, 0.25, 0.5, 0.75, 1])
  })
})
