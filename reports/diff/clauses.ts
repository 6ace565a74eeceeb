import type { ClauseResult, Finding } from '../../evidence/conformance.ts'
import type { ValidationRecord } from '../record/record.ts'
import type { ClauseDifference, FindingLine } from './document.ts'

/** A record under the name by which the comparison calls it. */
export interface NamedRecord {
  readonly name: string
  readonly record: ValidationRecord
  /** Where its folder lies, as a user would type it. */
  readonly folder: string
}

/** Someone breaks it and someone does not. */
export function clauseDifferences(sides: readonly NamedRecord[]): readonly ClauseDifference[] {
  return allClauses(sides).flatMap(({ id, level, document, section, paraphrase }) => {
    const verdicts = sides.map((side) => verdictOf(side, id))
    const broken = verdicts.filter((verdict) => verdict === 'FAIL').length
    if (broken === 0 || broken === sides.length) return []
    const breaks = sides.flatMap((side) => breaksOf(side, id))
    return [{ id, level, document, section, paraphrase, verdicts, breaks }]
  })
}

/** Two records: any change of a verdict counts, for a clause that is no longer shown is news too. */
export function clauseChanges(sides: readonly NamedRecord[]): readonly ClauseDifference[] {
  return allClauses(sides).flatMap(({ id, level, document, section, paraphrase }) => {
    const verdicts = sides.map((side) => verdictOf(side, id))
    if (new Set(verdicts).size < 2) return []
    const breaks = sides.flatMap((side) => breaksOf(side, id))
    return [{ id, level, document, section, paraphrase, verdicts, breaks }]
  })
}

export function brokenByAll(sides: readonly NamedRecord[]): readonly string[] {
  return allClauses(sides)
    .filter(({ id }) => sides.every((side) => verdictOf(side, id) === 'FAIL'))
    .map(({ id }) => id)
}

export function findingLine({ name, folder }: NamedRecord, finding: Finding): FindingLine {
  const { id, property, clauses, verdict, expected, observed, program, security } = finding
  const replay = `assay replay ${folder}/${program}`
  return { side: name, id, property, clauses, verdict, expected, observed, replay, security }
}

/** Each clause once, in the order in which the records have them. */
function allClauses(sides: readonly NamedRecord[]): readonly ClauseResult[] {
  const clauses = new Map<string, ClauseResult>()
  for (const { record } of sides) {
    for (const clause of record.clauses) {
      if (!clauses.has(clause.id)) clauses.set(clause.id, clause)
    }
  }
  return [...clauses.values()]
}

function verdictOf({ record }: NamedRecord, id: string): ClauseResult['verdict'] {
  return record.clauses.find((clause) => clause.id === id)?.verdict ?? 'NOT_RUN'
}

function breaksOf(side: NamedRecord, clause: string): readonly FindingLine[] {
  return side.record.findings
    .filter(({ clauses }) => clauses.includes(clause))
    .map((finding) => findingLine(side, finding))
}
