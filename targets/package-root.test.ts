import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { InfrastructureError } from '../evidence/errors.ts'
import { packageRoot } from './package-root.ts'

describe('the package of assay', () => {
  it('is found from every folder below it, and missed in plain words once it was removed', () => {
    assert.equal(packageRoot(import.meta.dirname), packageRoot())
    assert.throws(() => packageRoot('/removed/dist/targets'), InfrastructureError)
  })
})
