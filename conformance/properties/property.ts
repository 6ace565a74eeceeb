import type { Arbitrary } from 'fast-check'
import type { Capability } from '../../evidence/target.ts'
import type { Launcher } from '../testers/launcher.ts'
import type { Trial } from '../testers/trial.ts'

/**
 * For laws about the end of a connection: over TLS it takes more than one step (RFC 8446 §6.1), and what an
 * application is told, or still sends, between them hangs on which of them has come.
 */
export const ENDING_ALIKE: readonly Exclude<Route, 'tcp'>[] = ['unix-socket']

interface Common<Program> {
  /** A path, equal to that of the clause it is mainly about: `http/scope/raw-path`. */
  readonly id: string
  /** The law in one sentence that a reader can hold against the specification. */
  readonly law: string
  /** Clauses it judges, beside the invariants that are judged in every program. */
  readonly clauses: readonly string[]
  /** Runs only on targets that declare all of these. */
  readonly needs: readonly Capability[]
  /** As many programs exhaust what there is to vary; absent: the more the better. */
  readonly enough?: number
  /**
   * Names what a program is about, where most of what varies is not: programs of one name are the same
   * case, and new cases come first. Absent: equal programs are the same case, where some are `enough`.
   */
  caseOf?(program: Program): string
  /**
   * What programs may be about, where one clause stands for many forms: each form that breaks it is a
   * finding of its own, so that a cured one is seen beside those that are not.
   */
  readonly families?: {
    readonly names: readonly string[]
    of(program: Program): string
    /** Clauses that all forms break alike: one finding for all. */
    readonly alike?: readonly string[]
  }
  /** Programs are plain JSON data, so that each can be stored and replayed. */
  readonly program: Arbitrary<Program>
}

/** What carries the bytes of a connection. TLS does so over TCP. */
export type Route = 'tcp' | 'tls' | 'unix-socket'

/** A law about connections and exchanges: programs share one running target, many at a time. */
export interface ExchangeProperty<Program = unknown> extends Common<Program> {
  readonly kind: 'exchange'
  /** The routes beside TCP on which it holds as well; absent: all. Says nothing where it has a `server`. */
  readonly beyondTcp?: readonly Exclude<Route, 'tcp'>[]
  /** On which route the server is that a program goes to; absent: over TCP. */
  server?(program: Program, has: (capability: Capability) => boolean): Route
  /** Where no server comes to serve on that route, one over TCP does as well. */
  readonly orTcp?: boolean
  run(trial: Trial, program: Program): Promise<void>
}

/** A law about the life of the server process: every program launches its own. */
export interface ProcessProperty<Program = unknown> extends Common<Program> {
  readonly kind: 'process'
  run(launcher: Launcher, program: Program): Promise<void>
}

export type Property = ExchangeProperty | ProcessProperty

export function exchangeProperty<Program>(
  property: Omit<ExchangeProperty<Program>, 'kind' | 'needs'> & { needs?: readonly Capability[] },
): Property {
  return { needs: ['http/1.1'], ...property, kind: 'exchange' }
}

export function processProperty<Program>(
  property: Omit<ProcessProperty<Program>, 'kind' | 'needs'> & { needs?: readonly Capability[] },
): Property {
  return { needs: ['http/1.1'], ...property, kind: 'process' }
}

/** The family that a program which breaks the clause belongs to; null: the property has none. */
export function familyOf({ families }: Property, program: unknown, clause: string): string | null {
  return families === undefined || families.alike?.includes(clause) ? null : families.of(program)
}
