import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { variedFirst } from './variety.ts'

const PROGRAM = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'),
  status: fc.constantFrom(200, 204, 304, 404, 500),
  name: fc.string({ minLength: 5, maxLength: 10 }),
  headers: fc.array(fc.record({ kind: fc.constantFrom('short', 'long', 'empty') }), {
    maxLength: 3,
  }),
  body: fc.option(fc.constantFrom('text', 'bytes'), { freq: 9 }),
})

type Program = typeof PROGRAM extends fc.Arbitrary<infer P> ? P : never

function pairsIn(programs: readonly Program[]): number {
  return new Set(
    programs.flatMap(({ method, status, body }) => {
      return [`${method} ${status}`, `${method} ${body}`, `${status} ${body}`]
    }),
  ).size
}

function inOrder(programs: readonly Program[], most: number): Program[] {
  return variedFirst(programs, most).flatMap((index) => programs[index] ?? [])
}

describe('an order of variety', () => {
  it('has as many programs as asked for, each once', () => {
    const programs = fc.sample(PROGRAM, { seed: 1, numRuns: 60 })
    assert.equal(new Set(variedFirst(programs, 40)).size, 40)
    assert.equal(new Set(variedFirst(programs, 100)).size, 60)
    assert.deepEqual(variedFirst([], 5), [])
  })

  it('brings together in a few programs what chance does not', () => {
    for (const seed of [1, 2, 3]) {
      const programs = fc.sample(PROGRAM, { seed, numRuns: 400 })
      const varied = pairsIn(inOrder(programs, 24))
      const random = pairsIn(programs.slice(0, 24))
      assert.ok(varied > 1.1 * random, `${varied} pairs, ${random} by chance, seed ${seed}`)
    }
  })

  it('is the same for the same programs', () => {
    const programs = fc.sample(PROGRAM, { seed: 4, numRuns: 100 })
    assert.deepEqual(variedFirst(programs, 50), variedFirst(structuredClone(programs), 50))
  })

  it('keeps the order of programs that nothing tells apart', () => {
    const names = fc.sample(fc.string({ minLength: 12, maxLength: 12 }), { seed: 5, numRuns: 20 })
    assert.deepEqual(variedFirst(names, 20), [...names.keys()])
  })
})
