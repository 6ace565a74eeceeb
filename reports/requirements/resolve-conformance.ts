import type { Clause } from '../../evidence/clause.ts'
import type { Complaint } from '../../evidence/errors.ts'
import type { FileConformance } from './file-format.ts'
import { suggestion } from './nearest.ts'
import type { Path, Problems } from './problem.ts'
import type { ConformanceCriterion, Disposition } from './requirements.ts'
import { selectClauses } from './selector.ts'

type Resolved = Omit<ConformanceCriterion, 'id' | 'capability' | 'pending'>

/** Looks up the clauses of a criterion and checks that each accepted deviation may be accepted. */
export function resolveConformance(
  written: FileConformance,
  clauses: readonly Clause[],
  risks: readonly string[],
  path: Path,
  problems: Problems,
): Resolved {
  const selection = selectClauses(written.select, clauses)
  // What no release measures yet may select clauses that do not exist yet; a bad selector stays bad.
  const excused =
    written.pending !== undefined && !selection.ok && selection.code !== 'bad-selector'
  if (!selection.ok && !excused) {
    problems.add([...path, 'select'], {
      code: `requirements/${selection.code}`,
      input: `"${written.select}"`,
      rule: selection.rule,
      cure: selection.cure,
    })
  }
  const selected = selection.ok ? selection.clauses : []
  const accepted = written.accepted ?? []
  if (selection.ok) {
    for (const [index, disposition] of accepted.entries()) {
      checkDisposition(disposition, selected, risks, [...path, 'accepted', index], problems)
    }
  }
  return {
    kind: 'conformance',
    select: written.select,
    clauses: selected.map((clause) => clause.id),
    accepted: accepted.map(
      ({ clause, justification, risk }): Disposition => ({
        clause,
        justification,
        risk: risk ?? null,
      }),
    ),
  }
}

function checkDisposition(
  disposition: NonNullable<FileConformance['accepted']>[number],
  selected: readonly Clause[],
  risks: readonly string[],
  path: Path,
  problems: Problems,
): void {
  const clause = selected.find((candidate) => candidate.id === disposition.clause)
  const input = `"${disposition.clause}"`
  if (clause === undefined) {
    problems.add([...path, 'clause'], {
      code: 'requirements/unknown-clause',
      input,
      rule: 'is not among the clauses that this criterion selects.',
      cure: suggestion(
        disposition.clause,
        selected.map((candidate) => candidate.id),
      ),
    })
  } else if (clause.level === 'must') {
    problems.add([...path, 'clause'], {
      code: 'requirements/must-accepted',
      input,
      rule: 'is a MUST; only a deviation from a SHOULD or a MAY can be accepted.',
      cure: 'Remove the acceptance, and control the risk in the device or change the server.',
    })
  }
  if (disposition.risk !== undefined && !risks.includes(disposition.risk)) {
    problems.add([...path, 'risk'], unknownRisk(disposition.risk, risks))
  }
}

/** A risk was named that the file does not list. */
export function unknownRisk(risk: string, risks: readonly string[]): Complaint {
  return {
    code: 'requirements/unknown-risk',
    input: `"${risk}"`,
    rule: 'is not among the risks of this file.',
    cure: suggestion(risk, risks),
  }
}
