import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { isAlert } from './tls-records.ts'

describe('a record of TLS', () => {
  it('is an alert by its type, or by the length that TLS 1.3 gives to a hidden one', () => {
    assert.equal(isAlert({ type: 21, length: 26 }), true)
    assert.equal(isAlert({ type: 23, length: 19 }), true)
  })

  it('with content is none', () => {
    assert.equal(isAlert({ type: 23, length: 55 }), false)
    assert.equal(isAlert({ type: 22, length: 19 }), false)
  })
})
