import fc from 'fast-check'
import type { Violation } from '../judge/judge.ts'
import { familyOf, type Property } from '../properties/property.ts'
import type { Deadline } from './clock.ts'
import type { ProgramResult, Session } from './session.ts'
import type { Shard } from './shards.ts'
import type { Counterexample } from './tally.ts'

/** A program that broke a clause, and where it came from. */
export interface Suspect {
  readonly violation: Violation
  readonly program: unknown
  readonly result: ProgramResult
  readonly shard: Shard
  /** Milliseconds that it took. */
  readonly tookMs: number
}

export interface PursuitEffort extends Deadline {
  /** Milliseconds that shrinking one counterexample may take. */
  readonly shrinkMs: number
  readonly reruns: number
  readonly signal: AbortSignal
}

/** As many times the re-runs, side by side, look for a race. */
const CROWD = 4

/** Programs that end in silence, among the attempts to shrink one: each costs the whole patience. */
const SILENT_ATTEMPTS = 1

/** Silent or deadly programs are looked into on a server apart, where they are in nobody's way. */
export function isApart({ kind }: Property, { silent, lost }: ProgramResult): boolean {
  return kind === 'exchange' && (silent || lost)
}

/** What is run again at once, as often as one likes, beside all that goes on. */
export function isLight(property: Property, result: ProgramResult): boolean {
  return property.kind === 'exchange' && !isApart(property, result)
}

function shownBy({ judge }: ProgramResult, { clause }: Violation): Violation | undefined {
  return judge.violations.find((other) => other.clause === clause)
}

/** Why it cannot tell whether the clause is broken; null: it can. */
function doubtOf({ judge }: ProgramResult, { clause }: Violation): string | null {
  return judge.doubts.find((doubt) => doubt.clause === clause)?.reason ?? null
}

type Results = Promise<readonly ProgramResult[]>

/** What is run again: on which server, and what it showed when it was first run. */
type Found = Pick<Suspect, 'violation' | 'program' | 'result'>

/** Looks into programs that broke a clause: what is shown was judged more than once. */
export class Pursuer {
  readonly #session: Session
  readonly #effort: PursuitEffort
  /** Re-runs of programs that launch servers: each is judged for every clause that the program broke. */
  readonly #launched: Map<string, Results> = new Map()

  constructor(session: Session, effort: PursuitEffort) {
    this.#session = session
    this.#effort = effort
  }

  /**
   * Shrinks to the smallest program that breaks the same clause, then runs that one again on connections of
   * its own.
   */
  async pursue(property: Property, first: Suspect): Promise<Counterexample> {
    if (!isApart(property, first.result)) return await this.#prove(property, this.#session, first)
    return await this.#session.aside((other) => this.#prove(property, other, first))
  }

  /** Runs it again as it is. */
  async confirm(property: Property, found: Found): Promise<Counterexample> {
    return await this.#confirm(property, this.#session, found)
  }

  async #prove(property: Property, session: Session, first: Suspect): Promise<Counterexample> {
    const smallest = await this.#shrink(property, session, first)
    const again = await this.#confirm(property, session, smallest)
    if (again.failed > 0 || !isLight(property, first.result)) return again
    return await this.#seek(property, session, first, again)
  }

  /**
   * What ended in silence is not shrunk: it would cost too much, and on a server that some other program has
   * left unable to answer it would say nothing.
   */
  async #shrink(property: Property, session: Session, first: Suspect): Promise<Found> {
    const { shrinkMs, signal } = this.#effort
    const { clause } = first.violation
    const family = familyOf(property, first.program, clause)
    const { seed, size } = first.shard
    // An attempt may take as long as the program did: none is begun that would not end in time. What waits
    // for a server to end is slow and has little to shrink, and others wait behind it for their first turn.
    const until = Math.min(
      performance.now() + shrinkMs - first.tookMs,
      // Time for one more attempt, and for the re-runs.
      this.#endFor(property) - 2 * first.tookMs,
    )
    if (first.result.silent || performance.now() > until) return first
    const original = JSON.stringify(first.program)
    let smallest: Found = first
    let started = false
    let silences = 0
    const attempt = async (program: unknown): Promise<boolean> => {
      if (signal.aborted || performance.now() > until || silences >= SILENT_ATTEMPTS) return true
      if (!started) {
        started = JSON.stringify(program) === original
        return !started
      }
      // What shrinks out of its family would show what that other family shows by itself.
      if (familyOf(property, program, clause) !== family) return true
      const result = await session.run(property, program, null, first.result.lost)
      if (result.silent) silences += 1
      const violation = result.judge.violations.find((other) => other.clause === clause)
      if (violation === undefined) return true
      smallest = { violation, program, result }
      return false
    }
    await fc.check(fc.asyncProperty(property.program, attempt), { seed, numRuns: size })
    return smallest
  }

  /**
   * What did not show again is looked for once more, in a crowd and in the program as it was: a violation
   * that is a race shows rarely, and a smaller program may win it.
   */
  async #seek(
    property: Property,
    session: Session,
    first: Suspect,
    missed: Counterexample,
  ): Promise<Counterexample> {
    const { reruns } = this.#effort
    if (performance.now() > this.#endFor(property) - first.tookMs) return missed
    const found = await this.#confirm(property, session, first, CROWD * reruns)
    const all = missed.reruns + found.reruns
    return found.failed > 0 ? { ...found, reruns: all } : { ...missed, reruns: all }
  }

  /** Late in the time of grace, others wait for their first launch: what launches servers is not shrunk then. */
  #endFor({ kind }: Property): number {
    const { deadline, graceMs } = this.#effort
    const grace = kind === 'exchange' ? graceMs : graceMs / 2
    return (deadline ?? Number.POSITIVE_INFINITY) + grace
  }

  /**
   * The re-runs go side by side, each on a connection (or a server) of its own; the silent and the deadly on
   * a server apart.
   */
  async #confirm(
    property: Property,
    session: Session,
    found: Found,
    most: number = this.#effort.reruns,
  ): Promise<Counterexample> {
    const { program, violation, result } = found
    const wanted = property.kind === 'process' ? Math.min(2, most) : most
    const reruns = this.#effort.signal.aborted ? 0 : wanted
    const all = async (where: Session): Results => {
      const results = await this.#rerun(property, where, found, reruns)
      return [...results, ...(await this.#alone(property, where, found, results))]
    }
    const results = isApart(property, result) ? await session.aside(all) : await all(session)
    const again = results.flatMap((other) => {
      const shown = shownBy(other, violation)
      return shown === undefined ? [] : { violation: shown, transcript: other.transcript() }
    })
    const shown = again[0] ?? { violation, transcript: result.transcript() }
    const doubt = results.flatMap((other) => doubtOf(other, violation) ?? [])[0] ?? null
    return { ...shown, program, failed: again.length, reruns: results.length, doubt }
  }

  /**
   * Where none has shown it and some cannot tell, those are run once more, one after another: side by side they may
   * have been too much for the machine.
   */
  async #alone(
    property: Property,
    session: Session,
    { program, violation }: Found,
    results: readonly ProgramResult[],
  ): Results {
    if (property.kind === 'process' || results.some((one) => shownBy(one, violation))) return []
    const again: ProgramResult[] = []
    for (const one of results) {
      if (doubtOf(one, violation) === null) continue
      const result = await session.run(property, program, null)
      again.push(result)
      if (shownBy(result, violation)) break
    }
    return again
  }

  #rerun(
    property: Property,
    session: Session,
    { program, result: { lost } }: Found,
    reruns: number,
  ): Results {
    const start = (): Results =>
      Promise.all(Array.from({ length: reruns }, () => session.run(property, program, null, lost)))
    if (property.kind !== 'process' || reruns === 0) return start()
    const key = `${property.id} ${JSON.stringify(program)}`
    const results = this.#launched.get(key) ?? start()
    this.#launched.set(key, results)
    return results
  }
}
