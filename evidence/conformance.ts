import type { Clause, Level } from './clause.ts'
import type { Verdict } from './verdict.ts'

/** One row of the clause matrix. */
export interface ClauseResult extends Clause {
  readonly verdict: Verdict
  /** Programs in which the clause was really judged: its denominator. */
  readonly programs: number
  readonly violations: number
  readonly properties: readonly string[]
  /** Why it was not run or could not be decided; null on PASS and FAIL. */
  readonly reason: string | null
}

export interface PropertyResult {
  readonly id: string
  /** The law in one sentence. */
  readonly law: string
  readonly clauses: readonly string[]
  readonly verdict: Verdict
  readonly programs: number
  /** Milliseconds of wall clock. */
  readonly durationMs: number
  readonly reason: string | null
  /** Transcript of one judged program, relative to the bundle, so that a PASS can be checked too. */
  readonly sample: string | null
}

/** How often the shrunk program failed when it was run again on a fresh connection. */
export interface Rate {
  readonly failed: number
  readonly runs: number
}

/** One way in which the target breaks one clause: shrunk, re-run and re-judged. */
export interface Finding {
  /** `F-` and a digest of property and clause: the same law broken the same way keeps its id. */
  readonly id: string
  readonly property: string
  readonly clauses: readonly string[]
  readonly level: Level
  /** FAIL when the shrunk program failed again, INCONCLUSIVE when it never did. */
  readonly verdict: 'FAIL' | 'INCONCLUSIVE'
  readonly summary: string
  readonly expected: string
  readonly observed: string
  readonly rate: Rate
  /** `deterministic` when every re-run failed. */
  readonly reproducibility: 'deterministic' | 'intermittent' | 'not reproduced'
  /** The command that runs it again: `assay replay raw/programs/F-1a2b3c.json`. */
  readonly replay: string
  /** The stored program, relative to the bundle. */
  readonly program: string
  readonly transcript: Transcript
  /**
   * Lets an attacker in (response splitting, request smuggling, content that is read as the next response): report to
   * the maintainers first.
   */
  readonly security: boolean
}

/** One entry of the merged log of both testers. */
export interface TranscriptEvent {
  /** Microseconds since the program started. */
  readonly at: number
  /** Who acted: the client on the wire, the server on the wire, the server towards the app, the app. */
  readonly from: 'client' | 'server' | 'app' | 'suite'
  readonly to: 'client' | 'server' | 'app' | 'suite'
  /** Which connection or scope, where a program has several. */
  readonly subject: string
  /** What a reader sees on the arrow: `GET / HTTP/1.1`, `receive() -> http.disconnect`. */
  readonly label: string
  /**
   * Raw bytes as text with escapes, shortened past 4 KiB, which it then says; or the message with all of its keys,
   * each value past 1 KiB shortened by itself.
   */
  readonly detail: string
}

export type Transcript = readonly TranscriptEvent[]

export interface ConformanceStats {
  readonly programs: number
  readonly programsPerSecond: number
  readonly durationMs: number
}

/** All that a conformance run has shown. */
export interface ConformanceEvidence {
  readonly seed: number
  /** False when the run was cut short: the target was lost, or the user stopped it. */
  readonly complete: boolean
  readonly clauses: readonly ClauseResult[]
  readonly properties: readonly PropertyResult[]
  readonly findings: readonly Finding[]
  readonly stats: ConformanceStats
}
