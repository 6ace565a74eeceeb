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
  /** Its sentence has none of the words of RFC 2119: what it defines is a must, by our convention. */
  readonly byDefinition: boolean
  /** What we take its sentence to say, where the words alone leave that open; null where they do not. */
  readonly reading: string | null
  /** Why no test from outside can decide it; null when one can. */
  readonly untestable: string | null
}
