import type { ClauseResult } from '../../../../evidence/conformance.ts'
import { VERDICT_WORDS } from '../../words.ts'
import { clauseAnchor } from '../anchors.ts'
import { html, type Markup } from '../markup.ts'

const CELL = 20
const LABEL = 96
const WIDTH = 920

/** All clauses at a glance: one cell each, by area; sign and tooltip say what the colour says. */
export function clauseStrip(clauses: readonly ClauseResult[]): Markup {
  const perRow = Math.floor((WIDTH - LABEL) / CELL)
  let top = 1
  const rows = [...byArea(clauses)].map(([area, members]) => {
    const row = html`<text class="strip-label" x="0" y="${top + 14}">${area}</text>
${members.map((clause, index) => cell(clause, index % perRow, top + Math.floor(index / perRow) * CELL))}`
    top += Math.ceil(members.length / perRow) * CELL + 6
    return row
  })
  return html`<svg class="strip" viewBox="0 0 ${WIDTH} ${Math.max(top, CELL)}" role="group" aria-label="Verdict of every clause">
${rows}
</svg>`
}

/** Clauses by the first part of their path, in catalogue order. */
export function byArea(
  clauses: readonly ClauseResult[],
): ReadonlyMap<string, readonly ClauseResult[]> {
  const areas = new Map<string, ClauseResult[]>()
  for (const clause of clauses) {
    const area = clause.id.split('/')[0] ?? clause.id
    areas.set(area, [...(areas.get(area) ?? []), clause])
  }
  return areas
}

function cell(clause: ClauseResult, column: number, top: number): Markup {
  const left = LABEL + column * CELL
  const { sign, word } = VERDICT_WORDS[clause.verdict]
  const name = `${clause.id} (${clause.level}): ${word}`
  return html`<a href="#${clauseAnchor(clause.id)}" aria-label="${name}"><title>${name}</title><rect class="cell ${clause.verdict}" x="${left}" y="${top}" width="${CELL - 2}" height="${CELL - 2}" rx="3"/><text class="cell-sign ${clause.verdict}" x="${left + 9}" y="${top + 13}" text-anchor="middle">${sign}</text></a>
`
}
