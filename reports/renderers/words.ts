import { countVerdicts, type Verdict } from '../../evidence/verdict.ts'
import type { ValidationRecord } from '../record/record.ts'

/** How a verdict is shown: a sign and a word beside any colour. */
export interface VerdictWords {
  readonly sign: string
  readonly word: string
  readonly meaning: string
}

export const VERDICT_WORDS: Readonly<Record<Verdict, VerdictWords>> = {
  PASS: { sign: '✓', word: 'Pass', meaning: 'shown to hold' },
  FAIL: { sign: '✗', word: 'Fail', meaning: 'shown not to hold' },
  INCONCLUSIVE: { sign: '≈', word: 'Inconclusive', meaning: 'tested, but undecided' },
  NOT_RUN: { sign: '○', word: 'Not run', meaning: 'not tested' },
  MANUAL: { sign: '✎', word: 'Manual', meaning: 'awaits a person' },
  NOT_APPLICABLE: { sign: '–', word: 'Not applicable', meaning: 'does not concern this target' },
}

/** The outcome in one sentence, from the requirements where there are any, else from the properties. */
export function verdictSentence(record: ValidationRecord): string {
  const judged = record.requirements.length > 0 ? record.requirements : record.properties
  const noun = record.requirements.length > 0 ? 'requirement' : 'property'
  const counts = countVerdicts(judged.map((part) => part.verdict))
  const total = judged.length - counts.NOT_APPLICABLE
  const unproven = counts.INCONCLUSIVE + counts.NOT_RUN + counts.MANUAL
  const cut = record.complete ? '' : ' The run was cut short, so this record is partial.'
  if (total === 0) return `Nothing was judged.${cut}`
  const of = `of ${total} ${total === 1 ? noun : plural(noun)}`
  const parts = [
    counts.FAIL > 0 ? `${counts.FAIL} ${of} ${be(counts.FAIL)} broken` : null,
    unproven > 0 ? `${unproven} ${of} ${be(unproven)} unproven` : null,
    counts.PASS > 0 ? `${counts.PASS} ${of} ${be(counts.PASS)} shown to hold` : null,
  ].filter((part) => part !== null)
  return `${sentence(parts)}.${cut}`
}

const plural = (noun: string): string => noun.replace(/y$/, 'ie').concat('s')

const be = (count: number): string => (count === 1 ? 'is' : 'are')

function sentence(parts: readonly string[]): string {
  const [first = '', ...rest] = parts.map((part, index) =>
    index === 0 ? part : part.replace(/ of \d+ \w+/, ''),
  )
  const last = rest.pop()
  return last === undefined ? first : `${[first, ...rest].join(', ')} and ${last}`
}

/** `uvicorn 0.29.0 (h11)`. */
export function targetName(record: ValidationRecord): string {
  const { name, version, flavours } = record.target
  return `${name} ${version}${flavours.length > 0 ? ` (${flavours.join(', ')})` : ''}`
}

/** Everything that failed or is unproven, gravest first, then in the order of the file. */
export function openRequirements(record: ValidationRecord): ValidationRecord['requirements'] {
  const order: readonly Verdict[] = ['FAIL', 'INCONCLUSIVE', 'NOT_RUN', 'MANUAL']
  return order.flatMap((verdict) =>
    record.requirements.filter((requirement) => requirement.verdict === verdict),
  )
}

/** The reasons behind a verdict: those of the criteria that have it. */
export function leadingReason(requirement: ValidationRecord['requirements'][number]): string {
  return requirement.criteria
    .filter(({ verdict }) => verdict === requirement.verdict)
    .map(({ reason, text }) => reason ?? text)
    .join(' ')
}
