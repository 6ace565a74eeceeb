import { countVerdicts, VERDICTS, type Verdict } from '../../evidence/verdict.ts'
import { deviationOf } from '../judge/deviations.ts'
import type {
  CriterionResult,
  RecordedMeasurement,
  RequirementResult,
  ValidationRecord,
} from '../record/record.ts'
import { shorten } from './html/markup.ts'
import { code, table, text } from './markdown-text.ts'
import { formatInterval, formatQuantity, formatShare } from './quantities.ts'
import type { Renderer } from './renderer.ts'
import { targetName, VERDICT_WORDS, verdictSentence } from './words.ts'

/** `report.md`: for pull requests and job summaries, so the verdict and what is wrong come first. */
export const MARKDOWN_RENDERER: Renderer = { id: 'md', fileName: 'report.md', render }

function render(record: ValidationRecord): string {
  const blocks = [
    `# ${text(targetName(record))}: SOUP validation record`,
    `**${label(record.verdict)}.** ${text(verdictSentence(record))}`,
    ...record.problems.map(
      (problem) =>
        `> **${problem.severity}** ${code(problem.code)} ${text(`${problem.input}: ${problem.rule} ${problem.cure}`)}`,
    ),
    identity(record),
    ...requirements(record),
    ...findings(record),
    ...measurements(record),
    ...clauses(record),
    ...allocated(record),
    `${record.anomalies.statement} No approval is recorded: this is a draft.`,
  ]
  return `${blocks.join('\n\n')}\n`
}

function identity(record: ValidationRecord): string {
  const { target, environment, basis } = record
  return table(
    ['', ''],
    [
      ['Package', code(target.purl ?? target.spec)],
      ['Launched with', code(target.args.join(' ') || '(nothing)')],
      ['Requirements', text(basis === null ? 'none' : `${basis.document.id}, ${basis.file}`)],
      ['Run', text(`${record.startedAt} to ${record.finishedAt}, seed ${record.seed}`)],
      ['Machine', text(`${environment.cpu.count} × ${environment.cpu.model}, ${environment.os}`)],
      ['Tool', text(`${record.tool.name} ${record.tool.version}`)],
    ],
  )
}

function requirements(record: ValidationRecord): readonly string[] {
  if (record.requirements.length === 0) return []
  return [
    '## Requirements',
    counts(record.requirements.map((requirement) => requirement.verdict)),
    table(
      ['Requirement', 'Verdict', 'Criteria'],
      record.requirements.map((requirement) => [
        `**${text(requirement.id)}** ${text(requirement.title)}`,
        label(requirement.verdict),
        criteriaCell(requirement),
      ]),
    ),
  ]
}

const criteriaCell = (requirement: RequirementResult): string =>
  requirement.criteria.map(criterionLine).join('<br>')

function criterionLine(criterion: CriterionResult): string {
  const reason = criterion.reason ?? criterion.text
  return `${code(criterion.id)} ${label(criterion.verdict)}: ${text(shorten(reason, 300))}`
}

function counts(verdicts: readonly Verdict[]): string {
  const numbers = countVerdicts(verdicts)
  const shown = VERDICTS.filter((verdict) => numbers[verdict] > 0)
  return shown.map((verdict) => `${label(verdict)}: ${numbers[verdict]}`).join(' · ')
}

function findings(record: ValidationRecord): readonly string[] {
  if (record.findings.length === 0) return []
  return [
    '## Findings',
    table(
      ['Finding', 'Clause', 'What', 'Run it again'],
      record.findings.map((finding) => [
        `**${text(finding.id)}** ${label(finding.verdict)}`,
        `${finding.clauses.map(code).join(' ')} (${finding.level})`,
        text(
          `${finding.summary} Expected: ${finding.expected}. Observed: ${finding.observed}.${knownSentence(record, finding.id)}`,
        ),
        code(finding.replay),
      ]),
    ),
  ]
}

/** A known deviation is still a failure: what is added is why it is borne, and until when. */
function knownSentence(record: ValidationRecord, finding: string): string {
  const known = deviationOf(record, finding)
  return known === null
    ? ''
    : ` Known deviation until ${known.expires}: ${known.reason} (${known.link})`
}

function measurements(record: ValidationRecord): readonly string[] {
  if (record.measurements.length === 0) return []
  return [
    '## Measurements',
    table(
      ['Measurement', 'Estimate', 'Interval', 'Starts', 'Note'],
      record.measurements.map(measurementCells),
    ),
  ]
}

function measurementCells(measurement: RecordedMeasurement): readonly string[] {
  const { dimension, estimate, interval } = measurement
  const note = measurement.reason ?? measurement.blockers.map(({ message }) => message).join(' ')
  return [
    `${code(measurement.id)} (${measurement.subject}, ${text(measurement.engine)})`,
    estimate === null ? '–' : formatQuantity(estimate, dimension),
    interval === null
      ? '–'
      : `${formatInterval(interval, dimension, estimate ?? 0)} (${formatShare(interval.confidence)})`,
    String(measurement.perStart.length),
    text(note),
  ]
}

function clauses(record: ValidationRecord): readonly string[] {
  if (record.clauses.length === 0) return []
  const open = record.clauses.filter(
    ({ verdict }) => verdict === 'FAIL' || verdict === 'INCONCLUSIVE',
  )
  return [
    '## Clauses',
    counts(record.clauses.map((clause) => clause.verdict)),
    table(
      ['Clause', 'Verdict', 'Document', 'What it asks'],
      open.map((clause) => [
        `${code(clause.id)} (${clause.level})`,
        label(clause.verdict),
        text(`${clause.document}, ${clause.section}`),
        text(clause.paraphrase),
      ]),
    ),
  ]
}

function allocated(record: ValidationRecord): readonly string[] {
  if (record.allocated.length === 0) return []
  return [
    '## Allocated elsewhere',
    'Shown, not judged: another part of the device answers for these.',
    table(
      ['Topic', 'To', 'Why', 'Reference'],
      record.allocated.map(({ topic, to, rationale, reference }) =>
        [topic, to, rationale, reference].map(text),
      ),
    ),
  ]
}

const label = (verdict: Verdict): string =>
  `${VERDICT_WORDS[verdict].sign} ${VERDICT_WORDS[verdict].word}`
