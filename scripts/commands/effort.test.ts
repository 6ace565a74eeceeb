import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { effortOf } from './effort.ts'

describe('the effort of a run', () => {
  it('is a minute unless something else is said, and four more for what is slow', () => {
    assert.deepEqual(programs(), programs(60_000))
    assert.deepEqual([effortOf({}).graceMs, effortOf({ time: 60_000 }).graceMs], [240_000, 0])
  })

  it('is more programs in a longer time, and the same in a shorter one', () => {
    assert.deepEqual(programs(60_000), [100, 2, 60_000])
    assert.deepEqual(programs(300_000), [500, 10, 300_000])
    assert.deepEqual(programs(8_000), [100, 2, 8_000])
  })

  it('has no end but its number of programs when that is said', () => {
    assert.deepEqual(
      [effortOf({ runs: 7 }).runs, effortOf({ runs: 7 }).timeMs, effortOf({ runs: 7 }).launches],
      [7, null, null],
    )
  })
})

function programs(time?: number): readonly unknown[] {
  const { runs, launches, timeMs } = effortOf(time === undefined ? {} : { time })
  return [runs, launches, timeMs]
}
