import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { CLAUSES } from '../../clauses/catalogue.ts'
import { PROPERTIES } from '../../properties/registry.ts'
import { MUTANTS, mutantById } from './registry.ts'

describe('mutants: the registry', () => {
  for (const { id } of PROPERTIES) {
    it(`the property ${id} has a mutant to catch`, () => {
      assert.ok(MUTANTS.some(({ property }) => property === id))
    })
  }

  it('every mutant names a property of the suite and a clause of the catalogue', () => {
    const properties = new Set(PROPERTIES.map(({ id }) => id))
    const clauses = new Set(CLAUSES.map(({ id }) => id))
    const lost = MUTANTS.filter(
      ({ property, clause }) => !properties.has(property) || !clauses.has(clause),
    )
    assert.deepEqual(
      lost.map(({ id }) => id),
      [],
    )
  })

  it('no two mutants have the same id or the same description', () => {
    assert.equal(new Set(MUTANTS.map(({ id }) => id)).size, MUTANTS.length)
    assert.equal(new Set(MUTANTS.map(({ breaks }) => breaks)).size, MUTANTS.length)
  })

  it('an id that no mutant has is refused', () => {
    assert.throws(() => mutantById('scope/nothing'), RangeError)
  })
})
