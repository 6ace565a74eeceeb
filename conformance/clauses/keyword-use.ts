import type { Level } from '../../evidence/clause.ts'

/** One occurrence of a normative word in a specification, and what the catalogue made of it. */
export interface KeywordUse {
  /** Line of the document at `ASGIREF_COMMIT`. */
  readonly line: number
  readonly keyword: Level
  /** The clauses that state the sentence; none where it obliges nobody. */
  readonly clauses: readonly string[]
  /** Why the word obliges nobody there; null where it does. */
  readonly aside: string | null
}

/** The version of the specifications whose lines are counted. */
export const ASGIREF_COMMIT = 'a7cc976fe8a2395307834bc4aebb462b9f379d55'

/** The word at this line is the rule that these clauses state. */
export function rule(line: number, keyword: Level, ...clauses: readonly string[]): KeywordUse {
  return { line, keyword, clauses, aside: null }
}

/** The word at this line obliges nobody, for this reason. */
export function aside(line: number, keyword: Level, reason: string): KeywordUse {
  return { line, keyword, clauses: [], aside: reason }
}
