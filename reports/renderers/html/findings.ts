import type { ClauseResult, Finding } from '../../../evidence/conformance.ts'
import { deviationOf } from '../../judge/deviations.ts'
import type { ValidationRecord } from '../../record/record.ts'
import { clauseAnchor, findingAnchor } from './anchors.ts'
import { html, type Markup, shorten } from './markup.ts'
import { badge, facts, rawLink, table } from './parts.ts'
import { sequenceDiagram } from './sequence-diagram.ts'

const DETAIL_MOST = 1200

/** Every way in which the target broke a clause, with the program that shows it. */
export function findings(record: ValidationRecord): Markup {
  if (record.findings.length === 0) return html`<p>No program broke a clause.</p>`
  return html`${record.findings.map((finding) => findingArticle(finding, record))}`
}

function findingArticle(finding: Finding, record: ValidationRecord): Markup {
  const known = deviationOf(record, finding.id)
  const anchor = findingAnchor(finding.id)
  return html`<article class="finding" id="${anchor}" aria-labelledby="${anchor}-title">
<h3 id="${anchor}-title"><span class="id">${finding.id}</span> ${finding.summary} ${badge(finding.verdict)}</h3>
${
  finding.security
    ? html`<p class="warning"><b>Lets an attacker in.</b> Report it to the maintainers of the server before it is published.</p>`
    : null
}
${
  known === null
    ? null
    : html`<p class="note"><b>Known deviation</b> until ${known.expires}: ${known.reason} (<code>${known.link}</code>)</p>`
}
${finding.clauses.map((id) => citation(id, record))}
${facts([
  ['Expected', finding.expected],
  ['Observed', finding.observed],
  [
    'Reproduced',
    `${finding.rate.failed} of ${finding.rate.runs} re-runs (${finding.reproducibility})`,
  ],
  ['Run it again', html`<code class="command">${finding.replay}</code>`],
  ['Program', rawLink(finding.program)],
])}
<details open><summary>What was sent, in order of time</summary>
${sequenceDiagram(finding.transcript, finding.id)}</details>
<details><summary>Transcript as text</summary>${transcriptTable(finding)}</details>
</article>
`
}

function citation(id: string, record: ValidationRecord): Markup {
  const clause = record.clauses.find((candidate) => candidate.id === id)
  const link = html`<a href="#${clauseAnchor(id)}"><code>${id}</code></a>`
  if (clause === undefined) return html`<p class="citation">${link}</p>`
  return html`<blockquote class="citation"><p>${clause.paraphrase}</p>
<p class="note"><b class="level">${clause.level.toUpperCase()}</b>${clause.byDefinition ? ', by definition' : ''} · ${clause.document}, ${clause.section} · ${link} (paraphrased)</p>${reading(clause)}</blockquote>`
}

function reading(clause: ClauseResult): Markup | null {
  return clause.reading === null ? null : html`<p class="note">Our reading: ${clause.reading}</p>`
}

function transcriptTable(finding: Finding): Markup {
  return table(
    `Transcript of ${finding.id}`,
    ['µs', 'From', 'To', 'Subject', 'Event', 'Detail'],
    finding.transcript.map(
      (
        event,
      ) => html`<tr><td class="number">${Math.round(event.at)}</td><td>${event.from}</td><td>${event.to}</td><td>${event.subject}</td><td>${event.label}</td><td><code>${shorten(event.detail, DETAIL_MOST)}</code></td></tr>
`,
    ),
  )
}
