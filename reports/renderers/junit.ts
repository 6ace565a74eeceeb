import type { PropertyResult } from '../../evidence/conformance.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import { deviationOf } from '../judge/deviations.ts'
import type { CriterionResult, RequirementResult, ValidationRecord } from '../record/record.ts'
import { escapeText, shorten } from './html/markup.ts'
import type { Renderer } from './renderer.ts'
import { targetName } from './words.ts'

type Outcome =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'failure' | 'error' | 'skipped'
      readonly message: string
      readonly text: string
    }

interface TestCase {
  readonly className: string
  readonly name: string
  readonly seconds: number
  readonly outcome: Outcome
  /** What no attribute of JUnit can hold, in the convention `[[PROPERTY|name=value]]`. */
  readonly properties: readonly (readonly [name: string, value: string])[]
}

/**
 * `junit.xml`, in the form that every reader of JUnit files accepts: no properties in a test case, no
 * count of skipped tests on the root. There is no word for a thing that was not shown, so all of these
 * are `skipped` with their verdict and reason: none can be taken for a pass.
 */
export const JUNIT_RENDERER: Renderer = { id: 'junit', fileName: 'junit.xml', render }

function render(record: ValidationRecord): string {
  const suites = [
    suite('requirements', record.requirements.flatMap(criterionCases), record),
    suite(
      'properties',
      record.properties.map((property) => propertyCase(property, record)),
      record,
    ),
    suite('run', runCases(record), record),
  ]
  const total = (pick: (one: Suite) => number): number =>
    suites.reduce((sum, one) => sum + pick(one), 0)
  const name = attribute(`assay: ${targetName(record)}`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name=${name} tests="${total((one) => one.tests)}" failures="${total((one) => one.failures)}" errors="${total((one) => one.errors)}">
${suites.map((one) => one.xml).join('\n')}
</testsuites>
`
}

interface Suite {
  readonly tests: number
  readonly failures: number
  readonly errors: number
  readonly xml: string
}

function suite(name: string, cases: readonly TestCase[], record: ValidationRecord): Suite {
  const count = (kind: Outcome['kind']): number =>
    cases.filter((testCase) => testCase.outcome.kind === kind).length
  const [tests, failures, errors] = [cases.length, count('failure'), count('error')]
  const seconds = cases.reduce((sum, testCase) => sum + testCase.seconds, 0)
  const properties = [
    ['target', record.target.spec],
    ['seed', String(record.seed)],
    ['verdict', record.verdict],
    ['tool', `${record.tool.name} ${record.tool.version}`],
  ].map(([key = '', value = '']) => `    <property name="${key}" value=${attribute(value)}/>`)
  const xml = [
    `  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="${errors}" skipped="${count('skipped')}" time="${time(seconds)}" timestamp="${record.startedAt.slice(0, 19)}">`,
    '    <properties>',
    ...properties.map((line) => `  ${line}`),
    '    </properties>',
    ...cases.map(caseXml),
    '  </testsuite>',
  ].join('\n')
  return { tests, failures, errors, xml }
}

function caseXml({ className, name, seconds, outcome, properties }: TestCase): string {
  const open = `    <testcase name=${attribute(name)} classname=${attribute(className)} time="${time(seconds)}">`
  const out = properties.map(([key, value]) => `[[PROPERTY|${key}=${value}]]`).join('\n')
  const result =
    outcome.kind === 'passed'
      ? ''
      : outcome.kind === 'skipped'
        ? `      <skipped message=${attribute(outcome.message)}/>\n`
        : `      <${outcome.kind} message=${attribute(outcome.message)} type="${outcome.kind === 'failure' ? 'FAIL' : 'ERROR'}">${escapeText(outcome.text)}</${outcome.kind}>\n`
  return `${open}\n${result}      <system-out>${escapeText(out)}</system-out>\n    </testcase>`
}

function criterionCases(requirement: RequirementResult): readonly TestCase[] {
  return requirement.criteria.map((criterion) => ({
    className: `requirements.${requirement.id}`,
    name: `${criterion.id}: ${criterion.text}`,
    seconds: 0,
    outcome: outcomeOf(criterion.verdict, criterion.reason ?? criterion.text, detail(criterion)),
    properties: [
      ['requirement', requirement.id],
      ['criterion', criterion.id],
      ['verdict', criterion.verdict],
      ...criterion.evidence.slice(0, 10).map((file) => ['evidence', file] as const),
    ],
  }))
}

function propertyCase(property: PropertyResult, record: ValidationRecord): TestCase {
  const found = record.findings.filter((finding) => finding.property === property.id)
  const lines = found.map(({ id, summary, replay }) => {
    const known = deviationOf(record, id)
    const excuse =
      known && `\nKnown deviation until ${known.expires}: ${known.reason} ${known.link}`
    return `${summary}\n${replay}${excuse ?? ''}`
  })
  const area = property.id.split('/')[0] ?? property.id
  return {
    className: `properties.${area}`,
    name: property.id,
    seconds: property.durationMs / 1000,
    outcome: outcomeOf(property.verdict, property.reason ?? property.law, lines.join('\n')),
    properties: [
      ['verdict', property.verdict],
      ['programs', String(property.programs)],
      ...property.clauses.map((clause) => ['clause', clause] as const),
    ],
  }
}

/** The run itself: a partial record must not look whole to a machine either. */
function runCases(record: ValidationRecord): readonly TestCase[] {
  const errors = record.problems.filter((problem) => problem.severity === 'error')
  const message = record.complete ? null : 'The run was cut short; this record is partial.'
  const text = errors.map(({ code, input, rule }) => `${code}: ${input}: ${rule}`).join('\n')
  return [
    {
      className: 'run',
      name: 'the run is complete',
      seconds: 0,
      outcome: message === null ? { kind: 'passed' } : { kind: 'error', message, text },
      properties: [['complete', String(record.complete)]],
    },
  ]
}

function outcomeOf(verdict: Verdict, reason: string, text: string): Outcome {
  switch (verdict) {
    case 'PASS':
      return { kind: 'passed' }
    case 'FAIL':
      return { kind: 'failure', message: shorten(reason, 500), text }
    case 'INCONCLUSIVE':
    case 'NOT_RUN':
    case 'MANUAL':
    case 'NOT_APPLICABLE':
      return { kind: 'skipped', message: `${verdict}: ${shorten(reason, 500)}`, text }
  }
}

const detail = (criterion: CriterionResult): string =>
  criterion.kind === 'conformance' ? criterion.failed.join('\n') : criterion.text

/** Line breaks in an attribute would be normalised away by the reader, so they are written out. */
const attribute = (value: string): string =>
  `"${escapeText(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`

const time = (seconds: number): string => seconds.toFixed(3)
