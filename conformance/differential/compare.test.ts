import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { exchangeProperty, type Property } from '../properties/property.ts'
import { compare, type Survey } from './compare.ts'
import { ProgramCases, Recorder } from './recorder.ts'

type Values = Readonly<Record<string, string | null>>

/** What each target has shown in one program; null: it did not run it, or broke a clause in it. */
interface Row {
  readonly property: string
  readonly program: string
  readonly runs: readonly (Values | 'broken' | null)[]
}

function law(id: string): Property {
  return exchangeProperty({
    id,
    law: 'a law of the test itself',
    clauses: ['http/scope/path'],
    program: fc.constant(null),
    run: () => Promise.resolve(),
  })
}

function survey(...rows: readonly Row[]): Survey {
  const cases = new ProgramCases()
  const recorders = (rows[0]?.runs ?? []).map(() => new Recorder(cases))
  for (const { property, program, runs } of rows) {
    const key = cases.add(law(property), program)
    for (const [index, shown] of runs.entries()) {
      if (shown === null) continue
      const clean = shown !== 'broken'
      const aspects = Object.entries(clean ? shown : {}).map(
        ([name, value]) => [`connection 1\n${name}`, value] as const,
      )
      recorders[index]?.programs.set(key, { clean, aspects: new Map(aspects) })
    }
  }
  return compare(recorders, cases)
}

describe('a comparison of what targets have shown', () => {
  const same = { answers: '200' }

  it('finds nothing where they show the same', () => {
    const { programs, alike, suspects } = survey({
      property: 'p',
      program: 'a',
      runs: [same, same],
    })
    assert.deepEqual({ programs, alike, suspects }, { programs: 1, alike: 1, suspects: [] })
  })

  it('leaves out whoever breaks a clause in a program, and compares the others', () => {
    const two = survey({ property: 'p', program: 'a', runs: [{ answers: '200' }, 'broken'] })
    assert.deepEqual([two.judged, two.suspects], [1, []])
    const runs = [{ answers: '200' }, { answers: '404' }, 'broken'] as const
    const three = survey({ property: 'p', program: 'a', runs })
    assert.deepEqual([three.judged, three.suspects.length], [0, 1])
  })

  it('joins what was seen on few targets to what agrees with it on more', () => {
    const { suspects } = survey(
      {
        property: 'p',
        program: 'bb',
        runs: [{ content: '1' }, { content: '2' }, { content: '2' }],
      },
      { property: 'p', program: 'a', runs: [{ content: '3' }, { content: '4' }, null] },
    )
    assert.deepEqual(
      suspects.map(({ programs }) => programs),
      [2],
    )
  })

  it('leaves out programs that fewer than two targets ran', () => {
    const { programs, suspects } = survey({ property: 'p', program: 'a', runs: [same, null, null] })
    assert.deepEqual([programs, suspects], [0, []])
  })

  it('leaves out what two runs on one target did not show alike, and what one does not show at all', () => {
    const { alike, suspects } = survey(
      { property: 'p', program: 'a', runs: [{ answers: null }, { answers: '200' }] },
      { property: 'p', program: 'b', runs: [{ 'scope.path': '/' }, { receive: 'nothing' }] },
    )
    assert.deepEqual([alike, suspects], [2, []])
  })

  it('is one suspect for one property, one aspect and the same two sides, smallest program first', () => {
    const { suspects } = survey(
      { property: 'p', program: 'long one', runs: [{ content: 'a' }, { content: 'b' }] },
      { property: 'p', program: 'tiny', runs: [{ content: 'c' }, { content: 'd' }] },
    )
    assert.equal(suspects.length, 1)
    assert.equal(suspects[0]?.programs, 2)
    assert.equal(suspects[0]?.habit, false)
  })

  it('keeps apart who agrees with whom', () => {
    const { suspects } = survey(
      { property: 'p', program: 'a', runs: [{ content: '1' }, { content: '1' }, { content: '2' }] },
      { property: 'p', program: 'b', runs: [{ content: '3' }, { content: '4' }, { content: '4' }] },
    )
    assert.equal(suspects.length, 2)
  })

  it('takes what programs of several properties show alike for a habit, not for an answer', () => {
    const runs = [{ 'scope.asgi': '2.3' }, { 'scope.asgi': '2.5' }]
    const { alike, suspects } = survey(
      { property: 'p', program: 'a', runs },
      { property: 'q', program: 'a', runs },
    )
    assert.equal(alike, 2)
    assert.deepEqual(
      suspects.map(({ habit, properties, programs }) => ({ habit, properties, programs })),
      [{ habit: true, properties: ['p', 'q'], programs: 2 }],
    )
  })
})
