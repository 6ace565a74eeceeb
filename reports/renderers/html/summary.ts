import { countVerdicts, VERDICTS } from '../../../evidence/verdict.ts'
import type { ValidationRecord } from '../../record/record.ts'
import {
  leadingReason,
  openRequirements,
  targetName,
  VERDICT_WORDS,
  verdictSentence,
} from '../words.ts'
import { requirementAnchor } from './anchors.ts'
import { html, type Markup } from './markup.ts'
import { badge, dateTime, facts } from './parts.ts'

/** The first screen: what was tested, how it ended, and everything that failed or is unproven. */
export function summary(record: ValidationRecord): Markup {
  return html`<header class="cover">
<p class="kicker">SOUP validation record<span class="status">${status(record)}</span></p>
<h1>${targetName(record)}</h1>
<div class="verdict-line ${record.verdict}">${badge(record.verdict)}<p>${verdictSentence(record)}</p></div>
<div class="cover-columns">
<div>
${counts(record)}
${openList(record)}
</div>
<aside aria-label="Identity">${identity(record)}</aside>
</div>
</header>
`
}

/** A record is a draft until people sign it; no tool can do that for them. */
function status(record: ValidationRecord): string {
  const partial = record.complete ? '' : ' · partial'
  return `draft, not approved${partial}`
}

function counts(record: ValidationRecord): Markup {
  const parts = record.requirements.length > 0 ? record.requirements : record.properties
  const noun = record.requirements.length > 0 ? 'Requirements' : 'Properties'
  const numbers = countVerdicts(parts.map((part) => part.verdict))
  return html`<h2 class="small">${noun} by verdict</h2>
<ul class="counts">${VERDICTS.map((verdict) => {
    const { sign, word, meaning } = VERDICT_WORDS[verdict]
    const none = numbers[verdict] === 0 ? 'none' : verdict
    return html`<li class="${none}" title="${meaning}" data-verdict="${verdict}" data-count="${numbers[verdict]}"><b>${numbers[verdict]}</b><span><span aria-hidden="true">${sign}</span> ${word}</span></li>`
  })}</ul>`
}

function openList(record: ValidationRecord): Markup | null {
  const open = openRequirements(record)
  if (open.length === 0) return null
  return html`<h2 class="small">Failed or unproven</h2>
<ul class="open">${open.map(
    (requirement) => html`<li><a href="#${requirementAnchor(requirement.id)}">${requirement.id}</a>
<span class="title">${requirement.title}</span>${badge(requirement.verdict)}
<span class="why" title="${leadingReason(requirement)}">${opening(leadingReason(requirement), 150)}</span></li>`,
  )}</ul>`
}

function identity(record: ValidationRecord): Markup {
  const { target, basis } = record
  return facts([
    ['Package', target.purl === null ? target.spec : html`<code>${target.purl}</code>`],
    ['SHA-256', hash(record)],
    ['Runs on', target.runtime],
    ['Launched with', target.args.length > 0 ? html`<code>${target.args.join(' ')}</code>` : null],
    ['Intended use', basis === null ? null : opening(basis.intendedUse, 150)],
    ['Safety class', basis?.soup.safetyClass ?? null],
    [
      'Requirements',
      basis === null ? null : `${basis.document.id}, revision ${basis.document.revision}`,
    ],
    ['Tested', dateTime(record.startedAt)],
    ['Seed', String(record.seed)],
    ['Tool', `${record.tool.name} ${record.tool.version}`],
  ])
}

/** The first words of a text; all of it stands further down. */
function opening(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, text.lastIndexOf(' ', most))} …`
}

/** The hash that the requirements file states, where the file was written for this very package. */
function hash({ basis, target }: ValidationRecord): Markup | null {
  const stated = basis?.soup.sha256 ?? null
  if (stated === null || basis?.soup.purl !== target.purl) return null
  return html`<code>${stated.slice(0, 16)}…</code> (stated)`
}
