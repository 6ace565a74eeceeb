import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { Transcript } from '../../evidence/conformance.ts'
import type { Violation } from '../judge/judge.ts'
import type { Property } from '../properties/property.ts'
import type { Lane } from '../testers/trial.ts'
import type { ProgramResult, Session } from './session.ts'

/** A clause that some program broke, with the smallest program that still breaks it. */
export interface Counterexample {
  readonly violation: Violation
  readonly program: unknown
  readonly transcript: Transcript
  /** How many of `reruns` fresh runs of the shrunk program broke the clause again. */
  readonly failed: number
  readonly reruns: number
}

/** All that the programs of one property have shown. */
export interface Tally {
  programs: number
  /** Clause -> programs in which it was judged. */
  readonly exercised: Map<string, number>
  /** Clause -> programs that broke it. */
  readonly broken: Map<string, number>
  readonly doubts: Map<string, string>
  readonly inapplicable: Map<string, string>
  readonly counterexamples: Counterexample[]
  sample: { readonly program: unknown; readonly transcript: Transcript } | null
}

export interface Effort {
  readonly seed: number
  readonly runs: number
  readonly lanes: number
  /** Milliseconds of performance.now() after which no further program is begun; null: no limit. */
  readonly deadline: number | null
  /** Milliseconds after which a property that is known to be broken begins no further program. */
  readonly brokenMs: number
  /** Milliseconds that shrinking one counterexample may take. */
  readonly shrinkMs: number
  readonly reruns: number
  /** Clauses that some property of the run has reported; grows. */
  readonly reported: Set<string>
  readonly signal: AbortSignal
  onProgram(): void
}

/** Programs per shard: the unit of seeding, so that lanes decide when a program runs, not which. */
const SHARD = { exchange: 5, process: 1 } as const

/** Servers that start and stop side by side: more would slow each other past every patience. */
const LAUNCH_LANES = 3

export async function checkProperty(
  property: Property,
  session: Session,
  effort: Effort,
): Promise<Tally> {
  const tally: Tally = {
    programs: 0,
    exercised: new Map(),
    broken: new Map(),
    doubts: new Map(),
    inapplicable: new Map(),
    counterexamples: [],
    sample: null,
  }
  const known = new Set<string>()
  const started = performance.now()
  // What is broken often shows as silence, and silence is slow: once it is found, spend no more on it.
  const tooSlow = (): boolean => known.size > 0 && performance.now() - started > effort.brokenMs
  let next = 0
  const shardSize = SHARD[property.kind]
  const shards = Math.ceil(effort.runs / shardSize)
  const work = async (): Promise<void> => {
    const lane: Lane = { channel: null }
    while (next < shards && goesOn(effort) && !tooSlow()) {
      const shard = next
      next += 1
      const size = Math.min(shardSize, effort.runs - shard * shardSize)
      await checkShard(property, session, effort, { shard, size, lane, known, tally })
    }
    await session.release(lane)
  }
  const most = property.kind === 'process' ? LAUNCH_LANES : effort.lanes
  const lanes = Math.min(most, effort.lanes, shards)
  await Promise.all(Array.from({ length: lanes }, work))
  return tally
}

interface Shard {
  readonly shard: number
  readonly size: number
  readonly lane: Lane
  /** Clauses whose counterexample is found, or being shrunk. */
  readonly known: Set<string>
  readonly tally: Tally
}

/** Runs the programs of one shard; each clause that breaks for the first time is shrunk at once. */
async function checkShard(
  property: Property,
  session: Session,
  effort: Effort,
  { shard, size, lane, known, tally }: Shard,
): Promise<void> {
  const seed = seedOf(effort.seed, property.id, shard)
  const programs = fc.sample(property.program, { seed, numRuns: size })
  for (const program of programs) {
    if (!goesOn(effort)) return
    const result = await session.run(property, program, lane)
    count(result, tally, program)
    effort.onProgram()
    for (const violation of result.judge.violations) {
      if (known.has(violation.clause) || reportedElsewhere(property, violation, effort)) continue
      known.add(violation.clause)
      effort.reported.add(violation.clause)
      tally.counterexamples.push(
        await pursue(property, session, effort, {
          seed,
          size,
          first: { violation, program, result },
        }),
      )
    }
  }
}

/** An invariant that another property has reported: one finding is enough, unless the law is this one's. */
function reportedElsewhere(
  property: Property,
  { clause }: Violation,
  { reported }: Effort,
): boolean {
  return reported.has(clause) && !property.clauses.includes(clause)
}

interface Pursuit {
  readonly seed: number
  readonly size: number
  readonly first: {
    readonly violation: Violation
    readonly program: unknown
    readonly result: ProgramResult
  }
}

/**
 * Shrinks to the smallest program that breaks the same clause, then runs that one again on connections
 * of its own: what is shown was judged more than once.
 */
async function pursue(
  property: Property,
  session: Session,
  effort: Effort,
  { seed, size, first }: Pursuit,
): Promise<Counterexample> {
  const clause = first.violation.clause
  const until = performance.now() + effort.shrinkMs
  let smallest: Pursuit['first'] = first
  let started = false
  const attempt = async (program: unknown): Promise<boolean> => {
    if (performance.now() > until || effort.signal.aborted) return true
    if (!started && JSON.stringify(program) !== JSON.stringify(first.program)) return true
    started = true
    const result = await session.run(property, program, { channel: null })
    const violation = result.judge.violations.find((other) => other.clause === clause)
    if (violation === undefined) return true
    smallest = { violation, program, result }
    return false
  }
  await fc.check(fc.asyncProperty(property.program, attempt), { seed, numRuns: size })
  return await rerun(property, session, effort, smallest, clause)
}

/** The re-runs go side by side, each on a connection (or a server) of its own. */
async function rerun(
  property: Property,
  session: Session,
  effort: Effort,
  smallest: Pursuit['first'],
  clause: string,
): Promise<Counterexample> {
  const reruns = property.kind === 'process' ? Math.min(2, effort.reruns) : effort.reruns
  const runs = Array.from({ length: effort.signal.aborted ? 0 : reruns }, async () => {
    const result = await session.run(property, smallest.program, { channel: null })
    const violation = result.judge.violations.find((other) => other.clause === clause)
    return violation === undefined ? null : { violation, transcript: result.transcript() }
  })
  const again = (await Promise.all(runs)).filter((shown) => shown !== null)
  const shown = again[0] ?? {
    violation: smallest.violation,
    transcript: smallest.result.transcript(),
  }
  return { ...shown, program: smallest.program, failed: again.length, reruns: runs.length }
}

function count(result: ProgramResult, tally: Tally, program: unknown): void {
  tally.programs += 1
  for (const clause of result.judge.exercised) increment(tally.exercised, clause)
  for (const clause of new Set(result.judge.violations.map((v) => v.clause)))
    increment(tally.broken, clause)
  for (const { clause, reason } of result.judge.doubts) tally.doubts.set(clause, reason)
  for (const { clause, reason } of result.judge.inapplicable) tally.inapplicable.set(clause, reason)
  tally.sample ??= { program, transcript: result.transcript() }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function goesOn(effort: Effort): boolean {
  return !effort.signal.aborted && (effort.deadline === null || performance.now() < effort.deadline)
}

/** A 32-bit seed from the run's seed, the property and the shard: never from the number of lanes. */
function seedOf(seed: number, property: string, shard: number): number {
  return createHash('sha256').update(`${seed}/${property}/${shard}`).digest().readInt32BE(0)
}
