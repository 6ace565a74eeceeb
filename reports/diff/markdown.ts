import type { Answer, Comparison, SilentDifference } from '../../evidence/difference.ts'
import { code, table, text } from '../renderers/markdown-text.ts'
import { VERDICT_WORDS } from '../renderers/words.ts'
import type {
  ClauseDifference,
  DiffDocument,
  FindingLine,
  MeasurementDifference,
} from './document.ts'

/** `diff.md`: for pull requests and job summaries. */
export function renderDiff(diff: DiffDocument): string {
  const blocks = [
    `# ${text(diff.sides.map(({ name }) => name).join(', '))}: what tells them apart`,
    ...(diff.complete ? [] : ['**Incomplete:** a run was cut short, so more may differ.']),
    ...diff.problems.map(
      ({ severity, code: id, input, rule, cure }) =>
        `> **${severity}** ${code(id)} ${text(`${input}: ${rule} ${cure}`)}`,
    ),
    sides(diff),
    ...clauses(diff),
    ...findings(diff),
    ...(diff.silent === null ? [] : silent(diff.silent)),
    ...measurements(diff.measurements),
  ]
  return `${blocks.join('\n\n')}\n`
}

function sides(diff: DiffDocument): string {
  return table(
    ['', 'Target', 'Launched with', 'Seed', 'Programs', 'Verdict'],
    diff.sides.map(({ name, target, args, seed, programs, verdict }) => [
      text(name),
      code(target),
      code(args.join(' ') || '(nothing)'),
      String(seed),
      String(programs),
      label(verdict),
    ]),
  )
}

function clauses(diff: DiffDocument): readonly string[] {
  const title =
    diff.kind === 'targets' ? '## Someone breaks a clause' : '## Clauses whose verdict changed'
  const all = `Broken by all: ${diff.brokenByAll.map(code).join(', ') || 'none'}.`
  if (diff.clauses.length === 0) return [title, `No clause tells them apart. ${all}`]
  const heads = ['Clause', ...diff.sides.map(({ name }) => text(name)), 'What it asks']
  const rows = diff.clauses.map((clause) => [
    `${code(clause.id)} (${clause.level})`,
    ...clause.verdicts.map(label),
    `${text(clause.paraphrase)} ${text(`${clause.document}, ${clause.section}`)}`,
  ])
  return [title, table(heads, rows), ...brokenBy(diff.clauses), all]
}

function brokenBy(differences: readonly ClauseDifference[]): readonly string[] {
  const lines = differences.flatMap(({ breaks }) => breaks)
  return lines.length === 0 ? [] : [findingTable(lines)]
}

function findingTable(lines: readonly FindingLine[]): string {
  return table(
    ['Finding', 'By', 'Clause', 'Expected', 'Observed', 'Run it again'],
    lines.map(({ id, side, clauses: broken, expected, observed, replay, security }) => [
      `**${text(id)}**${security ? ' (security: report to the maintainers first)' : ''}`,
      text(side),
      broken.map(code).join(' '),
      text(expected),
      text(observed),
      code(replay),
    ]),
  )
}

function findings({ findings: changed }: DiffDocument): readonly string[] {
  if (changed === null) return []
  const { appeared, gone } = changed
  return [
    '## Findings that appeared',
    appeared.length === 0 ? 'None.' : findingTable(appeared),
    '## Findings that are gone',
    gone.length === 0 ? 'None.' : findingTable(gone),
  ]
}

function silent({
  programs,
  alike,
  judged,
  differences,
  unstable,
  notConfirmed,
}: Comparison): readonly string[] {
  return [
    '## The specification is silent',
    `${programs} programs were compared: ${alike} alike, ${judged} in which fewer than two targets break no clause and leave no doubt. Each difference below was seen again in every re-run, and none of the targets named with it breaks a clause in it. ${unstable} more did not show again, and ${notConfirmed} were not run again for lack of time.`,
    ...differences.filter(({ habit }) => !habit).map(difference),
    ...habits(differences.filter(({ habit }) => habit)),
  ]
}

function difference({
  id,
  properties,
  aspect,
  subject,
  programs,
  answers,
  program,
}: SilentDifference): string {
  const where =
    properties.length === 1 ? code(properties[0] ?? '') : `${properties.length} properties`
  return [
    `### ${text(id)}: ${text(aspect)}`,
    `In ${programs} ${programs === 1 ? 'program' : 'programs'} of ${where}; shown: ${text(subject)} of ${code(program)}.`,
    table(['Targets', 'What they show'], answers.map(answerCells)),
  ].join('\n\n')
}

/** The same in programs about different things. */
function habits(differences: readonly SilentDifference[]): readonly string[] {
  if (differences.length === 0) return []
  return [
    '### Habits',
    'Seen with the same values in programs of several properties: not an answer to any of them.',
    table(
      ['Difference', 'What', 'Programs', 'Who shows what'],
      differences.map(({ id, aspect, programs, answers, program }) => [
        `${text(id)} ${code(program)}`,
        text(aspect),
        String(programs),
        answers.map((answer) => answerCells(answer).join(': ')).join('<br>'),
      ]),
    ),
  ]
}

const answerCells = ({ targets, value }: Answer): readonly string[] => [
  targets.map(code).join(', '),
  code(value === '' ? '(nothing)' : value),
]

function measurements(differences: readonly MeasurementDifference[]): readonly string[] {
  if (differences.length === 0) return []
  return [
    '## Measurements',
    'A change is shown where the intervals do not meet.',
    table(
      ['Measurement', 'Unit', 'Before', 'After', 'Ratio', 'Intervals'],
      differences.map(({ id, engine, unit, estimates: [before, after], ratio, change }) => [
        `${code(id)} (${text(engine)})`,
        unit,
        rounded(before),
        rounded(after),
        ratio === null ? '–' : rounded(ratio),
        change,
      ]),
    ),
  ]
}

const rounded = (value: number): string => String(Number(value.toPrecision(4)))

const label = (verdict: keyof typeof VERDICT_WORDS): string =>
  `${VERDICT_WORDS[verdict].sign} ${VERDICT_WORDS[verdict].word}`
