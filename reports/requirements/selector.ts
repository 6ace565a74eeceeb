import type { Clause, Level } from '../../evidence/clause.ts'
import { suggestion } from './nearest.ts'

const LEVELS: readonly Level[] = ['must', 'should', 'may']

/** What a selector chose, or every way in which it is wrong. */
export type Selection =
  | { readonly ok: true; readonly clauses: readonly Clause[] }
  | { readonly ok: false; readonly code: string; readonly rule: string; readonly cure: string }

type Term =
  | { readonly kind: 'path'; readonly pattern: string; readonly matches: RegExp }
  | { readonly kind: 'level'; readonly level: Level }
  | { readonly kind: 'bad'; readonly rule: string; readonly cure: string }

/**
 * Chooses clauses: `http/** & level:must | lifespan/**`. `|` unites, `&` narrows and binds tighter;
 * `*` is one path segment or a part of it, `**` any number, `{a,b}` alternatives. Each side of a `|`
 * must choose something, so that a renamed clause cannot fall out of a requirement unseen.
 */
export function selectClauses(select: string, catalogue: readonly Clause[]): Selection {
  const chosen = new Set<Clause>()
  for (const alternative of select.split('|')) {
    const terms = alternative.split('&').map((term) => readTerm(term.trim()))
    const bad = terms.find((term) => term.kind === 'bad')
    if (bad !== undefined)
      return { ok: false, code: 'bad-selector', rule: bad.rule, cure: bad.cure }
    const found = catalogue.filter((clause) => terms.every((term) => admits(term, clause)))
    if (found.length === 0) return nothingFound(alternative.trim(), terms, catalogue)
    for (const clause of found) chosen.add(clause)
  }
  return { ok: true, clauses: catalogue.filter((clause) => chosen.has(clause)) }
}

function readTerm(term: string): Term {
  const level = /^level:\s*(\S*)$/.exec(term)?.[1]
  if (level !== undefined) {
    const known = LEVELS.find((name) => name === level)
    if (known !== undefined) return { kind: 'level', level: known }
    return { kind: 'bad', rule: `"${level}" is no level.`, cure: suggestion(level, LEVELS) }
  }
  const flat = term.replaceAll(/\{[\w.*,-]+\}/g, '*')
  if (!/^[\w.*-]+(?:\/[\w.*-]+)*$/.test(flat)) {
    return {
      kind: 'bad',
      rule: term === '' ? 'has an empty part.' : `"${term}" is neither a path nor a level.`,
      cure: 'Write paths such as "http/**" and levels such as "level:must", joined by & and |.',
    }
  }
  return { kind: 'path', pattern: term, matches: globToRegExp(term) }
}

function admits(term: Term, clause: Clause): boolean {
  switch (term.kind) {
    case 'path':
      return term.matches.test(clause.id)
    case 'level':
      return clause.level === term.level
    case 'bad':
      return false
  }
}

function globToRegExp(glob: string): RegExp {
  const source = glob.replaceAll(/\/\*\*$|\*\*\/|\*\*|\*|[{},.]/g, (token) => {
    switch (token) {
      case '/**':
        return '/.+'
      case '**/':
        return '(?:.+/)?'
      case '**':
        return '.*'
      case '*':
        return '[^/]*'
      case '{':
        return '(?:'
      case '}':
        return ')'
      case ',':
        return '|'
      default:
        return String.raw`\.`
    }
  })
  return new RegExp(`^${source}$`)
}

function nothingFound(
  alternative: string,
  terms: readonly Term[],
  catalogue: readonly Clause[],
): Selection {
  const exact = terms.find((term) => term.kind === 'path' && !/[*{]/.test(term.pattern))
  const ids = catalogue.map((clause) => clause.id)
  if (exact?.kind === 'path' && !ids.includes(exact.pattern)) {
    const cure = suggestion(exact.pattern, ids)
    return { ok: false, code: 'unknown-clause', rule: `"${exact.pattern}" is no clause.`, cure }
  }
  const roots = [...new Set(ids.map((id) => `${id.split('/')[0]}/**`))]
  return {
    ok: false,
    code: 'empty-selection',
    rule: `"${alternative}" selects no clause, so it could never fail.`,
    cure: `The catalogue has ${roots.join(', ') || 'no clause'}; if no release measures it yet, say so with "pending: why".`,
  }
}
