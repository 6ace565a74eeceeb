import type { Settings } from '../../../targets/settings.ts'

type LogLevel = NonNullable<Settings['logLevel']>

/** The rank of each name of a level that servers print; the graver, the higher. */
const RANKS: ReadonlyMap<string, number> = new Map([
  ['TRACE', 0],
  ['DEBUG', 0],
  ['INFO', 1],
  ['NOTICE', 1],
  ['WARN', 2],
  ['WARNING', 2],
  ['ERROR', 3],
  ['CRITICAL', 4],
])

const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

function linesOf(log: string): readonly string[] {
  return log
    .replaceAll(COLOUR, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

/**
 * The level that an entry names: its first word, but for the short ones of a date. Null: it names none. "Warning:"
 * begins a sentence of what reads the settings, before there is a log that has a level.
 */
function rankOf(line: string): number | null {
  const [word = ''] = /[a-z]{4,}/i.exec(line) ?? []
  if (/^[A-Z][a-z]+$/.test(word)) return null
  return RANKS.get(word.toUpperCase()) ?? null
}

function isBelow(line: string, level: LogLevel): boolean {
  return (rankOf(line) ?? Number.POSITIVE_INFINITY) < (RANKS.get(level.toUpperCase()) ?? 0)
}

/** The entries that name a level below the given one. */
export function entriesBelow(log: string, level: LogLevel): readonly string[] {
  return linesOf(log).filter((line) => isBelow(line, level))
}

/** Entries of a server in good health that a graver level leaves out, by their text without numbers. */
export function ordinaryEntries(log: string, level: LogLevel): ReadonlySet<string> {
  const ordinary = linesOf(log).filter(
    (line) => isBelow(line, level) || (rankOf(line) === null && !/warn|error/i.test(line)),
  )
  return new Set(ordinary.map(shapeOf))
}

/** What of `ordinary` is written although the level was set higher, beside the entries that name theirs. */
export function chatterOf(
  log: string,
  level: LogLevel,
  ordinary: ReadonlySet<string>,
): readonly string[] {
  return linesOf(log).filter((line) => !isBelow(line, level) && ordinary.has(shapeOf(line)))
}

function shapeOf(line: string): string {
  return line.replaceAll(/\d+/g, '0')
}
