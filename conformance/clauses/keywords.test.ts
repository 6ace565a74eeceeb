import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Level } from '../../evidence/clause.ts'
import { CLAUSES, clauseById } from './catalogue.ts'
import { ASGI, EXTENSIONS, LIFESPAN, TLS, WWW } from './documents.ts'
import { KEYWORD_USES } from './keywords.ts'

/**
 * Occurrences in the texts at `ASGIREF_COMMIT`, by
 * `git show COMMIT:FILE | grep -oiw must | wc -l`, and so on for should and may.
 */
const OCCURRENCES: ReadonlyMap<string, Readonly<Record<Level, number>>> = new Map([
  [ASGI, { must: 7, should: 17, may: 9 }],
  [WWW, { must: 31, should: 27, may: 17 }],
  [LIFESPAN, { must: 3, should: 4, may: 0 }],
  [TLS, { must: 5, should: 0, may: 7 }],
  [EXTENSIONS, { must: 6, should: 11, may: 1 }],
])

/** Clauses at should or may whose sentence says it in other words: free to, need not, expected; or leaves it to a reading. */
const OTHER_WORDS: readonly string[] = [
  'asgi/app/lifetime',
  'asgi/error/surfaced-freely',
  'asgi/legacy/gradual-end',
  'extension/trailers/trailer-header-not-validated',
  'extension/zerocopysend/server-leaves-file-open',
  'http/send/short-body-closed',
  'http/send/start-held-back',
  'lifespan/same-event-loop',
  'lifespan/shutdown/idle-connections-closed',
]

describe('account of the ASGI texts', () => {
  for (const [document, expected] of OCCURRENCES) {
    const uses = KEYWORD_USES.get(document) ?? []

    it(`accounts for every must, should and may of ${document}`, () => {
      for (const level of ['must', 'should', 'may'] as const) {
        const found = uses.filter((use) => use.keyword === level).length
        assert.equal(found, expected[level], level)
      }
    })

    it(`goes through ${document} in the order of its lines`, () => {
      const lines = uses.map((use) => use.line)
      assert.deepEqual(
        lines,
        lines.toSorted((one, other) => one - other),
      )
    })

    it(`gives the clauses of ${document} the level of the word in their sentence`, () => {
      for (const use of uses) {
        for (const clause of use.clauses.map(clauseById)) {
          assert.equal(clause.level, use.keyword, `${clause.id} at line ${use.line}`)
          assert.equal(clause.document, document, clause.id)
        }
      }
    })

    it(`says of each word in ${document} either which clauses hold it or why it is none`, () => {
      for (const use of uses) {
        assert.equal(use.clauses.length === 0, use.aside !== null, `line ${use.line}`)
      }
    })

    it(`has as many clauses of ${document} at each level as its words state rules, or more`, () => {
      for (const level of ['must', 'should', 'may'] as const) {
        const stated = new Set(
          uses.filter((use) => use.keyword === level).flatMap((use) => use.clauses),
        )
        const held = CLAUSES.filter(
          (clause) => clause.document === document && clause.level === level,
        )
        assert.ok(held.length >= stated.size, `${level}: ${held.length} < ${stated.size}`)
      }
    })
  }

  it('leaves no ASGI clause at should or may without a word of the text behind it', () => {
    const stated = new Set([...KEYWORD_USES.values()].flat().flatMap((use) => use.clauses))
    const unbacked = CLAUSES.filter(
      (clause) =>
        OCCURRENCES.has(clause.document) && clause.level !== 'must' && !stated.has(clause.id),
    )
    assert.deepEqual(unbacked.map((clause) => clause.id).toSorted(), OTHER_WORDS)
  })
})
