import type { Verdict } from '../../../evidence/verdict.ts'
import { VERDICT_WORDS } from '../words.ts'
import { fileLink } from './anchors.ts'
import { type Content, html, type Markup } from './markup.ts'

/** Sign, word and colour of a verdict: any one of them is enough to read it. */
export function badge(verdict: Verdict): Markup {
  const { sign, word } = VERDICT_WORDS[verdict]
  return html`<span class="badge ${verdict}"><span aria-hidden="true">${sign}</span> ${word}</span>`
}

/** Terms and what they are; terms without a value are left out. */
export function facts(entries: readonly (readonly [term: string, value: Content])[]): Markup {
  return html`<dl class="facts">${entries.map(([term, value]) =>
    value === null || value === ''
      ? null
      : html`<div><dt>${term}</dt><dd>${value}</dd></div>
`,
  )}</dl>`
}

/** A table that scrolls by itself on a narrow screen, with heads that repeat in print. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly Markup[],
  className = '',
): Markup {
  return html`<div class="scroller" tabindex="0" role="region" aria-label="${caption}"><table class="${className}">
<caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></div>`
}

/** One section of the page with its heading and anchor. */
export function section(id: string, title: string, body: Content): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`
}

/** The file name of a piece of evidence, as a link into the bundle. */
export const rawLink = (path: string): Markup =>
  html`<a class="raw" href="${fileLink(path)}">${path}</a>`

const list = (items: readonly Markup[]): Markup =>
  html`<ul class="plain">${items.map((item) => html`<li>${item}</li>`)}</ul>`

/** The first few items as they are, the others folded away. */
export function folded(items: readonly Markup[], most: number, noun: string): Markup {
  const shown = items.slice(0, most)
  const rest = items.slice(most)
  if (rest.length === 0) return items.length === 0 ? html`–` : list(shown)
  return html`${list(shown)}<details><summary>${rest.length} more ${noun}</summary>${list(rest)}</details>`
}

/** `23 November 2026, 10:00:00 UTC` from ISO 8601; the same words in every locale. */
export function dateTime(iso: string): string {
  const date = new Date(iso)
  const month = MONTHS[date.getUTCMonth()] ?? ''
  const [, time = ''] = date.toISOString().split('T')
  return `${date.getUTCDate()} ${month} ${date.getUTCFullYear()}, ${time.slice(0, 8)} UTC`
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
