import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { Admission } from './admission.ts'

const SETTINGS = { limitConcurrency: 0, limitMaxRequests: 2, limitMaxRequestsJitter: 0 } as const

describe('admission', () => {
  for (const before of [0, 1, 2, 3])
    it(`tells once that a process should retire, of which ${before} requests come before it is asked`, () => {
      const admission = new Admission(SETTINGS)
      let told = 0
      for (let count = 0; count < before; count += 1) admission.enter()
      admission.onRetire = () => {
        told += 1
      }
      for (let count = before; count < 4; count += 1) admission.enter()
      assert.equal(told, 1)
    })
})
