import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type Era, newestPythonOf, requirementsOf } from './eras.ts'
import { SERVERS } from './registry.ts'
import { isVersion } from './version.ts'

const ERAS: readonly Era[] = [
  { before: '3.0', constraints: ['frames<9'] },
  { before: '1.0', instead: ['click<8', 'parser'], constraints: ['sockets<2'] },
  { before: '2.0', instead: ['click'] },
]

describe('the requirements of a release', () => {
  it('are its own where it lies in no era', () => {
    const requirements = requirementsOf('3.0', ERAS, ['sockets'], ['click==8.1'])
    assert.deepEqual(requirements, {
      packages: ['sockets', 'click==8.1'],
      constraints: [],
      alone: false,
    })
  })

  it('are bounded by every era it lies in, and replaced by the narrowest that replaces them', () => {
    assert.deepEqual(requirementsOf('0.9', ERAS, [], []), {
      packages: ['click<8', 'parser'],
      constraints: ['sockets<2', 'frames<9'],
      alone: true,
    })
    assert.deepEqual(requirementsOf('1.0', ERAS, [], []), {
      packages: ['click'],
      constraints: ['frames<9'],
      alone: true,
    })
    assert.deepEqual(requirementsOf('2.9', ERAS, [], []), {
      packages: [],
      constraints: ['frames<9'],
      alone: false,
    })
  })

  it('give way to the pins of the user, however the package is spelled', () => {
    const pins = ['Sockets==3.0', 'CLICK[x]==8.1', 'frames==10']
    assert.deepEqual(requirementsOf('0.9', ERAS, ['trio'], pins), {
      packages: ['parser', 'trio', ...pins],
      constraints: [],
      alone: true,
    })
  })

  it('name the oldest Python that one of its eras asks for', () => {
    const eras = [
      { before: '3.0', python: 10 },
      { before: '2.0', python: 8 },
      { before: '1.0', constraints: ['click<8'] },
    ]
    assert.equal(newestPythonOf('0.9', eras), 8)
    assert.equal(newestPythonOf('2.0', eras), 10)
    assert.equal(newestPythonOf('3.0', eras), null)
    assert.equal(newestPythonOf(null, eras), null)
  })

  for (const { name, source } of SERVERS) {
    if (source.kind !== 'pypi' || source.eras === undefined) continue
    it(`of ${name} name the end of each era once, as a version`, () => {
      const ends = source.eras?.map(({ before }) => before) ?? []
      assert.ok(ends.every(isVersion))
      assert.deepEqual([...new Set(ends)], ends)
    })
  }
})
