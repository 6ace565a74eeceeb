import { sha256 } from '../../canonical-json.ts'
import type { ValidationRecord } from '../../record/record.ts'
import { serialiseRecord } from '../../record/serialise.ts'
import { targetName } from '../words.ts'
import { clauses } from './clauses.ts'
import {
  allocated,
  approvals,
  environment,
  identification,
  method,
  problems,
  risks,
} from './context.ts'
import { findings } from './findings.ts'
import { html, type Markup } from './markup.ts'
import { dateTime, rawLink, section } from './parts.ts'
import { performance } from './performance.ts'
import { requirementArticle } from './requirement.ts'
import { STYLE } from './style.ts'
import { summary } from './summary.ts'

/** Nothing is loaded from anywhere, and no script runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** The whole report: one file that opens anywhere, without a network, and reads the same in ten years. */
export function page(record: ValidationRecord): string {
  const title = `${targetName(record)}: SOUP validation record`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#requirements">Skip to the requirements</a>
${summary(record)}
<main>
${problems(record)}
${sections(record)}
</main>
${footer(record)}
</body>
</html>
`.text
}

function sections(record: ValidationRecord): Markup {
  const entries: readonly (readonly [id: string, title: string, body: Markup])[] = [
    ...(record.basis === null ? [] : [requirementsEntry(record)]),
    ['findings', 'Findings', findings(record)],
    ['performance', 'Performance', performance(record)],
    ['clauses', 'Clauses', clauses(record)],
    ['identification', 'Identification and intended use', identification(record)],
    ['environment', 'Test environment', environment(record)],
    ...(record.basis === null ? [] : accountability(record)),
    ['method', 'How to read this', method()],
  ]
  return html`<nav aria-label="Contents"><ul>${entries.map(
    ([id, title]) => html`<li><a href="#${id}">${title}</a></li>`,
  )}</ul></nav>
${entries.map(([id, title, body]) => section(id, title, body))}`
}

function requirementsEntry(record: ValidationRecord): readonly [string, string, Markup] {
  const articles = record.requirements.map((entry) => requirementArticle(entry, record))
  return ['requirements', 'Requirements', html`${articles}`]
}

function accountability(record: ValidationRecord): readonly (readonly [string, string, Markup])[] {
  return [
    ['risks', 'Risks', risks(record)],
    ['allocated', 'Allocated elsewhere', allocated(record)],
    ['anomalies', 'Published anomalies', html`<p>${record.anomalies.statement}</p>`],
    ['approvals', 'Approvals', approvals(record)],
  ]
}

function footer(record: ValidationRecord): Markup {
  return html`<footer><p>Rendered from ${rawLink('record.json')}, SHA-256 <code>${sha256(serialiseRecord(record))}</code>.
Run from ${dateTime(record.startedAt)} to ${dateTime(record.finishedAt)} by ${record.tool.name} ${record.tool.version}, seed ${record.seed}${
    record.basis === null
      ? null
      : html`, requirements ${record.basis.file}, SHA-256 <code>${record.basis.sha256}</code>`
  }.</p></footer>`
}
