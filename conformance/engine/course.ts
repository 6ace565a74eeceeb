import { familyOf, type Property } from '../properties/property.ts'
import type { Lane } from '../testers/trial.ts'
import { isApart, type Suspect } from './pursue.ts'
import type { ProgramResult, Session } from './session.ts'
import { programsOf, type Shard, Waves } from './shards.ts'
import { type Counterexample, count, emptyTally, type Tally } from './tally.ts'

interface Bounds {
  readonly seed: number
  readonly runs: number
  /** No further program begins once this clause is known to be broken. */
  readonly until: string | null
  /** Whether there is time for another program. */
  mayBegin(): boolean
  /** The run has ended: what is still under way does not count any more. */
  isOver(): boolean
  /** A program was run, in so many milliseconds. */
  onProgram(ms: number, program: unknown, result: ProgramResult): void
}

/**
 * Shards of a property that may end in silence. What is broken often shows as silence, which is slow and
 * seldom shows anything new. Counted, not timed, so that it comes out the same in every run.
 */
const SILENT_SHARDS = 2

/** One property on its way through a run: its programs in waves, and what they have shown. */
export class Course {
  readonly property: Property
  readonly tally: Tally = emptyTally()
  readonly #session: Session
  readonly #bounds: Bounds
  readonly #waves: Waves
  /** The first program of each family that broke a clause: first in the order of the shards, not of time. */
  readonly #suspects: Map<string, Suspect> = new Map()
  /** Clauses in families that are being looked into, or have been. */
  readonly #pursued: Set<string> = new Set()
  /** The first program that broke a clause otherwise than by silence, while a silent one is looked into. */
  readonly #spares: Map<string, Suspect> = new Map()
  #pursuits = 0
  #wave = 0
  #exhausted = false
  #silentShards = 0
  /** Shards that ended in a silence which nobody looks into, and whose programs have had no turn apart yet. */
  readonly #hushed: Shard[] = []
  readonly #retried: Set<number> = new Set()
  /** A program was silent where no other could be the cause. */
  #silentByItself = false

  constructor(property: Property, session: Session, bounds: Bounds) {
    this.property = property
    this.#session = session
    this.#bounds = bounds
    this.#waves = new Waves(property, bounds.runs, bounds.seed)
  }

  /** Waves begun so far. */
  get wave(): number {
    return this.#wave
  }

  /** No program and no pursuit is under way or will begin by itself. */
  get done(): boolean {
    return this.#exhausted && this.#pursuits === 0
  }

  /** Broken clauses that the property is not about, and that it has not been told to look into. */
  get strays(): readonly string[] {
    return [...new Set(this.#idle.map(({ violation: { clause } }) => clause))]
  }

  /** The shards to run next, side by side; none when the property has had enough. */
  nextWave(): readonly Shard[] {
    const enough = !this.#mayBegin || this.#silentShards >= SILENT_SHARDS
    const shards = enough ? [] : this.#waves.next()
    this.#exhausted = shards.length === 0
    this.#wave += 1
    if (this.#silentShards === 0 || shards.length <= 1) return shards
    // One shard at a time, where each may cost the whole patience.
    this.#waves.putBack(shards.slice(1))
    return shards.slice(0, 1)
  }

  async runShard(shard: Shard, lane: Lane): Promise<void> {
    const last = await this.#runOn(this.#session, shard, lane)
    if (last === null || !(last.silent || last.lost)) return
    this.#silentShards += 1
    const { violations } = last.judge
    const pursued = violations.some(({ clause }) => this.property.clauses.includes(clause))
    if (!pursued && !last.lost && isApart(this.property, last)) this.#hushed.push(shard)
  }

  /**
   * Shards whose programs are to have a turn apart: what kept one of them silent may have been the doing of
   * another program, on the server that they share.
   */
  takeHushed(): readonly Shard[] {
    return this.#hushed.splice(0)
  }

  /** Runs the programs of a shard on a server that no other touches, once at most, and as few as may be silent. */
  async retry(shard: Shard): Promise<void> {
    const enough = this.#silentByItself || this.#retried.size >= SILENT_SHARDS
    if (enough || this.#retried.has(shard.number) || !this.#mayBegin) return
    this.#retried.add(shard.number)
    this.#pursuits += 1
    try {
      const last = await this.#session.aside((other) => this.#runOn(other, shard, null))
      if (last?.silent === true) this.#silentByItself = true
      else if (last?.lost === false) this.#silentShards -= 1
    } finally {
      this.#pursuits -= 1
    }
  }

  /** Until one ends in silence or kills the target; what the last of them has shown, null where none was run. */
  async #runOn(session: Session, shard: Shard, lane: Lane | null): Promise<ProgramResult | null> {
    let last: ProgramResult | null = null
    for (const program of programsOf(this.property, shard)) {
      if (!this.#mayBegin) return last
      const started = performance.now()
      const result = await session.run(this.property, program, lane)
      if (this.#bounds.isOver()) return null
      const tookMs = performance.now() - started
      this.#note(result, { program, shard, tookMs })
      this.#bounds.onProgram(tookMs, program, result)
      last = result
      if (result.silent || result.lost) return last
    }
    return last
  }

  /** Whether a silence that was taken back leaves it more to run. */
  get resumes(): boolean {
    return this.#exhausted && this.#retried.size > 0 && this.#silentShards < SILENT_SHARDS
  }

  get #mayBegin(): boolean {
    const { until } = this.#bounds
    return this.#bounds.mayBegin() && (until === null || !this.tally.broken.has(until))
  }

  /** What is to be looked into for this clause, one program of each family; none that somebody looks into. */
  begin(clause: string): readonly Suspect[] {
    const suspects = this.#idle.filter(({ violation }) => violation.clause === clause)
    for (const suspect of suspects) this.#pursued.add(this.#keyOf(suspect))
    this.#pursuits += suspects.length
    return suspects
  }

  /** False: the silence was the doing of some other program, which is found by itself. */
  conclude(found: Counterexample, suspect: Suspect): boolean {
    const { clause } = found.violation
    const key = this.#keyOf(suspect)
    const spare = this.#spares.get(key)
    this.#pursuits -= 1
    this.#suspects.delete(key)
    const own = !suspect.result.silent || found.failed > 0 || found.reruns === 0
    if (own) {
      this.tally.counterexamples.push(found)
      return true
    }
    if (found.doubt !== null) this.tally.doubts.set(clause, found.doubt)
    this.#pursued.delete(key)
    if (spare !== undefined) this.#suspects.set(key, spare)
    else if (!this.#hasBroken(clause)) this.tally.broken.delete(clause)
    return false
  }

  /** What broke the clauses that the property is about, and was not looked into yet. */
  get untested(): readonly Suspect[] {
    return [...this.#suspects.values()].filter(({ violation: { clause } }) =>
      this.property.clauses.includes(clause),
    )
  }

  /** Suspects that nobody looks into. */
  get #idle(): readonly Suspect[] {
    return [...this.#suspects].filter(([key]) => !this.#pursued.has(key)).map(([, one]) => one)
  }

  #hasBroken(clause: string): boolean {
    return [...this.#suspects.values(), ...this.tally.counterexamples].some(
      ({ violation }) => violation.clause === clause,
    )
  }

  #note(result: ProgramResult, from: Pick<Suspect, 'program' | 'shard' | 'tookMs'>): void {
    count(result, this.tally, from.program)
    for (const violation of result.judge.violations) {
      const suspect = { violation, result, ...from }
      const key = this.#keyOf(suspect)
      const earlier = this.#suspects.get(key)
      if (earlier?.result.silent && !result.silent && !this.#spares.has(key))
        this.#spares.set(key, suspect)
      if (this.#pursued.has(key) || (earlier && earlier.shard.number <= from.shard.number)) continue
      this.#suspects.set(key, suspect)
    }
  }

  /** What makes a finding of its own: the clause, and the family of the program. */
  #keyOf({ violation: { clause }, program }: Suspect): string {
    return JSON.stringify([clause, familyOf(this.property, program, clause)])
  }
}
