import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { readReference } from './reference.ts'

describe('the name of an application', () => {
  it('has a path, which may have colons, and an export', () => {
    assert.deepEqual(readReference('hello.ts:app'), { file: 'hello.ts', exportName: 'app' })
    assert.deepEqual(readReference('/srv/a:b/app.js:app'), {
      file: '/srv/a:b/app.js',
      exportName: 'app',
    })
  })

  it('is none without either', () => {
    for (const text of ['', 'hello.ts', ':app', 'hello.ts:'])
      assert.equal(readReference(text), null)
  })
})
