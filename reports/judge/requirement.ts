import type { ConformanceEvidence } from '../../evidence/conformance.ts'
import type { LoadEvidence } from '../../evidence/load.ts'
import type { TargetIdentity } from '../../evidence/target.ts'
import { type Verdict, worst } from '../../evidence/verdict.ts'
import type {
  CriterionResult,
  QuestionCriterionResult,
  RequirementResult,
} from '../record/record.ts'
import type {
  Criterion,
  ManualCriterion,
  Requirement,
  UnmeasuredCriterion,
} from '../requirements/requirements.ts'
import { judgeConformance } from './conformance.ts'
import { judgeMeasurement } from './measurement.ts'

/** All that a verdict may be drawn from; null for what did not take place. */
export interface Evidence {
  readonly target: TargetIdentity
  readonly conformance: ConformanceEvidence | null
  readonly load: LoadEvidence | null
}

/** A requirement is as good as the gravest of its criteria. */
export function judgeRequirement(requirement: Requirement, evidence: Evidence): RequirementResult {
  const criteria = requirement.criteria.map((criterion) => judgeCriterion(criterion, evidence))
  const { id, title, kind, text, rationale, risks, fingerprint } = requirement
  return {
    id,
    title,
    kind,
    text,
    rationale,
    risks,
    fingerprint,
    verdict: worst(criteria.map((criterion) => criterion.verdict)),
    criteria,
  }
}

function judgeCriterion(criterion: Criterion, evidence: Evidence): CriterionResult {
  const { capability, pending } = criterion
  if (pending !== null) return withhold(judgeKind(criterion, evidence), 'NOT_RUN', pending)
  if (capability !== null && !evidence.target.capabilities.includes(capability)) {
    const reason = `The target does not declare the capability ${capability}.`
    return withhold(judgeKind(criterion, evidence), 'NOT_APPLICABLE', reason)
  }
  return judgeKind(criterion, evidence)
}

/** What was seen stays in the record; what it would prove does not count. */
function withhold(result: CriterionResult, verdict: Verdict, reason: string): CriterionResult {
  if (result.kind === 'measurement') return { ...result, verdict, reason, margin: null }
  return { ...result, verdict, reason }
}

function judgeKind(criterion: Criterion, evidence: Evidence): CriterionResult {
  switch (criterion.kind) {
    case 'conformance':
      return judgeConformance(criterion, evidence.conformance)
    case 'measurement':
      return judgeMeasurement(criterion, evidence.load)
    case 'manual':
      return ask(criterion, 'MANUAL', 'Awaits the attestation of a person.')
    case 'anomalies':
      return ask(criterion, 'NOT_RUN', NOT_READ)
    case 'vulnerabilities':
      return ask(criterion, 'NOT_RUN', 'This release reads no vulnerability database.')
    case 'maintenance':
      return ask(criterion, 'NOT_RUN', 'This release does not look up the releases of a target.')
  }
}

/** IEC 62304 7.1.3 asks for it; the record must not look as if it had been done. */
export const NOT_READ = 'This release evaluates no published anomaly list.'

function ask(
  criterion: ManualCriterion | UnmeasuredCriterion,
  verdict: Verdict,
  reason: string,
): QuestionCriterionResult {
  const { kind, id, question } = criterion
  return { kind, id, text: question, verdict, reason, evidence: [] }
}
