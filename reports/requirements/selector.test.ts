import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { CLAUSES } from '../fixtures/catalogue.ts'
import { selectClauses } from './selector.ts'

const chosen = (select: string): readonly string[] => {
  const selection = selectClauses(select, CLAUSES)
  assert.ok(selection.ok, selection.ok ? '' : selection.rule)
  return selection.clauses.map((clause) => clause.id)
}

const path = fc.constantFrom('http/**', 'wire/**', '**', 'http/*/path', 'lifespan/**')
const level = fc.constantFrom('must', 'should', 'may')

describe('reports/requirements: selectors', () => {
  it('an exact path selects its clause and no other', () => {
    for (const { id } of CLAUSES) assert.deepEqual(chosen(id), [id])
  })

  it('** is any number of segments, * is one', () => {
    assert.ok(chosen('http/**').every((id) => id.startsWith('http/')))
    assert.deepEqual(chosen('http/scope/*'), chosen('http/scope/**'))
    assert.equal(selectClauses('http/*', CLAUSES).ok, false)
  })

  it('braces are alternatives', () => {
    const both = chosen('http/scope/{path,raw-path}')
    assert.deepEqual(both, ['http/scope/path', 'http/scope/raw-path'])
  })

  it('& narrows: what is selected has the path and the level', () => {
    fc.assert(
      fc.property(path, level, (glob, name) => {
        const selection = selectClauses(`${glob} & level:${name}`, CLAUSES)
        const all = CLAUSES.filter((clause) => clause.level === name).map(({ id }) => id)
        const expected = chosen(glob).filter((id) => all.includes(id))
        assert.deepEqual(selection.ok ? selection.clauses.map(({ id }) => id) : [], expected)
      }),
    )
  })

  it('| unites, in catalogue order, whatever the order of its sides', () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        assert.deepEqual(chosen(`${a} | ${b}`), chosen(`${b} | ${a}`))
        const union = new Set([...chosen(a), ...chosen(b)])
        assert.deepEqual(new Set(chosen(`${a}|${b}`)), union)
      }),
    )
  })

  it('a side that selects nothing is refused although the other side selects something', () => {
    const selection = selectClauses('http/** | htpp/**', CLAUSES)
    assert.equal(selection.ok ? null : selection.code, 'empty-selection')
  })

  it('any text either selects something or is refused with a rule and a cure', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ht*{},/|& :.-()['.split('')) }), (text) => {
        const selection = selectClauses(text, CLAUSES)
        if (selection.ok) assert.ok(selection.clauses.length > 0)
        else assert.ok(selection.rule !== '' && selection.cure !== '')
      }),
    )
  })
})
