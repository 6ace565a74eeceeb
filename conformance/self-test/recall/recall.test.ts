import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { chooseFlavours } from '../../../targets/descriptor.ts'
import { findServer } from '../../../targets/registry.ts'
import { parseTargetSpec } from '../../../targets/spec.ts'
import { compareVersions } from '../../../targets/version.ts'
import { CLAUSES } from '../../clauses/catalogue.ts'
import { PROPERTIES } from '../../properties/registry.ts'
import { targetOf } from './measure.ts'
import { HISTORICAL_BUGS } from './registry.ts'

/** Measuring them takes the package index and an hour: `npm run recall`. Here they are only read. */
describe('historical bugs', () => {
  it('have ids of their own', () => {
    const ids = HISTORICAL_BUGS.map(({ id }) => id)
    assert.deepEqual([...new Set(ids)], ids)
  })

  for (const bug of HISTORICAL_BUGS) {
    it(`${bug.id} names targets that can be asked for, the bad one before the fixed one`, () => {
      const options = { serverArgs: bug.args, pins: bug.pins }
      for (const version of [bug.bad, bug.fixed]) parseTargetSpec(targetOf(bug, version), options)
      assert.ok(compareVersions(bug.bad, bug.fixed) < 0)
      const server = findServer(bug.server)
      assert.ok(server)
      const names = chooseFlavours(server, bug.bad, bug.flavours).map(({ name }) => name)
      for (const flavour of bug.flavours) assert.ok(names.includes(flavour))
    })

    it(`${bug.id} names clauses of the catalogue`, () => {
      assert.ok(bug.property === null || PROPERTIES.some(({ id }) => id === bug.property))
      for (const clause of bug.clauses)
        assert.ok(
          CLAUSES.some(({ id }) => id === clause),
          clause,
        )
    })
  }
})
