import type { ClauseResult, ConformanceEvidence } from '../../evidence/conformance.ts'
import { countVerdicts, type Verdict, worst } from '../../evidence/verdict.ts'
import type { ConformanceCriterionResult } from '../record/record.ts'
import type { ConformanceCriterion } from '../requirements/requirements.ts'

/**
 * Every selected clause passes. A failed SHOULD or MAY whose deviation is accepted in writing counts as
 * passed and stays visible; a clause that was not exercised leaves the criterion NOT_RUN; one that no
 * test can decide, or that does not apply to this target, does not count.
 */
export function judgeConformance(
  criterion: ConformanceCriterion,
  evidence: ConformanceEvidence | null,
): ConformanceCriterionResult {
  const results = new Map(evidence?.clauses.map((clause) => [clause.id, clause]))
  const judged = criterion.clauses.map((id) => ({ id, ...judgeClause(results.get(id)) }))
  const failed = judged.filter((clause) => clause.verdict === 'FAIL')
  const accepted = criterion.accepted.filter((disposition) =>
    failed.some((clause) => clause.id === disposition.clause),
  )
  const isAccepted = (id: string): boolean => accepted.some(({ clause }) => clause === id)
  const unaccepted = failed.filter((clause) => !isAccepted(clause.id)).map((clause) => clause.id)
  const verdict = worst(judged.map((clause) => (isAccepted(clause.id) ? 'PASS' : clause.verdict)))
  const acceptable = new Set(accepted.map((disposition) => disposition.clause))
  return {
    kind: 'conformance',
    id: criterion.id,
    text: `Every clause selected by ${criterion.select} passes.`,
    verdict,
    reason: reasonOf(verdict, judged, unaccepted, accepted.length),
    evidence: evidenceFiles(criterion.clauses, evidence),
    select: criterion.select,
    clauses: criterion.clauses,
    counts: countVerdicts(judged.map((clause) => clause.verdict)),
    failed: unaccepted,
    accepted,
    unneeded: criterion.accepted
      .map((disposition) => disposition.clause)
      .filter((clause) => !acceptable.has(clause)),
    findings: (evidence?.findings ?? [])
      .filter((finding) => finding.clauses.some((id) => criterion.clauses.includes(id)))
      .map((finding) => finding.id),
  }
}

interface JudgedClause {
  readonly id: string
  readonly verdict: Verdict
  readonly reason: string | null
}

function judgeClause(result: ClauseResult | undefined): Omit<JudgedClause, 'id'> {
  if (result === undefined)
    return { verdict: 'NOT_RUN', reason: 'It was not exercised in this run.' }
  if (result.untestable !== null) return { verdict: 'NOT_APPLICABLE', reason: result.untestable }
  return { verdict: result.verdict, reason: result.reason }
}

function reasonOf(
  verdict: Verdict,
  judged: readonly JudgedClause[],
  failed: readonly string[],
  accepted: number,
): string | null {
  const note = accepted > 0 ? `${plural(accepted, 'deviation')} accepted in writing.` : null
  switch (verdict) {
    case 'PASS':
      return note
    case 'FAIL': {
      const text = `${plural(failed.length, 'clause')} failed: ${firstOf(failed)}.`
      return note === null ? text : `${text} ${note}`
    }
    case 'NOT_APPLICABLE':
      return 'No selected clause applies to this target and can be tested.'
    case 'INCONCLUSIVE':
    case 'NOT_RUN':
    case 'MANUAL':
      return unproven(verdict, judged)
  }
}

/** The first few clauses that hold the criterion back, each with its own reason. */
function unproven(verdict: Verdict, judged: readonly JudgedClause[]): string {
  const held = judged.filter((clause) => clause.verdict === verdict)
  if (held.length === 0) return 'Nothing was exercised.'
  const reasons = [...new Set(held.map(({ reason }) => reason ?? 'no reason given'))]
  const ids = firstOf(held.map(({ id }) => id))
  const what = verdict === 'NOT_RUN' ? 'not exercised' : 'undecided'
  return `${plural(held.length, 'clause')} ${what}: ${ids} (${reasons.slice(0, 3).join(' ').replace(/\.$/, '')}).`
}

/** Transcripts that show the clauses judged: shrunk failing programs first, then one of each property. */
function evidenceFiles(
  clauses: readonly string[],
  evidence: ConformanceEvidence | null,
): readonly string[] {
  if (evidence === null) return []
  const bears = (entry: { readonly clauses: readonly string[] }): boolean =>
    entry.clauses.some((id) => clauses.includes(id))
  const programs = evidence.findings.filter(bears).map((finding) => finding.program)
  const samples = evidence.properties
    .filter(bears)
    .flatMap(({ sample }) => (sample === null ? [] : [sample]))
  return [...new Set([...programs, ...samples])]
}

/** Enough for a reader to know what is meant; the record holds them all. */
function firstOf(names: readonly string[]): string {
  const rest = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return `${names.slice(0, 3).join(', ')}${rest}`
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
