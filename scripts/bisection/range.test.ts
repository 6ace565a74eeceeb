import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { choose, type Range } from './range.ts'

const RELEASES = ['0.9.0', '0.10.0', '0.10.1', '1.0.0']
const OPEN: Range = { from: null, to: null, good: null, bad: null }

describe('the range of a bisection', () => {
  it('is every release where nothing is said', () => {
    assert.deepEqual(choose(RELEASES, OPEN), RELEASES)
  })

  it('holds both its ends, and orders versions as releases, not as text', () => {
    const range = { ...OPEN, from: '0.9.0', to: '0.10.1' }
    assert.deepEqual(choose(RELEASES, range), ['0.9.0', '0.10.0', '0.10.1'])
  })

  it('lies between a good and a bad release, whichever is the older one', () => {
    const between = ['0.10.0', '0.10.1', '1.0.0']
    assert.deepEqual(choose(RELEASES, { ...OPEN, good: '1.0.0', bad: '0.10.0' }), between)
    assert.deepEqual(choose(RELEASES, { ...OPEN, good: '0.10.0', bad: '1.0.0' }), between)
  })

  it('goes on to the newest release from the only end that is given', () => {
    assert.deepEqual(choose(RELEASES, { ...OPEN, bad: '0.10.1' }), ['0.10.1', '1.0.0'])
  })

  for (const [what, range, code] of [
    ['is no release', { ...OPEN, from: '0.9.1' }, 'bisect/unknown-release'],
    ['holds one release', { ...OPEN, from: '1.0.0' }, 'bisect/empty-range'],
    ['is given twice', { ...OPEN, from: '0.9.0', good: '1.0.0' }, 'bisect/two-ranges'],
  ] as const) {
    it(`is refused where it ${what}`, () => {
      assert.throws(() => choose(RELEASES, range), { code })
    })
  }
})
