import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { binomialCdf, ratioLowerBound, ratioUpperBound } from './binomial.ts'
import { minimumSamples, quantileRanks } from './order-statistics.ts'
import { meanBounds, ratioBounds, studentQuantile } from './starts.ts'

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`)

describe('the binomial distribution', () => {
  it('equals the sum of its terms for every k of a small n', () => {
    for (let k = 0; k < 6; k += 1) {
      // Bin(6, 0.3), summed by hand from 6Ck 0.3^k 0.7^(6-k).
      const byHand = [0.117649, 0.420175, 0.74431, 0.92953, 0.989065, 0.999271]
      near(binomialCdf(k, 6, 0.3), byHand[k] ?? Number.NaN, 1e-9)
    }
  })

  it('agrees with the published tail P(Bin(59, .95) <= 57) = .8009', () => {
    near(binomialCdf(57, 59, 0.95), 0.8009, 5e-5)
  })

  it('stays exact at a million trials', () => {
    // The median of Bin(1e6, 1/2) is 500,000; P(K <= median) = 1/2 + half the central term.
    near(binomialCdf(500_000, 1_000_000, 0.5), 0.5 + 0.5 / Math.sqrt(Math.PI * 500_000), 1e-7)
  })
})

describe('bounds on a ratio of events', () => {
  it('without any event the upper bound solves (1 - p)^n = 1 - confidence: the rule of three', () => {
    near(ratioUpperBound(0, 100, 0.95), 1 - 0.05 ** (1 / 100), 1e-12)
    near(ratioUpperBound(0, 10_000, 0.95), 3 / 10_000, 5e-6)
  })

  it('agrees with the Clopper-Pearson interval of 81 in 263 that Newcombe (1998) published', () => {
    near(ratioLowerBound(81, 263, 0.975), 0.2527, 5e-5)
    near(ratioUpperBound(81, 263, 0.975), 0.3676, 5e-5)
  })

  it('reaches 0 and 1 where the data leave no other bound', () => {
    assert.equal(ratioUpperBound(5, 5, 0.95), 1)
    assert.equal(ratioLowerBound(0, 5, 0.95), 0)
  })
})

describe('distribution-free bounds on a percentile', () => {
  it('exist from 29, 59, 299 and 2,995 samples on, at 95 %', () => {
    for (const [p, n] of [
      [0.9, 29],
      [0.95, 59],
      [0.99, 299],
      [0.999, 2995],
    ] as const) {
      assert.equal(minimumSamples(p, 0.95), n)
      assert.equal(quantileRanks(n, p, 0.95).high, n)
      assert.equal(quantileRanks(n - 1, p, 0.95).high, null)
    }
  })

  it('have the ranks of the exact binomial tail', () => {
    const table = [
      [59, 0.95, 53, 57, 59],
      [100, 0.95, 91, 95, 99],
      [1_000, 0.95, 938, 950, 962],
      [299, 0.99, 293, 297, 299],
      [1_000, 0.99, 985, 990, 996],
      [10_000, 0.99, 9_883, 9_900, 9_917],
      [10_000, 0.999, 9_985, 9_990, 9_996],
      [100_000, 0.999, 99_883, 99_900, 99_917],
    ] as const
    for (const [n, p, low, point, high] of table) {
      assert.deepEqual(quantileRanks(n, p, 0.95), { low, point, high })
    }
  })

  it('hold the point between them, whatever the sample size, quantile and confidence', () => {
    const quantile = fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999)
    const sizes = fc.integer({ min: 1, max: 50_000 })
    fc.assert(
      fc.property(sizes, quantile, fc.constantFrom(0.9, 0.95, 0.99), (n, p, confidence) => {
        const { low, point, high } = quantileRanks(n, p, confidence)
        assert.ok((low ?? 1) <= point && point <= (high ?? n))
      }),
    )
  })
})

describe('bounds over server starts', () => {
  it("use the published quantiles of Student's t", () => {
    near(studentQuantile(0.95, 4), 2.1318, 5e-5)
    near(studentQuantile(0.95, 9), 1.8331, 5e-5)
    near(studentQuantile(0.975, 1), 12.7062, 5e-5)
    near(studentQuantile(0.99, 30), 2.4573, 5e-5)
  })

  it('are mean -+ t s / sqrt(n)', () => {
    // Mean 3, s = sqrt(2.5), t(.95, 4) = 2.13185.
    const { low, high } = meanBounds([1, 2, 3, 4, 5], 0.95)
    near(low ?? Number.NaN, 3 - (2.13185 * Math.sqrt(2.5)) / Math.sqrt(5), 1e-4)
    near(high ?? Number.NaN, 3 + (2.13185 * Math.sqrt(2.5)) / Math.sqrt(5), 1e-4)
  })

  it('need two values', () => {
    assert.deepEqual(meanBounds([1], 0.95), { low: null, high: null })
  })

  it('miss the mean of normal starts no more often than they say, with five starts', () => {
    const random = xoroshiro128plus(20_261_123)
    const uniform = (): number => ((random.next() >>> 0) + 0.5) / 2 ** 32
    const normal = (): number =>
      Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
    let misses = 0
    for (let trial = 0; trial < 4_000; trial += 1) {
      const starts = Array.from({ length: 5 }, normal)
      if ((meanBounds(starts, 0.95).high ?? 0) < 0) misses += 1
    }
    // 5 % of 4,000 is 200, with a standard deviation of 13.8.
    assert.ok(misses > 145 && misses < 255, `${misses} of 4000`)
  })

  it('treat a ratio and its inverse alike', () => {
    const ratios = [1.1, 0.9, 1.3, 1.05, 1.2]
    const there = ratioBounds(ratios, 0.95)
    const back = ratioBounds(
      ratios.map((ratio) => 1 / ratio),
      0.95,
    )
    near(there.estimate * back.estimate, 1, 1e-12)
    near((there.low ?? 0) * (back.high ?? 0), 1, 1e-12)
  })
})
