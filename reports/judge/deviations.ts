import type { ConformanceEvidence } from '../../evidence/conformance.ts'
import type { TargetIdentity } from '../../evidence/target.ts'
import { type Verdict, worst } from '../../evidence/verdict.ts'
import type {
  Deviation,
  DeviationResult,
  Deviations,
  DeviationsResult,
} from '../deviations/deviations.ts'
import { matchesTarget, readPattern } from '../deviations/target-pattern.ts'
import type { Problem, ValidationRecord } from '../record/record.ts'

/** Holds the list against what was found; entries about other targets do not concern the record. */
export function judgeDeviations(
  deviations: Deviations,
  target: TargetIdentity,
  conformance: ConformanceEvidence | null,
  startedAt: string,
): DeviationsResult {
  const { file, sha256, entries } = deviations
  const today = startedAt.slice(0, 10)
  const concerned = entries.filter((entry) => {
    const pattern = readPattern(entry.target)
    return pattern !== null && matchesTarget(pattern, target)
  })
  return { file, sha256, entries: concerned.map((entry) => judgeOne(entry, conformance, today)) }
}

function judgeOne(
  deviation: Deviation,
  conformance: ConformanceEvidence | null,
  today: string,
): DeviationResult {
  const findings = (conformance?.findings ?? [])
    .filter(({ verdict, id, clauses }) =>
      verdict !== 'FAIL'
        ? false
        : deviation.finding === null
          ? clauses.includes(deviation.clause)
          : id === deviation.finding,
    )
    .map(({ id }) => id)
  const expired = today > deviation.expires
  const verdict = verdictOf(deviation, conformance)
  const unfailed = verdict === 'PASS' ? 'unexpected pass' : expired ? 'expired' : 'not shown'
  const state = findings.length === 0 ? unfailed : expired ? 'expired' : 'known'
  return { ...deviation, state, findings }
}

/** Of the clause; where one finding is meant, of the law that it breaks. */
function verdictOf(
  { clause, property }: Deviation,
  conformance: ConformanceEvidence | null,
): Verdict {
  const judged =
    property === null
      ? conformance?.clauses.find(({ id }) => id === clause)
      : conformance?.properties.find(({ id }) => id === property)
  return judged?.verdict ?? 'NOT_RUN'
}

/** The known deviation that a finding is covered by; null: none, or one that is over. */
export function deviationOf(
  { deviations }: Pick<ValidationRecord, 'deviations'>,
  finding: string,
): DeviationResult | null {
  const entries = deviations?.entries ?? []
  return (
    entries.find(({ state, findings }) => state === 'known' && findings.includes(finding)) ?? null
  )
}

/** What the list needs its author for. */
export function deviationProblems(result: DeviationsResult | null): readonly Problem[] {
  return (result?.entries ?? []).flatMap(({ state, target, clause, finding, expires }) => {
    const input = `${result?.file}: ${target}, ${finding ?? clause}`
    if (state === 'unexpected pass') {
      return [
        {
          severity: 'warning' as const,
          code: 'deviations/unexpected-pass',
          input,
          rule: 'is listed as a known deviation, and passes.',
          cure: 'Remove the entry, so that a later failure shows.',
        },
      ]
    }
    if (state !== 'expired') return []
    return [
      {
        severity: 'warning' as const,
        code: 'deviations/expired',
        input,
        rule: `was to be dealt with by ${expires}, and excuses nothing any more.`,
        cure: 'Deal with it, or decide anew and write the new date.',
      },
    ]
  })
}

/** The verdict of a run without what is known to fail; the record itself keeps its FAIL. */
export function verdictBeyondDeviations(record: ValidationRecord): Verdict {
  const excused = (id: string): boolean => deviationOf(record, id) !== null
  const failed = record.findings.filter(({ verdict }) => verdict === 'FAIL')
  if (!failed.some(({ id }) => excused(id))) return record.verdict
  const left = failed.filter(({ id }) => !excused(id))
  const parts: readonly Verdict[] = [
    ...left.map(({ verdict }) => verdict),
    ...record.findings.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'FAIL'),
    ...record.properties.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'FAIL'),
    ...(record.complete ? (['PASS'] as const) : (['NOT_RUN'] as const)),
  ]
  return worst(parts)
}
