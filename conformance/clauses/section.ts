import type { Clause, Level } from '../../evidence/clause.ts'

/** What sets a clause apart from its neighbours in the same section. */
interface Facets {
  /** Version of the sub-specification that introduced it: `2.4`. Default: always been there. */
  readonly since?: string
  /** What we take the sentence to say. Default: what its words say. */
  readonly reading?: string
  /** A sentence of an RFC without any word such as must. Default: it has one. */
  readonly definition?: true
  /** Why nobody outside the server can decide it. Default: a test can. */
  readonly untestable?: string
}

const FREEDOM = 'Leaves the server free, so that no observation could contradict it.'

type WriteClause = (id: string, paraphrase: string, facets?: Facets) => Clause

/** Writes the clauses of one section; the method that is called is the level of the sentence. */
interface Section {
  readonly must: WriteClause
  readonly should: WriteClause
  readonly may: WriteClause
  /** A may that leaves the server free, so that nothing it does could break the sentence. */
  readonly permits: WriteClause
}

/**
 * Opens one section of one document, so that each clause below it needs only its own facts.
 * `heading` is what a reader searches for: `HTTP Connection Scope`, `§6.3`.
 */
export function section(document: string, heading: string): Section {
  const writer =
    (level: Level): WriteClause =>
    (id, paraphrase, { since, reading, definition, untestable } = {}) => ({
      id,
      level,
      document,
      section: heading,
      specVersion: since ?? null,
      paraphrase,
      // For the texts of ASGI their account tells (catalogue.ts).
      byDefinition: definition === true,
      reading: reading ?? null,
      untestable: untestable ?? null,
    })
  const may = writer('may')
  return {
    must: writer('must'),
    should: writer('should'),
    may,
    permits: (id, paraphrase, facets = {}) =>
      may(id, paraphrase, { ...facets, untestable: FREEDOM }),
  }
}
