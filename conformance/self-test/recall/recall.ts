/**
 * A bug that a released server really had, and a later release fixed: what the suite must flag on the
 * one and not on the other. It is a yardstick of the suite, and nothing in a property may know of it.
 */
export interface HistoricalBug {
  /** `uvicorn/head-with-body`: the server, then the bug. */
  readonly id: string
  /** What went wrong, in one sentence. */
  readonly summary: string
  /** The change that fixed it. */
  readonly link: string
  /** Name of the target. */
  readonly server: string
  /** The last release that has it. */
  readonly bad: string
  /** The first release that does not. */
  readonly fixed: string
  readonly flavours: readonly string[]
  /** Launch arguments that it needs, as for `--server-arg`. */
  readonly args: readonly string[]
  /** Dependencies that it needs, as for `--with`. */
  readonly pins: readonly string[]
  /** Those of the fixed side, where a dependency has the bug and not the server; else the same. */
  readonly fixedPins: readonly string[]
  /** What it breaks: flagged when one of them fails on `bad`, silent when none of them fails on `fixed`. */
  readonly clauses: readonly [string, ...string[]]
  /** The property whose findings count, where another defect breaks the same clauses on both sides; null: any. */
  readonly property: string | null
}

/** What a list may leave out of an entry. */
type Optional = 'flavours' | 'args' | 'pins' | 'fixedPins' | 'property'

/** One entry as a list writes it; what it does not say is empty. */
export type BugEntry = Omit<HistoricalBug, Optional | 'server'> &
  Partial<Pick<HistoricalBug, Optional>>

/** The entries of one server. */
export function bugsOf(server: string, entries: readonly BugEntry[]): readonly HistoricalBug[] {
  return entries.map((entry) => ({
    server,
    flavours: [],
    args: [],
    pins: [],
    fixedPins: entry.pins ?? [],
    property: null,
    ...entry,
    id: `${server}/${entry.id}`,
  }))
}
