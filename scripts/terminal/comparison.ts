import type { ChalkInstance } from 'chalk'
import type { Verdict } from '../../evidence/verdict.ts'
import type { ValidationRecord } from '../../reports/record/record.ts'
import { paintVerdict } from './style.ts'
import { formatTable } from './table.ts'

/** The clauses on which the targets differ, one column for each target, and their overall verdicts. */
export function compareRecords(records: readonly ValidationRecord[], pen: ChalkInstance): string {
  const header = ['', ...records.map(({ target }) => pen.bold(target.spec))]
  const rows = differences(records).map(([clause, verdicts]) => [
    clause,
    ...verdicts.map((verdict) => paintVerdict(verdict, pen)),
  ])
  const overall = ['verdict', ...records.map(({ verdict }) => paintVerdict(verdict, pen))]
  const title = rows.length === 0 ? 'No clause tells them apart.' : 'Where they differ:'
  return `${pen.bold(title)}\n${formatTable([header, ...rows, overall])}`
}

/** In the order of the catalogue. A clause that a record does not have was not run there. */
function differences(
  records: readonly ValidationRecord[],
): readonly (readonly [clause: string, verdicts: readonly Verdict[]])[] {
  const byTarget = records.map(
    ({ clauses }) => new Map(clauses.map(({ id, verdict }) => [id, verdict])),
  )
  const ids = new Set(byTarget.flatMap((verdicts) => [...verdicts.keys()]))
  return [...ids].flatMap((id) => {
    const verdicts = byTarget.map((each) => each.get(id) ?? 'NOT_RUN')
    return new Set(verdicts).size > 1 ? [[id, verdicts] as const] : []
  })
}
