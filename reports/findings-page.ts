import type { ClauseResult, Finding, TranscriptEvent } from '../evidence/conformance.ts'
import { abridge } from './abridged-detail.ts'
import type { ValidationRecord } from './record/record.ts'
import { shorten, visible } from './renderers/html/markup.ts'
import { code, table, text } from './renderers/markdown-text.ts'
import { targetName } from './renderers/words.ts'

export interface FindingsPage {
  readonly markdown: string
  /** What the page shows: their programs are published beside it. */
  readonly shown: readonly PublishedFinding[]
}

export interface PublishedFinding {
  readonly record: ValidationRecord
  readonly finding: Finding
  /** Where its program is published: below the folder of the page. */
  readonly path: string
}

export interface FindingsInput {
  readonly records: readonly ValidationRecord[]
  /** The shrunk program of a finding, plain JSON. */
  program(record: ValidationRecord, finding: Finding): unknown
  /** Folder of the published programs, as a user would type it: `docs/findings`. */
  readonly programs: string
  /** How this page is made again. */
  readonly command: string
}

const PROGRAM_LIMIT = 3000
const TRANSCRIPT_LINES = 40

/**
 * What a run has found, for everybody to check. Findings that let an attacker in are counted and not
 * shown: their maintainers are told first.
 */
export function renderFindings(input: FindingsInput): FindingsPage {
  const shown = input.records.flatMap((record) =>
    record.findings
      .filter(isShown)
      .map((finding) => ({ record, finding, path: pathOf(record, finding, input.programs) })),
  )
  const blocks = [
    '# Findings',
    `Ways in which servers break clauses of the specification, as found by a run of assay. Written by ${code(input.command)}; every entry was shrunk as far as its program still showed it (one that ends in a silence is slow to try, and stands as it was found) and was run again on fresh connections. The programs lie in ${code(input.programs)}; with the command of an entry assay runs its program again.`,
    'A clause has the level of the word in its sentence; where there is none, what the sentence defines is a must, by definition (`docs/clauses.md`). What is our reading is said to be one.',
    'A finding is a statement on one release in one configuration. To the arguments that a target is launched with come the settings that a property is about, and an idle time of 60 s where connections that programs share would be closed sooner (`docs/conformance.md`). Whoever thinks that one misreads its clause: please say so.',
    overview(input.records),
    'Findings that let an attacker in (response splitting, request smuggling, content that a client reads as the next response) are reported to the maintainers first and left out of this page; findings that did not show again are left out as well.',
    ...input.records.flatMap((record) => section(record, shown, input)),
  ]
  return { markdown: `${blocks.join('\n\n')}\n`, shown }
}

const isShown = ({ verdict, security }: Finding): boolean => verdict === 'FAIL' && !security

const pathOf = ({ target }: ValidationRecord, { id }: Finding, folder: string): string =>
  `${folder}/${target.spec.replaceAll(/[^A-Za-z0-9.+@-]+/g, '-')}/${id}.json`

function overview(records: readonly ValidationRecord[]): string {
  return table(
    ['Target', 'Runtime', 'Programs', 'Seed', 'Date', 'Shown', 'Held back', 'Not seen again'],
    records.map(({ target, stats, seed, startedAt, findings }) => [
      code(target.spec),
      text(target.runtime),
      String(stats.programs),
      String(seed),
      startedAt.slice(0, 10),
      String(findings.filter(isShown).length),
      String(findings.filter(({ verdict, security }) => verdict === 'FAIL' && security).length),
      String(findings.filter(({ verdict }) => verdict === 'INCONCLUSIVE').length),
    ]),
  )
}

function section(
  record: ValidationRecord,
  shown: readonly PublishedFinding[],
  input: FindingsInput,
): readonly string[] {
  const own = shown.filter((one) => one.record === record)
  const { args, dependencies } = record.target
  const beside = dependencies.map(({ name, version }) => `${name} ${version}`)
  const launched = [
    `Launched with ${code(args.join(' ') || '(nothing)')}.`,
    ...(beside.length === 0 ? [] : [`Beside it are installed: ${text(beside.join(', '))}.`]),
  ].join(' ')
  const incomplete = record.complete ? [] : ['The run was cut short: more may be broken.']
  return [
    `## ${text(targetName(record))}`,
    own.length === 0 ? `${launched} No finding to show.` : launched,
    ...incomplete,
    ...own.flatMap((one) => entry(one, own, input)),
  ]
}

function entry(
  published: PublishedFinding,
  all: readonly PublishedFinding[],
  input: FindingsInput,
): readonly string[] {
  const { record, finding, path } = published
  const { id, clauses, level, expected, observed, rate, property, transcript } = finding
  const cited = clauses.map((clause) => record.clauses.find((one) => one.id === clause))
  const alike = all
    .map((one) => one.finding)
    .filter((one) => one !== finding && one.clauses.some((clause) => clauses.includes(clause)))
  const program = JSON.stringify(input.program(record, finding), null, 1)
  return [
    `### ${text(id)}: ${clauses.map(code).join(', ')} (${level})`,
    ...cited.flatMap((clause) => (clause === undefined ? [] : [citation(clause)])),
    `Expected: ${sentence(expected)} Observed: ${sentence(observed)} Seen in ${rate.failed} of ${rate.runs} re-runs, by the property ${code(property)}.${seeAlso(alike)}`,
    fenced('json', shorten(program, PROGRAM_LIMIT)),
    fenced('text', transcriptLines(transcript).join('\n')),
    fenced('sh', `assay replay ${path} ${record.target.spec}`),
  ]
}

/** The same clause in other ways, which may be one defect. */
function seeAlso(findings: readonly Finding[]): string {
  if (findings.length === 0) return ''
  return ` The same clause, otherwise: ${findings.map(({ id }) => text(id)).join(', ')}.`
}

/** Ends in one full stop. */
const sentence = (value: string): string => `${text(value.replace(/\.$/, ''))}.`

function citation(clause: ClauseResult): string {
  const { paraphrase, document, section: place, level, byDefinition, reading } = clause
  const said = byDefinition ? `${level.toUpperCase()}, by definition` : level.toUpperCase()
  const source = `${said}; ${text(`${document}, ${place}`)}, in our words`
  const read = reading === null ? '' : ` Our reading: ${text(reading)}`
  return `> ${text(paraphrase)} (${source})${read}`
}

function transcriptLines(transcript: readonly TranscriptEvent[]): readonly string[] {
  // Of a single connection it goes without saying which.
  const several = new Set(transcript.map(({ subject }) => subject.split(',')[0])).size > 1
  const lines = transcript.map((event) => eventLine(event, several))
  const rest = lines.length - TRANSCRIPT_LINES
  if (rest <= 0) return lines
  // What breaks the clause is at the end, as a rule.
  return [
    ...lines.slice(0, TRANSCRIPT_LINES / 2),
    `(${rest} more events)`,
    ...lines.slice(-TRANSCRIPT_LINES / 2),
  ]
}

function eventLine(
  { at, from, to, subject, label, detail }: TranscriptEvent,
  several: boolean,
): string {
  const time = `${(at / 1000).toFixed(1).padStart(8)} ms`
  const which = several ? `  [${subject}]` : ''
  const more = detail === '' || detail === label ? '' : `  ${abridge(detail)}`
  return `${time}  ${from} -> ${to}${which}  ${label}${more}`
}

/** With a fence that is longer than any run of backticks inside. */
function fenced(language: string, content: string): string {
  const clean = visible(content)
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${clean}\n${fence}`
}
