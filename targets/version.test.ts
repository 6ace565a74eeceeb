import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { compareVersions, isVersion } from './version.ts'

const IN_ORDER = [
  '0.9',
  '0.29.0.dev1',
  '0.29.0a1',
  '0.29.0b2',
  '0.29.0rc1',
  '0.29.0',
  '0.29.0.post1',
  '0.29.1',
  '0.100',
  '1.0',
]

const version = fc
  .tuple(
    fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', 'a1', 'rc2', '.post1', '.dev3'),
  )
  .map(([release, mark]) => `${release.join('.')}${mark}`)

describe('version order', () => {
  it('is the order in which releases come out (PEP 440)', () => {
    assert.deepEqual(IN_ORDER.toReversed().toSorted(compareVersions), IN_ORDER)
  })

  it('does not depend on which of the two is asked first', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) || 0)
      }),
    )
  })

  it('ignores trailing zeros', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), (major, minor) => {
        assert.equal(compareVersions(`${major}.${minor}`, `${major}.${minor}.0.0`), 0)
      }),
    )
  })

  it('knows a version from what is none', () => {
    fc.assert(fc.property(version, (text) => assert.ok(isVersion(text))))
    for (const text of ['', 'v1', '1.', '1.x', '1.0-beta']) assert.ok(!isVersion(text), text)
  })
})
