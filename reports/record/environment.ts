/** The machine and the tools of a run (IEC 62304 9.8: hardware and software test configuration). */
export interface Environment {
  /** `Debian GNU/Linux 12 (bookworm)`. */
  readonly os: string
  /** `Linux 6.1.0 x86_64`. */
  readonly kernel: string
  readonly cpu: { readonly model: string; readonly count: number }
  /** Bytes that the run could use. */
  readonly memoryBytes: number
  readonly node: string
  /** Versions of what was used besides Node.js; null where it is absent. */
  readonly python: string | null
  readonly k6: string | null
  readonly go: string | null
  /** How loaded the machine already was; null where it does not say. */
  readonly pressure: Pressure | null
}

/** Linux pressure stall information at the start of the run: share of time some task waited, 0..1. */
export interface Pressure {
  readonly cpu: number | null
  readonly memory: number | null
  readonly io: number | null
}
