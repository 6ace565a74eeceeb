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

/** A request line, or what may become one. */
const BEGUN = /^[A-Z]{1,7}( |$)/
/** The empty line that ends a head, however its lines end. */
const WHOLE = /\n\r?\n/

/** Changes segments as they arrive, before the server reads them. */
export function segments(edit: (bytes: string, tap: Tap) => string): Sabotage {
  return { incoming: edit }
}

/**
 * Changes bytes that arrive, before the server reads them. A head is changed when it is whole: a defect
 * that hung on the segments in which it came would come and go with the speed of the machine.
 */
export function requests(edit: (bytes: string, tap: Tap) => string): Sabotage {
  const parts = new WeakMap<Tap, string>()
  return segments((bytes, tap) => {
    const text = `${parts.get(tap) ?? ''}${bytes}`
    const held = BEGUN.test(text) && !WHOLE.test(text)
    parts.set(tap, held ? text : '')
    return held ? '' : edit(text, tap)
  })
}

export function isNamed(line: string, name: string): boolean {
  return line.toLowerCase().startsWith(`${name}:`)
}
