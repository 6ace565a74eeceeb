import { join, relative } from 'node:path'
import type { ChalkInstance } from 'chalk'
import { countVerdicts, VERDICTS } from '../../evidence/verdict.ts'
import { deviationOf } from '../../reports/judge/deviations.ts'
import type { ValidationRecord } from '../../reports/record/record.ts'
import { isJudged } from '../runs/record.ts'
import { describeMeasurements } from './measurements.ts'
import { paintVerdict } from './style.ts'
import { formatTable } from './table.ts'

/** Findings that are printed; the report has all of them. */
const SHOWN_FINDINGS = 10

/** What a person wants to read when a run is over: what was tested, the verdicts, where the report is. */
export function summarise(record: ValidationRecord, folder: string, pen: ChalkInstance): string {
  return [
    heading(record, pen),
    problems(record, pen),
    requirements(record, pen),
    record.basis === null ? describeMeasurements(record.measurements, pen) : '',
    clauses(record),
    findings(record, folder, pen),
    doubts(record, pen),
    conclusion(record, folder, pen),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function heading({ target, seed }: ValidationRecord, pen: ChalkInstance): string {
  return `${pen.bold(target.spec)}  ${target.runtime}  seed ${seed}\n`
}

function problems(record: ValidationRecord, pen: ChalkInstance): string {
  return record.problems
    .map(({ severity, input, rule, cure, code }) => {
      const label = severity === 'error' ? pen.red('error') : pen.yellow('warning')
      return `${label}  ${input}: ${rule.trimEnd()}\n  ${cure} ${pen.dim(`[${code}]`)}\n`
    })
    .join('')
}

function requirements(record: ValidationRecord, pen: ChalkInstance): string {
  const rows = record.requirements.map(({ id, title, verdict, criteria }) => [
    pen.bold(id),
    title,
    paintVerdict(verdict, pen),
    pen.dim(criteria.map((part) => `${part.id} ${part.verdict}`).join(', ')),
  ])
  return formatTable(rows)
}

function clauses({ clauses: all, stats }: ValidationRecord): string {
  if (all.length === 0) return ''
  const counts = countVerdicts(all.map(({ verdict }) => verdict))
  const shown = VERDICTS.filter((verdict) => counts[verdict] > 0).map(
    (verdict) => `${counts[verdict]} ${verdict}`,
  )
  const rate = Math.round(stats.programsPerSecond)
  return `clauses: ${shown.join(', ')}; ${stats.programs} programs, ${rate} a second\n`
}

function findings(record: ValidationRecord, folder: string, pen: ChalkInstance): string {
  const lines = record.findings.slice(0, SHOWN_FINDINGS).map((finding) => {
    const { id, verdict, level, clauses: broken, summary, rate } = finding
    const replay = `assay replay ${join(shortPath(folder), finding.program)} ${record.target.spec}`
    const known = deviationOf(record, id)
    return [
      `${paintVerdict(verdict, pen)} ${pen.bold(id)} ${broken.join(', ')} (${level}, ${rate.failed} of ${rate.runs} re-runs)`,
      `  ${summary}`,
      ...(known === null
        ? []
        : [
            `  ${pen.yellow('known deviation')} until ${known.expires}: ${known.reason} ${known.link}`,
          ]),
      `  ${pen.dim(replay)}\n`,
    ].join('\n')
  })
  const hidden = record.findings.length - lines.length
  return lines.join('') + (hidden > 0 ? `${hidden} more findings are in the report.\n` : '')
}

/** Properties that could not be decided: without them an INCONCLUSIVE verdict would be a riddle. */
function doubts(record: ValidationRecord, pen: ChalkInstance): string {
  return record.properties
    .filter(({ verdict }) => verdict === 'INCONCLUSIVE')
    .map(({ id, verdict, reason }) => `${paintVerdict(verdict, pen)} ${id}: ${reason}\n`)
    .join('')
}

function conclusion(record: ValidationRecord, folder: string, pen: ChalkInstance): string {
  const partial = record.complete ? '' : ' (incomplete)'
  const report = join(shortPath(folder), 'report.html')
  const verdict = isJudged(record) ? paintVerdict(record.verdict, pen) : 'none: no requirements'
  return `${pen.bold('verdict')}  ${verdict}${partial}\n${pen.bold('report')}   ${report}\n`
}

/** As the user would type it from here, unless that is longer. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') ? path : short
}
