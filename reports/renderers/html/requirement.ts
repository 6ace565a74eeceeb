import { VERDICTS } from '../../../evidence/verdict.ts'
import type {
  ConformanceCriterionResult,
  CriterionResult,
  MeasurementCriterionResult,
  RequirementResult,
  ValidationRecord,
} from '../../record/record.ts'
import { formatCount, formatInterval, formatQuantity, formatShare } from '../quantities.ts'
import { VERDICT_WORDS } from '../words.ts'
import { clauseAnchor, findingAnchor, measurementAnchor, requirementAnchor } from './anchors.ts'
import { html, type Markup } from './markup.ts'
import { badge, folded, rawLink, table } from './parts.ts'

/** One requirement: its text, its criteria with what was observed, and the raw files that prove it. */
export function requirementArticle(
  requirement: RequirementResult,
  record: ValidationRecord,
): Markup {
  const anchor = requirementAnchor(requirement.id)
  const risks = requirement.risks.map((id) => html` <a href="#risks">${id}</a>`)
  return html`<article class="requirement" id="${anchor}" data-verdict="${requirement.verdict}" aria-labelledby="${anchor}-title">
<h3 id="${anchor}-title"><span class="id">${requirement.id}</span> ${requirement.title} ${badge(requirement.verdict)}</h3>
<p>${requirement.text}</p>
${requirement.rationale === null ? null : html`<p class="note">Rationale: ${requirement.rationale}</p>`}
${table(
  `Criteria of ${requirement.id}`,
  ['Criterion', 'Verdict', 'Observed', 'Evidence'],
  requirement.criteria.map((criterion) => criterionRow(criterion, record)),
  'criteria',
)}
<p class="note">${requirement.kind} requirement${risks.length === 0 ? null : html` · bears on${risks}`} · fingerprint <code title="${requirement.fingerprint}">${requirement.fingerprint.slice(0, 12)}</code></p>
</article>
`
}

function criterionRow(criterion: CriterionResult, record: ValidationRecord): Markup {
  return html`<tr data-criterion="${criterion.id}" data-verdict="${criterion.verdict}">
<td><b class="id">${criterion.id}</b><br>${criterion.text}</td>
<td>${badge(criterion.verdict)}</td>
<td>${criterion.reason === null ? null : html`<p>${criterion.reason}</p>`}${observed(criterion, record)}</td>
<td>${folded(criterion.evidence.map(rawLink), 3, 'files')}</td>
</tr>
`
}

function observed(criterion: CriterionResult, record: ValidationRecord): Markup | null {
  switch (criterion.kind) {
    case 'conformance':
      return observedClauses(criterion)
    case 'measurement':
      return observedValue(criterion, record)
    case 'manual':
    case 'anomalies':
    case 'vulnerabilities':
    case 'maintenance':
      return null
  }
}

function observedClauses(criterion: ConformanceCriterionResult): Markup {
  const words = VERDICTS.filter((verdict) => criterion.counts[verdict] > 0).map(
    (verdict) => `${criterion.counts[verdict]} ${VERDICT_WORDS[verdict].word.toLowerCase()}`,
  )
  const failed = criterion.failed.map(
    (id) => html`<a href="#${clauseAnchor(id)}"><code>${id}</code></a>`,
  )
  return html`<p>Clauses selected: ${criterion.clauses.length}${words.length === 0 ? null : ` (${words.join(', ')})`}.</p>
${failed.length === 0 ? null : html`<p>Failed:</p>${folded(failed, 5, 'clauses')}`}
${
  criterion.findings.length === 0
    ? null
    : html`<p>Findings: ${criterion.findings.map((id) => html`<a href="#${findingAnchor(id)}">${id}</a> `)}</p>`
}
${criterion.accepted.map(
  ({ clause, justification, risk }) => html`<p class="accepted"><b>Accepted deviation</b>
<a href="#${clauseAnchor(clause)}"><code>${clause}</code></a>: ${justification}${risk === null ? null : html` (risk ${risk})`}</p>`,
)}
${
  criterion.unneeded.length === 0
    ? null
    : html`<p class="note">Accepted in the file, but no longer broken: ${criterion.unneeded.join(', ')}.</p>`
}`
}

function observedValue(
  criterion: MeasurementCriterionResult,
  record: ValidationRecord,
): Markup | null {
  const measured = record.measurements.find(
    ({ id, subject, engine }) =>
      id === criterion.measurement && subject === 'target' && engine === criterion.engine,
  )
  if (measured === undefined || measured.estimate === null) return null
  const { dimension, estimate, interval } = measured
  return html`<p><a href="#${measurementAnchor(measured.id)}"><b>${formatQuantity(estimate, dimension)}</b></a>${
    interval === null ? null : html`, interval ${formatInterval(interval, dimension, estimate)}`
  }</p>
<p class="note">limit: ${criterion.limit.comparison} ${criterion.limit.text}${
    criterion.margin === null ? null : html` · margin ${formatShare(criterion.margin)}`
  } · ${measured.perStart.length} starts, n = ${formatCount(measured.samples)}</p>`
}
