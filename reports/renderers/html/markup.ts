/** HTML that is safe to insert as it is. Only `html` and `raw` make it. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template: text is escaped, markup is not, null is nothing. */
export type Content = string | number | Markup | null | readonly Content[]

/**
 * Template of HTML or SVG. Every inserted text is escaped, so what a server under test has sent cannot
 * become part of the page.
 */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const parts = strings.map((string, index) => `${string}${flatten(contents[index] ?? null)}`)
  return new Markup(parts.join(''))
}

function flatten(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'string') return escapeText(content)
  if (typeof content === 'number') return String(content)
  return content.map(flatten).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes for text and quoted attributes alike; what has no place in a document is shown as `\x00`. */
export function escapeText(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/** Control characters, lone surrogates and non-characters, which neither HTML nor XML can hold, made visible. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Surrogate}\uFFFE\uFFFF]/gu, (character) => {
    if (character === '\n' || character === '\t') return character
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`
  })
}

/** The start of a long text, and how much is left out. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, most)}… (${text.length - most} more)`
}
