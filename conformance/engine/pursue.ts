import fc from 'fast-check'
import type { Violation } from '../judge/judge.ts'
import type { Property } from '../properties/property.ts'
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

export interface PursuitEffort {
  /** Milliseconds that shrinking one counterexample may take. */
  readonly shrinkMs: number
  /** Milliseconds of performance.now() at which the run is over; null: no limit. */
  readonly deadline: number | null
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

/**
 * Shrinks to the smallest program that breaks the same clause, then runs that one again on connections
 * of its own: what is shown was judged more than once. What ended in silence is not shrunk: it would cost
 * too much, and on a server that some other program has left unable to answer it would say nothing.
 */
export async function pursue(
  property: Property,
  session: Session,
  effort: PursuitEffort,
  first: Suspect,
): Promise<Counterexample> {
  if (!isApart(property, first.result)) return await prove(property, session, effort, first)
  return await session.aside((other) => prove(property, other, effort, first))
}

async function prove(
  property: Property,
  session: Session,
  effort: PursuitEffort,
  first: Suspect,
): Promise<Counterexample> {
  const { clause } = first.violation
  const { seed, size } = first.shard
  // An attempt may take as long as the program did: none is begun that would not end in time. What waits
  // for a server to end is slow and has little to shrink, and others wait behind it for their first turn.
  const until = Math.min(
    performance.now() + effort.shrinkMs - first.tookMs,
    // Time for one more attempt, and for the re-runs.
    (effort.deadline ?? Number.POSITIVE_INFINITY) - 2 * first.tookMs,
  )
  const original = JSON.stringify(first.program)
  let smallest: Pick<Suspect, 'violation' | 'program' | 'result'> = first
  let started = false
  let silences = 0
  const attempt = async (program: unknown): Promise<boolean> => {
    if (effort.signal.aborted || performance.now() > until || silences >= SILENT_ATTEMPTS)
      return true
    if (!started) {
      started = JSON.stringify(program) === original
      return !started
    }
    const result = await session.run(property, program, null, first.result.lost)
    if (result.silent) silences += 1
    const violation = result.judge.violations.find((other) => other.clause === clause)
    if (violation === undefined) return true
    smallest = { violation, program, result }
    return false
  }
  if (performance.now() < until && !first.result.silent)
    await fc.check(fc.asyncProperty(property.program, attempt), { seed, numRuns: size })
  const shrunk = { ...first, ...smallest }
  const again = await confirm(property, session, effort, shrunk)
  if (again.failed > 0 || !isLight(property, first.result)) return again
  return await seek(property, session, effort, first, again)
}

/**
 * What did not show again is looked for once more, in a crowd and in the program as it was: a violation
 * that is a race shows rarely, and a smaller program may win it.
 */
async function seek(
  property: Property,
  session: Session,
  effort: PursuitEffort,
  first: Suspect,
  missed: Counterexample,
): Promise<Counterexample> {
  if (performance.now() > (effort.deadline ?? Number.POSITIVE_INFINITY) - first.tookMs)
    return missed
  const found = await confirm(property, session, effort, first, CROWD * effort.reruns)
  const reruns = missed.reruns + found.reruns
  return found.failed > 0 ? { ...found, reruns } : { ...missed, reruns }
}

/**
 * The re-runs go side by side, each on a connection (or a server) of its own; the silent and the deadly on
 * a server apart.
 */
export async function confirm(
  property: Property,
  session: Session,
  effort: PursuitEffort,
  smallest: Suspect,
  most: number = effort.reruns,
): Promise<Counterexample> {
  const { program, violation } = smallest
  const wanted = property.kind === 'process' ? Math.min(2, most) : most
  const reruns = effort.signal.aborted ? 0 : wanted
  const all = (where: Session) => rerun(property, where, smallest, reruns)
  const apart = isApart(property, smallest.result)
  const results = apart ? await session.aside(all) : await all(session)
  const again = results.flatMap((result) => {
    const shown = result.judge.violations.find(({ clause }) => clause === violation.clause)
    return shown === undefined ? [] : { violation: shown, transcript: result.transcript() }
  })
  const shown = again[0] ?? { violation, transcript: smallest.result.transcript() }
  return { ...shown, program, failed: again.length, reruns }
}

type Results = Promise<readonly ProgramResult[]>

/** Re-runs of programs that launch servers: each is judged for every clause that the program broke. */
const launched: WeakMap<Session, Map<string, Results>> = new WeakMap()

function rerun(
  property: Property,
  session: Session,
  { program, result: { lost } }: Pick<Suspect, 'program' | 'result'>,
  reruns: number,
): Results {
  const start = (): Results =>
    Promise.all(Array.from({ length: reruns }, () => session.run(property, program, null, lost)))
  if (property.kind !== 'process' || reruns === 0) return start()
  const known = launched.get(session) ?? new Map<string, Results>()
  launched.set(session, known)
  const key = `${property.id} ${JSON.stringify(program)}`
  const results = known.get(key) ?? start()
  known.set(key, results)
  return results
}
