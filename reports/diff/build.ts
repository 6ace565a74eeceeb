import type { Comparison } from '../../evidence/difference.ts'
import type { Problem, RecordedMeasurement, Tool } from '../record/record.ts'
import {
  brokenByAll,
  clauseChanges,
  clauseDifferences,
  findingLine,
  type NamedRecord,
} from './clauses.ts'
import {
  DIFF_SCHEMA,
  type DiffDocument,
  type FindingLine,
  type MeasurementDifference,
  type Side,
} from './document.ts'

export interface TargetsInput {
  readonly tool: Tool
  readonly seed: number
  readonly startedAt: string
  readonly finishedAt: string
  readonly sides: readonly NamedRecord[]
  /** Null where fewer than two targets could be run. */
  readonly silent: Comparison | null
}

/** Of targets that ran the same programs. */
export function diffTargets(input: TargetsInput): DiffDocument {
  const { tool, seed, startedAt, finishedAt, sides, silent } = input
  return {
    schema: DIFF_SCHEMA,
    kind: 'targets',
    tool,
    seed,
    startedAt,
    finishedAt,
    complete: silent !== null && sides.every(({ record }) => record.complete),
    sides: sides.map((side) => sideOf(side, `${side.folder.split('/').at(-1)}/record.json`)),
    clauses: clauseDifferences(sides),
    brokenByAll: brokenByAll(sides),
    silent,
    findings: null,
    measurements: [],
    problems: problemsOf(sides),
  }
}

/** Of two records, the older first: what changed from one to the other. */
export function diffRecords(tool: Tool, before: NamedRecord, after: NamedRecord): DiffDocument {
  const sides = [before, after]
  return {
    schema: DIFF_SCHEMA,
    kind: 'records',
    tool,
    seed: null,
    startedAt: null,
    finishedAt: null,
    complete: sides.every(({ record }) => record.complete),
    sides: sides.map((side) => sideOf(side, `${side.folder}/record.json`)),
    clauses: clauseChanges(sides),
    brokenByAll: brokenByAll(sides),
    silent: null,
    findings: { appeared: onlyIn(after, before), gone: onlyIn(before, after) },
    measurements: measurementDifferences(before, after),
    problems: problemsOf(sides),
  }
}

/** Some clause is broken by one side and not by another, or a finding is new or gone. */
export function disagrees({ clauses, findings }: DiffDocument): boolean {
  return (
    clauses.some(({ verdicts }) => verdicts.includes('FAIL')) ||
    (findings !== null && findings.appeared.length + findings.gone.length > 0)
  )
}

function sideOf({ name, record }: NamedRecord, path: string): Side {
  const { target, seed, stats, verdict } = record
  const { spec, purl, args } = target
  return { name, target: spec, purl, args, seed, programs: stats.programs, verdict, record: path }
}

const problemsOf = (sides: readonly NamedRecord[]): readonly Problem[] =>
  sides.flatMap(({ name, record }) =>
    record.problems.map((problem) => ({ ...problem, input: `${name}: ${problem.input}` })),
  )

/** Findings keep their id from run to run: the same law, broken in the same clause. */
function onlyIn(side: NamedRecord, other: NamedRecord): readonly FindingLine[] {
  const known = new Set(other.record.findings.map(({ id }) => id))
  return side.record.findings
    .filter(({ id }) => !known.has(id))
    .map((finding) => findingLine(side, finding))
}

function measurementDifferences(
  before: NamedRecord,
  after: NamedRecord,
): readonly MeasurementDifference[] {
  return before.record.measurements.flatMap((first) => {
    const second = after.record.measurements.find((other) => isSame(first, other))
    if (second === undefined || first.estimate === null || second.estimate === null) return []
    const estimates: readonly [number, number] = [first.estimate, second.estimate]
    return [
      {
        id: `${first.id} (${first.subject})`,
        engine: first.engine,
        unit: first.unit,
        estimates,
        intervals: [first.interval, second.interval],
        ratio: estimates[0] === 0 ? null : estimates[1] / estimates[0],
        change: changeOf(first, second),
      },
    ]
  })
}

const isSame = (a: RecordedMeasurement, b: RecordedMeasurement): boolean =>
  a.id === b.id && a.engine === b.engine && a.subject === b.subject && a.unit === b.unit

/** Numbers of two runs differ always; only intervals that do not meet show a change. */
function changeOf(
  { interval: a }: RecordedMeasurement,
  { interval: b }: RecordedMeasurement,
): MeasurementDifference['change'] {
  if (a === null || b === null) return 'unknown'
  return isBelow(a.high, b.low) || isBelow(b.high, a.low) ? 'apart' : 'overlap'
}

const isBelow = (upper: number | null, lower: number | null): boolean =>
  upper !== null && lower !== null && upper < lower
