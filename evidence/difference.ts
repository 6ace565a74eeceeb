/** What some of the targets showed in the program of a difference. */
export interface Answer {
  /** As typed: `uvicorn@0.54.0`. */
  readonly targets: readonly string[]
  readonly value: string
}

/**
 * Servers that behave differently in a program in which none of them breaks a clause: there the
 * specification is silent, or leaves the choice. Those that break one are not among them.
 */
export interface SilentDifference {
  /** `D-` and a digest of what differs, between whom. */
  readonly id: string
  /**
   * Programs of several properties differ in this way, with the same values: a habit of the servers
   * (its spec_version, a header that it adds) rather than an answer to the program.
   */
  readonly habit: boolean
  readonly properties: readonly string[]
  /** What differs: `scope.raw_path`, `answers`. */
  readonly aspect: string
  /** Which connection or scope of the program: `connection 1, request 1`. */
  readonly subject: string
  /** Generated programs that differ so. */
  readonly programs: number
  /** Seen again in every re-run of the stored program, on every target. */
  readonly answers: readonly Answer[]
  /** The stored program, relative to the folder. */
  readonly program: string
  /** The generated value itself. */
  readonly shown: unknown
}

/** All that running the same programs on several targets has shown beside broken clauses. */
export interface Comparison {
  /** Programs that at least two targets ran. */
  readonly programs: number
  /** Of them: nothing differed but habits between those that broke no clause. */
  readonly alike: number
  /** Of them: fewer than two targets broke no clause and left no doubt, so nothing is left to compare. */
  readonly judged: number
  readonly differences: readonly SilentDifference[]
  /** Differences that did not show again when their program was re-run. */
  readonly unstable: number
  /** Differences for which no time was left to run their program again. */
  readonly notConfirmed: number
}
