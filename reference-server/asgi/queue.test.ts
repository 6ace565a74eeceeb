import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { Queue } from './queue.ts'

describe('a queue', () => {
  it('gives what an array would give', () => {
    const steps = fc.array(fc.oneof(fc.nat(3000), fc.constantFrom('clear', 'most', 'all')))
    fc.assert(
      fc.property(steps, (program) => {
        const queue = new Queue<number>()
        let expected: number[] = []
        let last = 0
        for (const step of program) {
          if (typeof step === 'number') {
            for (let count = 0; count < step; count += 1) {
              last += 1
              queue.put(last)
              expected.push(last)
            }
          } else if (step === 'clear') {
            queue.clear()
            expected = []
          } else {
            const count = step === 'all' ? expected.length + 1 : Math.floor(expected.length * 0.7)
            const taken = Array.from({ length: count }, () => queue.take())
            const wanted = expected.splice(0, count)
            assert.deepEqual(taken.slice(0, wanted.length), wanted)
            assert.ok(taken.slice(wanted.length).every((item) => item === undefined))
          }
          assert.equal(queue.length, expected.length)
        }
      }),
      { numRuns: 50 },
    )
  })
})
