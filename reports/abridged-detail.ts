import { shorten } from './renderers/html/markup.ts'

/** Characters of one string or byte string, of one list inside a dictionary, and of anything else. */
const LITERAL_LIMIT = 80
const LIST_LIMIT = 300
const PLAIN_LIMIT = 200
const WHOLE_LIMIT = 1600

/** A string literal, a bracket, or what stands between them. */
const TOKEN = /b?"(?:[^"\\]|\\[^])*"|[[\](){}]|(?:(?!b?")[^[\](){}])+|[^]/g
/** What stands for one character, or one byte. */
const UNIT = /\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[^]|[^]/gu
const OPENING = '[({'
const CLOSING = '])}'

/**
 * The detail of an event for a page: a dictionary keeps all of its keys, and its long values are cut, each by
 * itself, with their lengths; anything else is cut where it is too long.
 */
export function abridge(detail: string): string {
  if (!detail.startsWith('{')) return shorten(detail, PLAIN_LIMIT)
  const open: { pieces: string[] }[] = [{ pieces: [] }]
  for (const [token] of detail.matchAll(TOKEN)) {
    if (OPENING.includes(token)) open.push({ pieces: [token] })
    else if (CLOSING.includes(token) && open.length > 1) close(open, token)
    else open.at(-1)?.pieces.push(cutLiteral(token))
  }
  // What was cut before it came here may end in the middle.
  return shorten(open.flatMap(({ pieces }) => pieces).join(''), WHOLE_LIMIT)
}

function close(open: { pieces: string[] }[], bracket: string): void {
  const { pieces } = open.pop() ?? { pieces: [] }
  const whole = [...pieces, bracket].join('')
  const cut = bracket !== '}' && whole.length > LIST_LIMIT ? cutList(pieces, bracket) : whole
  open.at(-1)?.pieces.push(cut)
}

/** Cut between its items. */
function cutList(pieces: readonly string[], bracket: string): string {
  let begun = ''
  for (const piece of pieces) {
    if (begun.length + piece.length > LIST_LIMIT) break
    begun += piece
  }
  const left = pieces.join('').length - begun.length
  return `${begun}… (${left} characters more)${bracket}`
}

function cutLiteral(token: string): string {
  const [, quote, content] = /^(b?")([^]*)"$/.exec(token) ?? []
  if (quote === undefined || content === undefined || content.length <= LITERAL_LIMIT) return token
  const units = content.match(UNIT) ?? []
  let begun = ''
  for (const unit of units) {
    if (begun.length + unit.length > LITERAL_LIMIT) break
    begun += unit
  }
  // What was cut before tells its length by itself, behind the quote.
  if (content.endsWith('…')) return `${quote}${begun}…"`
  return `${quote}${begun}…" (${units.length} ${quote === '"' ? 'characters' : 'bytes'})`
}
