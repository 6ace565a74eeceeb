import { visible } from './html/markup.ts'

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text that stays text: one line, nothing in it is markup, no cell ends in it. */
export const text = (value: string): string =>
  visible(value)
    .replaceAll(/[\n\t]/g, ' ')
    .replaceAll(/[\\`*_[\]<>|#~&]/g, (character) => `&#${character.codePointAt(0) ?? 0};`)

/** Text in code type; HTML, because no run of backticks can enclose every text. */
export const code = (value: string): string => `<code>${text(value)}</code>`
