import { join } from 'node:path'
import type { ChalkInstance } from 'chalk'
import type { Comparison, SilentDifference } from '../../evidence/difference.ts'
import type { DiffDocument, FindingLine } from '../../reports/diff/document.ts'
import { paintVerdict } from './style.ts'
import { shortPath } from './summary.ts'
import { formatTable } from './table.ts'

/** Differences that are printed; diff.md has all of them. */
const SHOWN = 12
const VALUE_WIDTH = 160

/** Who breaks what, then what nobody forbids. `folder`: where the whole is; null: it was not written. */
export function describeDiff(
  diff: DiffDocument,
  folder: string | null,
  pen: ChalkInstance,
): string {
  return [
    ...diff.problems.map(
      ({ input, rule, cure }) => `${pen.red('problem')} ${input}: ${rule} ${cure}\n`,
    ),
    clauses(diff, pen),
    findings(diff, pen),
    diff.silent === null ? '' : silent(diff.silent, folder, pen),
    measurements(diff),
    folder === null ? '' : `${pen.bold('report')}   ${join(shortPath(folder), 'diff.md')}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function clauses(
  { kind, sides, clauses: differences, brokenByAll }: DiffDocument,
  pen: ChalkInstance,
) {
  const title = kind === 'targets' ? 'Someone breaks a clause:' : 'Clauses whose verdict changed:'
  const rows = differences.map(({ id, level, verdicts }) => [
    id,
    level,
    ...verdicts.map((verdict) => paintVerdict(verdict, pen)),
  ])
  const header = ['', '', ...sides.map(({ name }) => pen.bold(name))]
  const table = rows.length === 0 ? 'No clause tells them apart.\n' : formatTable([header, ...rows])
  const lines = kind === 'targets' ? differences.flatMap(({ breaks }) => breaks) : []
  const all = brokenByAll.length === 0 ? '' : `Broken by all: ${brokenByAll.join(', ')}\n`
  return `${pen.bold(title)}\n${table}${findingLines(lines, pen)}${all}`
}

function findingLines(lines: readonly FindingLine[], pen: ChalkInstance): string {
  const shown = lines
    .slice(0, SHOWN)
    .map(
      ({ side, id, clauses: broken, expected, observed, replay }) =>
        `${pen.bold(id)} ${side} breaks ${broken.join(', ')}\n  expected ${short(expected)}\n  observed ${short(observed)}\n  ${pen.dim(replay)}\n`,
    )
  return shown.join('') + more(lines.length - shown.length, 'findings')
}

function findings({ findings: changed }: DiffDocument, pen: ChalkInstance): string {
  if (changed === null) return ''
  const { appeared, gone } = changed
  return [
    `${pen.bold('Findings that appeared:')} ${appeared.length}\n${findingLines(appeared, pen)}`,
    `${pen.bold('Findings that are gone:')} ${gone.length}\n${findingLines(gone, pen)}`,
  ].join('')
}

function silent(comparison: Comparison, folder: string | null, pen: ChalkInstance): string {
  const { programs, alike, judged, differences, unstable, notConfirmed } = comparison
  const counts = `${programs} programs compared: ${alike} alike, ${judged} with too many broken clauses or doubts; ${unstable} differences did not show again, ${notConfirmed} were not looked at again\n`
  const answers = differences.filter(({ habit }) => !habit)
  const shown = answers.slice(0, SHOWN).map((one) => difference(one, folder, pen))
  const habits = differences.filter(({ habit }) => habit)
  return [
    `${pen.bold('The specification is silent:')} ${answers.length} differences, and ${habits.length} habits\n`,
    counts,
    ...shown,
    more(answers.length - shown.length, 'differences'),
    ...habits.map(habitLine),
  ].join('')
}

function difference(
  { id, aspect, subject, properties, programs, answers, program }: SilentDifference,
  folder: string | null,
  pen: ChalkInstance,
): string {
  const where = properties.length === 1 ? properties.join('') : `${properties.length} properties`
  const first = answers[0]?.targets[0] ?? ''
  return [
    `${pen.bold(id)} ${aspect} of ${subject}, ${programs} programs of ${where}\n`,
    ...answers.map(({ targets, value }) => `  ${targets.join(', ')}: ${short(value)}\n`),
    folder === null
      ? ''
      : `  ${pen.dim(`assay replay ${join(shortPath(folder), program)} ${first}`)}\n`,
  ].join('')
}

/** In one line: habits are no news about any program. */
function habitLine({ aspect, answers }: SilentDifference): string {
  const values = answers.map(({ targets, value }) => `${targets.join(', ')}: ${value}`)
  return `  habit  ${aspect}  ${short(values.join(' | '))}\n`
}

function measurements({ measurements: all }: DiffDocument): string {
  if (all.length === 0) return ''
  const rows = all.map(({ id, engine, unit, estimates: [before, after], change }) => [
    id,
    engine,
    `${rounded(before)} ${unit}`,
    `${rounded(after)} ${unit}`,
    change === 'apart' ? 'changed' : change === 'overlap' ? 'no change shown' : 'no interval',
  ])
  return formatTable(rows)
}

const rounded = (value: number): string => String(Number(value.toPrecision(4)))

const more = (count: number, what: string): string =>
  count > 0 ? `${count} more ${what} are in diff.md.\n` : ''

const short = (text: string): string =>
  text.length > VALUE_WIDTH ? `${text.slice(0, VALUE_WIDTH)}…` : text
