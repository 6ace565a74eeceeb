import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { changes, type Found, type Standing, search } from './search.ts'

interface Searched {
  readonly found: Found
  readonly asked: readonly number[]
}

async function over(standings: readonly Standing[]): Promise<Searched> {
  const asked: number[] = []
  const found = await search(standings.length, (place) => {
    asked.push(place)
    return Promise.resolve(standings[place] ?? 'unknown')
  })
  return { found, asked }
}

/** g good, b bad, ? unknown. */
const history = (text: string): readonly Standing[] =>
  text.split('').map((sign) => (sign === 'g' ? 'good' : sign === 'b' ? 'bad' : 'unknown'))

const anyHistory = fc.array(fc.constantFrom<Standing>('good', 'bad', 'unknown'), { maxLength: 40 })

describe('the search for the release that changed', () => {
  for (const [text, expected] of [
    ['bbbggg', { kind: 'boundary', before: 2, after: 3, turns: 'good' }],
    ['gb', { kind: 'boundary', before: 0, after: 1, turns: 'bad' }],
    ['??bb?g?', { kind: 'boundary', before: 3, after: 5, turns: 'good' }],
    ['gggg', { kind: 'alike', oldest: 0, newest: 3, standing: 'good' }],
    ['bgb', { kind: 'alike', oldest: 0, newest: 2, standing: 'bad' }],
    ['b', { kind: 'alike', oldest: 0, newest: 0, standing: 'bad' }],
    ['???', { kind: 'unjudgeable' }],
    ['', { kind: 'unjudgeable' }],
  ] as const) {
    it(`answers ${JSON.stringify(expected)} for "${text}"`, async () => {
      assert.deepEqual((await over(history(text))).found, expected)
    })
  }

  it('ends between two releases that really differ, with nothing but unknown ones between them', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (standings) => {
        const { found } = await over(standings)
        if (found.kind !== 'boundary') return
        assert.equal(standings[found.after], found.turns)
        assert.notEqual(standings[found.before], found.turns)
        const between = standings.slice(found.before + 1, found.after)
        assert.ok(between.every((standing) => standing === 'unknown'))
        assert.ok(changes(standings).some(({ after }) => after === found.after))
      }),
    )
  })

  it('finds a change whenever the oldest and the newest differ, and asks no release twice', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (standings) => {
        const { found, asked } = await over(['good', ...standings, 'bad'])
        assert.equal(found.kind, 'boundary')
        assert.equal(new Set(asked).size, asked.length)
      }),
    )
  })

  it('judges few of many releases: 2 + log2 of them where each can be judged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 499 }), async (first) => {
        const standings = Array.from({ length: 500 }, (_, i) => (i < first ? 'bad' : 'good'))
        const { found, asked } = await over(standings)
        assert.ok(found.kind === 'boundary' && found.after === first)
        assert.ok(asked.length <= 2 + Math.ceil(Math.log2(500)))
      }),
    )
  })

  it('sees every change when every release is judged', () => {
    const all = changes(history('b?gg?bg'))
    assert.deepEqual(
      all.map(({ before, after, turns }) => [before, after, turns]),
      [
        [0, 2, 'good'],
        [3, 5, 'bad'],
        [5, 6, 'good'],
      ],
    )
  })
})
