import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { exchangeProperty, type Property } from '../properties/property.ts'
import { programsOf, Waves } from './shards.ts'

function law(caseOf?: (program: readonly [number, number]) => string): Property {
  return exchangeProperty({
    id: 'shards/law',
    law: 'a law of the test itself',
    clauses: ['http/scope/path'],
    program: fc.tuple(fc.nat(29), fc.nat(1000)),
    run: () => Promise.resolve(),
    ...(caseOf === undefined ? {} : { caseOf }),
  })
}

/** The programs of each wave. */
function waves(property: Property, runs: number, seed = 1): unknown[][] {
  const all: unknown[][] = []
  const source = new Waves(property, runs, seed)
  for (let wave = source.next(); wave.length > 0; wave = source.next()) {
    all.push(wave.flatMap((shard) => programsOf(property, shard)))
  }
  return all
}

describe('the programs of a property', () => {
  it('come in waves that grow, as many as asked for in all', () => {
    assert.deepEqual(
      waves(law(), 100).map(({ length }) => length),
      [5, 15, 30, 50],
    )
    assert.deepEqual(
      waves(law(), 7).map(({ length }) => length),
      [5, 2],
    )
  })

  it('are the same for the same seed, and others for another', () => {
    assert.deepEqual(waves(law(), 40, 5), waves(law(), 40, 5))
    assert.notDeepEqual(waves(law(), 40, 5), waves(law(), 40, 6))
  })

  it('are new cases first where the property says what a case is', () => {
    const found = waves(
      law(([number]) => String(number)),
      100,
    )
    const cases = found.flat().map((program) => String(program).split(',')[0])
    assert.equal(new Set(cases.slice(0, 30)).size, 30)
    assert.deepEqual(
      found.map(({ length }) => length),
      [5, 15, 30, 50],
    )
  })

  it('are each another one where there are only so many', () => {
    const few = exchangeProperty({
      id: 'shards/few',
      law: 'a law of the test itself',
      clauses: ['http/scope/path'],
      enough: 12,
      program: fc.nat(11),
      run: () => Promise.resolve(),
    })
    assert.equal(new Set(waves(few, 12).flat()).size, 12)
  })

  it('are at first those that have the least in common', () => {
    const kinds = ['PING', 'SETTINGS', 'WINDOW_UPDATE', 'request'] as const
    const many = exchangeProperty({
      id: 'shards/many',
      law: 'a law of the test itself',
      clauses: ['http/scope/path'],
      enough: 200,
      program: fc.tuple(fc.constantFrom(...kinds), fc.nat(900)),
      run: () => Promise.resolve(),
    })
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const first = waves(many, 12, seed).flat().slice(0, 6)
      const met = new Set(first.map((program) => String(program).split(',')[0]))
      assert.equal(met.size, kinds.length, `seed ${seed}`)
    }
  })

  it('are no more than asked for where there are more cases', () => {
    assert.equal(waves(law(String), 20).flat().length, 20)
  })

  it('may be put off to the next wave', () => {
    const source = new Waves(law(), 100, 1)
    const first = source.next()
    const second = source.next()
    source.putBack(second.slice(1))
    assert.deepEqual(source.next(), second.slice(1))
    assert.notDeepEqual(source.next(), first)
  })
})
