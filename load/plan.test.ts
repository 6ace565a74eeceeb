import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { MeasurementNeed } from '../evidence/load.ts'
import { type Batch, plan } from './plan.ts'
import { PROFILES, quickened } from './profiles.ts'

function need(profile: string, metric = 'latency', statistic = 'p99'): MeasurementNeed {
  const found = PROFILES.find(({ name }) => name === profile)
  assert.ok(found)
  const engine = found.model === 'open' ? 'k6' : 'autocannon'
  return { metric, statistic, profile: found, engine, confidence: 0.95, limit: 1 }
}

const names = ({ runs }: Batch): readonly string[] =>
  runs.map(({ profile, subject }) => `${profile.name}/${subject}`)
const order = ({ starts }: Batch): readonly string[] =>
  starts.map(({ run, index }) => `${index} ${run.profile.name}/${run.subject}`)

const NEEDS = [need('capacity'), need('capacity', 'throughput', 'mean'), need('nominal')]

describe('the plan of a load', () => {
  it('runs each profile once, however many numbers are wanted of it', () => {
    const batches = plan(NEEDS, { yardstick: true, seed: 1 })
    assert.deepEqual(batches.map(names), [
      ['capacity/target', 'capacity/yardstick'],
      ['nominal/target', 'nominal/yardstick'],
    ])
  })

  it('has five starts of each run, one in each round, in the order of the seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        for (const batch of plan(NEEDS, { yardstick: true, seed })) {
          assert.equal(new Set(order(batch)).size, 10)
          assert.deepEqual(
            batch.starts.map(({ index }) => index),
            [0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
          )
        }
      }),
    )
    const orders = Array.from({ length: 40 }, (_, seed) =>
      plan(NEEDS, { yardstick: true, seed }).flatMap(order).join(),
    )
    assert.ok(new Set(orders).size > 20)
    assert.deepEqual(
      plan(NEEDS, { yardstick: true, seed: 7 }).map(order),
      plan(NEEDS, { yardstick: true, seed: 7 }).map(order),
    )
  })

  it('lets workers alternate with one worker, without a yardstick for the ratio alone', () => {
    const [batch] = plan([need('scaling', 'throughput_ratio', 'mean')], {
      yardstick: true,
      seed: 1,
    })
    assert.ok(batch)
    assert.deepEqual(names(batch), ['scaling/target', 'scaling-1-worker/target'])
    assert.deepEqual(
      batch.runs.map(({ profile }) => profile.workers),
      [2, 1],
    )
  })

  it('is empty when nothing is wanted', () => {
    assert.deepEqual(plan([], { yardstick: true, seed: 1 }), [])
  })
})

describe('the built-in profiles', () => {
  it('have five starts, also when quickened, and no more time than before', () => {
    for (const profile of PROFILES) {
      const quick = quickened(profile)
      assert.equal(quick.starts, 5)
      assert.ok(quick.seconds <= profile.seconds && quick.warmupSeconds <= profile.warmupSeconds)
      assert.equal(profile.rate === null, profile.model === 'closed')
    }
  })

  it('give the 99th percentile of the open model enough requests, also when quickened', () => {
    for (const profile of PROFILES.filter(({ model }) => model === 'open').map(quickened)) {
      assert.ok((profile.rate ?? 0) * profile.seconds * profile.starts >= 299)
    }
  })
})
