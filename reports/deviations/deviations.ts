/** A deviations file after every name in it was found. */
export interface Deviations {
  /** As its author calls it. */
  readonly file: string
  /** SHA-256 of its text: proves which list a record was held against. */
  readonly sha256: string
  readonly entries: readonly Deviation[]
}

/** A failure that is known, why it is borne for now, and until when. */
export interface Deviation {
  /** As written: `uvicorn@0.29.*+h11`. */
  readonly target: string
  readonly clause: string
  /** Id of the one finding that is meant; null: every finding in the clause. */
  readonly finding: string | null
  /** The property of that finding; null without one. */
  readonly property: string | null
  readonly reason: string
  /** Where it is being dealt with. */
  readonly link: string
  /** The last day on which it counts: `2027-01-31`, UTC. */
  readonly expires: string
}

/** What a deviations file may name in this release. */
export interface DeviationCatalogue {
  readonly targets: readonly { readonly name: string; readonly flavours: readonly string[] }[]
  readonly clauses: readonly string[]
  /** The property and the clause whose violation has this id; null: none has. */
  finding(id: string): { readonly property: string; readonly clause: string } | null
}

/** An entry that concerns the target of a record, and what has become of it. */
export interface DeviationResult extends Deviation {
  /**
   * `known`: it failed as expected. `expired`: it failed, or was not shown, after its last day, and excuses
   * nothing. `unexpected pass`: the clause passes. `not shown`: neither, in this run.
   */
  readonly state: 'known' | 'expired' | 'unexpected pass' | 'not shown'
  /** Ids of the failed findings that it is about. */
  readonly findings: readonly string[]
}

/** A deviations file as far as it concerns the target of a record. */
export interface DeviationsResult {
  readonly file: string
  readonly sha256: string
  readonly entries: readonly DeviationResult[]
}
