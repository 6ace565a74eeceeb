import type { Clause } from '../../evidence/clause.ts'
import type { ClauseResult, Finding, PropertyResult } from '../../evidence/conformance.ts'
import type { Capability } from '../../evidence/target.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { capabilitiesFor } from '../clauses/applicability.ts'
import type { Property } from '../properties/property.ts'
import type { Tally } from './tally.ts'

interface Judgement {
  readonly verdict: Verdict
  readonly reason: string | null
}

const UNEXPLORED: Judgement = {
  verdict: 'INCONCLUSIVE',
  reason: 'broken, but the run ended before that was looked into',
}

/** Violations that are no FAIL: they did not come back, or nobody could see whether they do. */
function unproven(findings: readonly Finding[]): Judgement {
  if (findings.every(({ rate }) => rate.runs === 0)) return UNEXPLORED
  return {
    verdict: 'INCONCLUSIVE',
    reason: 'a violation did not show again when its program was re-run',
  }
}

/** One property with what its programs have shown; null when it did not run. */
export interface Outcome {
  readonly property: Property
  readonly tally: Tally | null
  readonly findings: readonly Finding[]
  readonly durationMs: number
  /** Why it did not run. */
  readonly skipped: {
    readonly verdict: 'NOT_APPLICABLE' | 'NOT_RUN'
    readonly reason: string
  } | null
  readonly sample: string | null
}

export function propertyResult({
  property,
  tally,
  findings,
  durationMs,
  skipped,
  sample,
}: Outcome): PropertyResult {
  const { verdict, reason } = skipped ?? judgeTally(tally, findings, property.clauses)
  return {
    id: property.id,
    law: property.law,
    clauses: property.clauses,
    verdict,
    programs: tally?.programs ?? 0,
    durationMs: Math.round(durationMs),
    reason,
    sample,
  }
}

function judgeTally(
  tally: Tally | null,
  findings: readonly Finding[],
  clauses: readonly string[],
): Judgement {
  if (findings.some((finding) => finding.verdict === 'FAIL'))
    return { verdict: 'FAIL', reason: null }
  if (findings.length > 0) return unproven(findings)
  if (clauses.some((clause) => tally?.broken.has(clause))) return UNEXPLORED
  const doubt = tally?.doubts.values().next().value
  if (doubt !== undefined) return { verdict: 'INCONCLUSIVE', reason: doubt }
  if (tally === null || tally.programs === 0)
    return { verdict: 'NOT_RUN', reason: 'no program was run' }
  if (!clauses.some((clause) => tally.exercised.has(clause))) {
    const inapplicable = tally.inapplicable.values().next().value
    if (inapplicable !== undefined) return { verdict: 'NOT_APPLICABLE', reason: inapplicable }
    return {
      verdict: 'INCONCLUSIVE',
      reason: 'no program reached the point where its clauses are judged',
    }
  }
  return { verdict: 'PASS', reason: null }
}

/**
 * Clauses that some property is about, whether it ran or not, each with the capabilities that are not used
 * and without which none of its properties shows it.
 */
export type Citations = ReadonlyMap<string, readonly Capability[]>

/** The clause matrix: every clause of the catalogue, with its denominator. */
export function clauseResults(
  clauses: readonly Clause[],
  outcomes: readonly Outcome[],
  target: PreparedTarget,
  cited: Citations,
): ClauseResult[] {
  return clauses.map((clause) => {
    const citing = outcomes.filter(
      ({ property, tally }) =>
        property.clauses.includes(clause.id) || tally?.exercised.has(clause.id) === true,
    )
    const programs = sum(outcomes, ({ tally }) => tally?.exercised.get(clause.id) ?? 0)
    const violations = sum(outcomes, ({ tally }) => tally?.broken.get(clause.id) ?? 0)
    return {
      ...clause,
      ...(undeclared(clause, target) ??
        leftOut(clause, citing, cited) ??
        judgeClause(clause, citing, programs, violations)),
      programs,
      violations,
      properties: citing.map(({ property }) => property.id),
    }
  })
}

function undeclared(clause: Clause, target: PreparedTarget): Judgement | null {
  const missing = capabilitiesFor(clause.id).filter(
    (oneOf) => !oneOf.some((one) => target.has(one)),
  )
  if (missing.length === 0 || clause.untestable !== null) return null
  const names = missing.map((oneOf) => oneOf.join(' or ')).join(', ')
  const reason = `${target.identity.spec} does not declare ${names}`
  return { verdict: 'NOT_APPLICABLE', reason }
}

function leftOut(
  { id, untestable }: Clause,
  citing: readonly Outcome[],
  cited: Citations,
): Judgement | null {
  if (citing.length > 0 || untestable !== null) return null
  const unused = cited.get(id)
  if (unused === undefined)
    return { verdict: 'NOT_RUN', reason: 'no property of this release exercises it' }
  if (unused.length > 0)
    return {
      verdict: 'NOT_APPLICABLE',
      reason: `shows only with ${unused.join(', ')}, which is not used`,
    }
  return { verdict: 'NOT_RUN', reason: 'left out: this run was limited to other clauses' }
}

function judgeClause(
  clause: Clause,
  citing: readonly Outcome[],
  programs: number,
  violations: number,
): Judgement {
  if (clause.untestable !== null)
    return { verdict: 'NOT_APPLICABLE', reason: `not testable: ${clause.untestable}` }
  const findings = citing
    .flatMap((outcome) => outcome.findings)
    .filter((finding) => finding.clauses.includes(clause.id))
  if (findings.some((finding) => finding.verdict === 'FAIL'))
    return { verdict: 'FAIL', reason: null }
  if (findings.length > 0) return unproven(findings)
  const doubt = citing.flatMap(({ tally }) => tally?.doubts.get(clause.id) ?? [])[0]
  if (doubt !== undefined) return { verdict: 'INCONCLUSIVE', reason: doubt }
  if (violations > 0) return UNEXPLORED
  if (programs > 0) return { verdict: 'PASS', reason: null }
  const inapplicable = citing.flatMap(({ tally }) => tally?.inapplicable.get(clause.id) ?? [])[0]
  if (inapplicable !== undefined) return { verdict: 'NOT_APPLICABLE', reason: inapplicable }
  const skipped = citing.find((outcome) => outcome.skipped !== null)?.skipped
  if (
    skipped !== undefined &&
    skipped !== null &&
    citing.every((outcome) => outcome.skipped !== null)
  )
    return skipped
  return {
    verdict: 'NOT_RUN',
    reason: 'not exercised: no program met the condition under which it applies',
  }
}

function sum(outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, outcome) => total + of(outcome), 0)
}
