import type { Sabotage } from './sabotage.ts'
import type { Tap } from './tap.ts'

/** Status line, header lines and what follows them in the same write, of one final response. */
export interface WrittenHead {
  readonly statusLine: string
  readonly lines: readonly string[]
  readonly rest: string
}

/** Changes the heads of final responses; the content behind them stays as it is unless it is changed too. */
export function heads(edit: (head: WrittenHead, tap: Tap) => WrittenHead): Sabotage {
  return {
    outgoing: (bytes, tap) => {
      const end = bytes.indexOf('\r\n\r\n')
      if (!/^HTTP\/1\.1 [2-5]/.test(bytes) || end < 0) return bytes
      const [statusLine = '', ...lines] = bytes.slice(0, end).split('\r\n')
      const changed = edit({ statusLine, lines, rest: bytes.slice(end + 4) }, tap)
      return `${[changed.statusLine, ...changed.lines].join('\r\n')}\r\n\r\n${changed.rest}`
    },
  }
}

/** Changes bytes that arrive, before the server reads them. */
export function requests(edit: (bytes: string, tap: Tap) => string): Sabotage {
  return { incoming: edit }
}

export function isNamed(line: string, name: string): boolean {
  return line.toLowerCase().startsWith(`${name}:`)
}
