/** RFC 2119 level of a normative sentence. */
export type Level = 'must' | 'should' | 'may'

/** One normative sentence of a specification, in our words, and where to read the original. */
export interface Clause {
  /** A path: `http/scope/raw-path`. Selected by glob in requirements files. */
  readonly id: string
  readonly level: Level
  /** `asgiref specs/www.rst`, `RFC 9112`. */
  readonly document: string
  /** Heading or number of the section: `Disconnect - receive event`, `§6.3`. */
  readonly section: string
  /** The sub-specification version that introduced it; null where it has always been there. */
  readonly specVersion: string | null
  readonly paraphrase: string
  /** Why no test from outside can decide it; null when one can. */
  readonly untestable: string | null
}
