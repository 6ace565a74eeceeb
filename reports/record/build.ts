import type { ConformanceEvidence } from '../../evidence/conformance.ts'
import type { AssayError } from '../../evidence/errors.ts'
import { BASE_UNIT, type LoadEvidence } from '../../evidence/load.ts'
import type { TargetIdentity } from '../../evidence/target.ts'
import { type Verdict, worst } from '../../evidence/verdict.ts'
import type { Deviations } from '../deviations/deviations.ts'
import { deviationProblems, judgeDeviations } from '../judge/deviations.ts'
import { judgeRequirement, NOT_READ } from '../judge/requirement.ts'
import type { Requirements } from '../requirements/requirements.ts'
import type { Environment } from './environment.ts'
import {
  type Basis,
  type Problem,
  RECORD_SCHEMA,
  type RequirementResult,
  type RiskResult,
  type Tool,
  type ValidationRecord,
} from './record.ts'

export interface RecordInput {
  readonly tool: Tool
  readonly target: TargetIdentity
  readonly environment: Environment
  readonly seed: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly finishedAt: string
  /** False when the user stopped the run; lost evidence is noticed by itself. */
  readonly complete: boolean
  /** Null: the properties alone decide the verdict. */
  readonly requirements: Requirements | null
  /** Null where it did not take place. */
  readonly conformance: ConformanceEvidence | null
  readonly load: LoadEvidence | null
  /** Known deviations; null or absent: none are given. */
  readonly deviations?: Deviations | null
  readonly problems: readonly Problem[]
}

/** Judges the evidence and lays it down. Pure: the same input gives the same record. */
export function buildRecord(input: RecordInput): ValidationRecord {
  const { conformance, load, target } = input
  const basis = input.requirements
  const requirements = (basis?.requirements ?? []).map((requirement) =>
    judgeRequirement(requirement, { target, conformance, load }),
  )
  const deviations = input.deviations
    ? judgeDeviations(input.deviations, target, conformance, input.startedAt)
    : null
  const problems = [...input.problems, ...mismatch(basis, target), ...deviationProblems(deviations)]
  const complete =
    input.complete &&
    (conformance?.complete ?? true) &&
    (load?.complete ?? true) &&
    problems.every((problem) => problem.severity !== 'error')
  return {
    schema: RECORD_SCHEMA,
    tool: input.tool,
    target,
    environment: input.environment,
    seed: input.seed,
    startedAt: input.startedAt,
    finishedAt: input.finishedAt,
    complete,
    verdict: overall(basis === null ? propertyVerdicts(conformance) : requirements, complete),
    basis: basis === null ? null : basisOf(basis),
    requirements,
    clauses: conformance?.clauses ?? [],
    properties: conformance?.properties ?? [],
    findings: conformance?.findings ?? [],
    measurements: (load?.measurements ?? []).map((measurement) => ({
      ...measurement,
      unit: BASE_UNIT[measurement.dimension],
    })),
    runs: load?.runs ?? [],
    stats: conformance?.stats ?? { programs: 0, programsPerSecond: 0, durationMs: 0 },
    risks: (basis?.risks ?? []).map((risk) => riskResult(risk, requirements)),
    allocated: (basis?.requirements ?? []).flatMap(({ id, allocated }) =>
      allocated.map((allocation) => ({ requirement: id, ...allocation })),
    ),
    anomalies: { evaluated: false, statement: NOT_READ, items: [] },
    approvals: (basis?.approvals ?? []).map((role) => ({ ...role, name: null, signedAt: null })),
    deviations,
    problems,
  }
}

/** An error of installing, starting or keeping hold of a target, as the record tells it. */
export function problemOf(error: AssayError): Problem {
  const { code, input, rule, cure } = error
  return { severity: 'error', code, input, rule, cure }
}

interface Judged {
  readonly verdict: Verdict
}

/** A run that was cut short has not shown what it did not reach, whatever its parts say. */
function overall(parts: readonly Judged[], complete: boolean): Verdict {
  const cutShort: readonly Verdict[] = complete ? [] : ['NOT_RUN']
  return worst([...parts.map((part) => part.verdict), ...cutShort])
}

const propertyVerdicts = (conformance: ConformanceEvidence | null): readonly Judged[] => [
  ...(conformance?.properties ?? []),
  ...(conformance?.findings ?? []),
]

function basisOf(requirements: Requirements): Basis {
  const { file, sha256, document, standards, soup, intendedUse, featuresUsed, items } = requirements
  return { file, sha256, document, standards, soup, intendedUse, featuresUsed, items }
}

function riskResult(
  risk: Requirements['risks'][number],
  requirements: readonly RequirementResult[],
): RiskResult {
  const bearing = requirements.filter((requirement) => requirement.risks.includes(risk.id))
  return {
    ...risk,
    requirements: bearing.map((requirement) => requirement.id),
    verdict: worst(bearing.map((requirement) => requirement.verdict)),
  }
}

/** Requirements written for one release say nothing of another. */
function mismatch(basis: Requirements | null, target: TargetIdentity): readonly Problem[] {
  const purl = basis?.soup.purl ?? null
  if (basis === null || purl === null || purl === target.purl) return []
  return [
    {
      severity: 'warning',
      code: 'requirements/other-target',
      input: `${basis.file}: soup.purl ${purl}`,
      rule: `was written for another SOUP than the one under test, ${target.purl ?? target.spec}.`,
      cure: 'Validate the release that the file names, or write a file for this one.',
    },
  ]
}
