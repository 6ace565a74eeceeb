import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { UsageError } from '../../evidence/errors.ts'
import { CLAUSES, clauseById } from './catalogue.ts'
import { ASGI, DAEMON, EXTENSIONS, LIFESPAN, OWN_DOCUMENTATION, TLS, WWW } from './documents.ts'

/** Which documents an area of ids may cite. */
const AREAS: ReadonlyMap<string, readonly string[]> = new Map([
  ['asgi', [ASGI]],
  ['http', [WWW]],
  ['websocket', [WWW]],
  ['lifespan', [LIFESPAN]],
  ['tls', [TLS]],
  ['extension', [EXTENSIONS]],
  ['config', [OWN_DOCUMENTATION]],
  ['process', [OWN_DOCUMENTATION, DAEMON]],
])

describe('clause catalogue', () => {
  it('gives every clause an id of its own', () => {
    const ids = CLAUSES.map((clause) => clause.id)
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    )
  })

  it('writes ids as paths of two or three lower-case segments', () => {
    const grammar = /^[a-z]+(\/[a-z0-9]+(-[a-z0-9]+)*){1,2}$/
    assert.deepEqual(
      CLAUSES.filter((clause) => !grammar.test(clause.id)).map((clause) => clause.id),
      [],
    )
  })

  it('files each clause under the area of its document', () => {
    for (const { id, document } of CLAUSES) {
      const [area = '', part = ''] = id.split('/')
      if (area === 'wire') continue
      assert.ok(AREAS.get(area)?.includes(document), `${id} cites ${document} (${part})`)
    }
  })

  it('names the RFC of a wire clause in its id', () => {
    const strays = CLAUSES.filter(
      ({ id, document }) =>
        id.startsWith('wire/') && id.split('/')[1] !== document.replace('RFC ', 'rfc'),
    )
    assert.deepEqual(
      strays.map((clause) => clause.id),
      [],
    )
  })

  it('cites a numbered section for every clause of an RFC', () => {
    for (const clause of CLAUSES.filter(({ document }) => document.startsWith('RFC'))) {
      assert.match(clause.section, /^§\d+(\.\d+)* \S/, clause.id)
    }
  })

  it('paraphrases each clause in one sentence that fits a line of a report', () => {
    for (const { id, paraphrase } of CLAUSES) {
      assert.match(paraphrase, /^[A-Za-z].*[^.]\.$/, id)
      assert.doesNotMatch(paraphrase, /\. [A-Z]/, id)
      assert.ok(paraphrase.length <= 120, `${id}: ${paraphrase.length} characters`)
    }
  })

  it('says of each clause that it is testable, or in a sentence why it is not', () => {
    for (const { id, untestable } of CLAUSES) {
      if (untestable !== null) assert.match(untestable, /^[A-Z].{20,}\.$/, id)
    }
  })

  it('calls by definition only what must be, and by whole sentences what it reads into a clause', () => {
    for (const { id, level, byDefinition, reading } of CLAUSES) {
      assert.ok(!byDefinition || level === 'must', id)
      assert.match(reading ?? 'None.', /^[A-Z].*\.$/, id)
    }
    assert.ok(CLAUSES.some(({ byDefinition }) => byDefinition))
  })

  it('names a known version of HTTP and WebSocket where a clause was introduced later', () => {
    for (const { id, document, specVersion } of CLAUSES) {
      if (specVersion === null) continue
      assert.equal(document, WWW, id)
      assert.match(specVersion, /^2\.[1-5]$/, id)
    }
  })

  it('holds at least 40 testable clauses of HTTP and lifespan', () => {
    const testable = CLAUSES.filter(
      ({ id, untestable }) => untestable === null && /^(http|lifespan)\//.test(id),
    )
    assert.ok(testable.length >= 40, String(testable.length))
  })

  it('finds each clause by its id, and refuses an id that it does not know', () => {
    for (const clause of CLAUSES) assert.equal(clauseById(clause.id), clause)
    assert.throws(
      () => clauseById('http/scope/mehtod'),
      (error: unknown) => error instanceof UsageError && error.code === 'clause/unknown',
    )
  })
})
