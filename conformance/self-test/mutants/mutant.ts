import type { Sabotage } from '../sabotage/sabotage.ts'

/** The reference server with one defect, and what must be said about it. */
export interface Mutant {
  /** A path: `scope/path-not-decoded`. */
  readonly id: string
  /** The property that must catch it. */
  readonly property: string
  /** The clause that its finding must name. */
  readonly clause: string
  /** What the mutant does, in one sentence. */
  readonly breaks: string
  /** Its finding waits out a silence each time, and is re-run less often. */
  readonly slow?: true
  readonly sabotage: Sabotage
}
