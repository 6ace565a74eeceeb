import type { ValidationRecord } from './record.ts'

/** Identity first, evidence last: the order in which a reader wants them. */
const TOP_LEVEL: readonly (keyof ValidationRecord)[] = [
  'schema',
  'tool',
  'target',
  'environment',
  'seed',
  'startedAt',
  'finishedAt',
  'complete',
  'verdict',
  'problems',
  'deviations',
  'basis',
  'requirements',
  'risks',
  'allocated',
  'anomalies',
  'approvals',
  'stats',
  'clauses',
  'properties',
  'findings',
  'measurements',
  'runs',
]

/** The record as text. Equal records have equal bytes: every key has its fixed place. */
export function serialiseRecord(record: ValidationRecord): string {
  const ordered = Object.fromEntries(TOP_LEVEL.map((key) => [key, sortKeys(record[key])]))
  return `${JSON.stringify(ordered, null, 2)}\n`
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, member]) => [key, sortKeys(member)]))
}
