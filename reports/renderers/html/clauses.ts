import type { ClauseResult } from '../../../evidence/conformance.ts'
import { countVerdicts, VERDICTS, type Verdict } from '../../../evidence/verdict.ts'
import type { ValidationRecord } from '../../record/record.ts'
import { formatCount, formatNumber } from '../quantities.ts'
import { VERDICT_WORDS } from '../words.ts'
import { clauseAnchor, findingAnchor } from './anchors.ts'
import { byArea, clauseStrip } from './charts/clause-strip.ts'
import { html, type Markup } from './markup.ts'
import { badge, rawLink, table } from './parts.ts'

/** The clause matrix: the denominator of everything said about conformance. */
export function clauses(record: ValidationRecord): Markup {
  if (record.clauses.length === 0) return html`<p>No clause was exercised in this run.</p>`
  const { programs, programsPerSecond } = record.stats
  const counts = countVerdicts(record.clauses.map((clause) => clause.verdict))
  const exercised = record.clauses.filter((clause) => clause.programs > 0).length
  const testable = record.clauses.filter((clause) => clause.untestable === null).length
  return html`<p>${exercised} of ${testable} testable clauses were exercised by ${formatCount(programs)} programs (${formatNumber(programsPerSecond)} a second): ${counts.PASS} held, ${counts.FAIL} broken, ${counts.INCONCLUSIVE} undecided. Not counted, because they bind others than the server or cannot be decided from outside: ${record.clauses.length - testable}.</p>
<div class="scroller">${clauseStrip(record.clauses)}</div>
${[...byArea(record.clauses)].map(([area, members]) => areaTable(area, members, record))}`
}

/** Open where something is wrong; a link to a clause opens its area too. */
function areaTable(
  area: string,
  members: readonly ClauseResult[],
  record: ValidationRecord,
): Markup {
  const numbers = countVerdicts(members.map((clause) => clause.verdict))
  const counted = VERDICTS.filter((verdict) => numbers[verdict] > 0).map(
    (verdict) =>
      `${VERDICT_WORDS[verdict].sign} ${numbers[verdict]} ${VERDICT_WORDS[verdict].word.toLowerCase()}`,
  )
  const silent = members.filter(({ verdict }) => SILENT.includes(verdict))
  const judged = members.filter(({ verdict }) => !SILENT.includes(verdict))
  const open = numbers.FAIL + numbers.INCONCLUSIVE > 0 ? html` open` : null
  return html`<details class="area"${open}><summary><b>${area}</b> · ${counted.join(' · ')}</summary>
${judged.length === 0 ? null : clauseTable(`Clauses of ${area}`, judged, record)}
${
  silent.length === 0
    ? null
    : html`<details><summary>${silent.length} not exercised or not applicable</summary>${clauseTable(`Clauses of ${area} that were not judged`, silent, record)}</details>`
}
</details>
`
}

const SILENT: readonly Verdict[] = ['NOT_RUN', 'NOT_APPLICABLE']

const clauseTable = (
  caption: string,
  members: readonly ClauseResult[],
  record: ValidationRecord,
): Markup =>
  table(
    caption,
    ['Clause', 'Verdict', 'Programs', 'What it asks'],
    members.map((clause) => clauseRow(clause, record)),
    'clauses',
  )

function clauseRow(clause: ClauseResult, record: ValidationRecord): Markup {
  const found = record.findings.filter((finding) => finding.clauses.includes(clause.id))
  const samples = record.properties.flatMap(({ clauses: judged, sample }) =>
    judged.includes(clause.id) && sample !== null ? [sample] : [],
  )
  return html`<tr id="${clauseAnchor(clause.id)}" data-verdict="${clause.verdict}">
<td><code>${clause.id}</code><br><span class="note"><b class="level">${clause.level.toUpperCase()}</b> · ${clause.document}, ${clause.section}</span></td>
<td>${badge(clause.verdict)}</td>
<td class="number">${clause.programs === 0 ? '–' : formatCount(clause.programs)}</td>
<td>${clause.paraphrase}${clause.reason === null ? null : html`<br><span class="note">${clause.reason}</span>`}
${found.map((finding) => html`<br><a href="#${findingAnchor(finding.id)}">${finding.id}</a> ${finding.summary}`)}
${samples.length === 0 ? null : html`<br><span class="note">one judged program: ${rawLink(samples[0] ?? '')}</span>`}</td>
</tr>
`
}
