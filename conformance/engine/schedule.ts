import { setTimeout } from 'node:timers/promises'
import type { Property } from '../properties/property.ts'
import type { Lane } from '../testers/trial.ts'
import { Clock, Cut, type Deadline } from './clock.ts'
import { Course } from './course.ts'
import { Lanes } from './lanes.ts'
import { isApart, isLight, Pursuer, type Suspect } from './pursue.ts'
import type { ProgramResult, Session } from './session.ts'
import type { Shard } from './shards.ts'
import type { Counterexample, Tally } from './tally.ts'

export interface Effort extends Deadline {
  readonly seed: number
  /** Programs of a property. */
  runs(property: Property): number
  readonly lanes: number
  /** A property begins no further program once this clause is known to be broken. */
  readonly until: string | null
  /** Milliseconds that shrinking one counterexample may take. */
  readonly shrinkMs: number
  readonly reruns: number
  readonly signal: AbortSignal
  /** A program was run; what it has shown is asked for at once or never. */
  onProgram(property: Property, program: unknown, result: ProgramResult): void
  /** Its first program is about to run. */
  onBegin(property: Property): void
  /** Nothing will be added to the tally. */
  onEnd(property: Property, tally: Tally): void
}

/** Servers that start and stop side by side: more would slow each other past every patience. */
const LAUNCH_LANES = 4

/** Servers beside the shared one, for programs that fell silent or killed it. */
const BESIDE_LANES = 3

/** Waves of shared programs that come before anything is launched beside them. */
const FIRST_WAVES = 2

/** Milliseconds after the end of the time in which what was found last may be run again. */
const OVERTIME = 2000

/** Pursuits go before programs: a finding is worth more than a further program. */
const PURSUIT = 0

/**
 * Runs properties side by side on one target. Each gets its first programs before any gets many; those
 * that launch servers of their own go beside the others; what is broken is looked into meanwhile.
 */
export class Schedule {
  readonly #session: Session
  readonly #effort: Effort
  readonly #clock: Clock
  readonly #pursuer: Pursuer
  readonly #shared: Lanes
  readonly #launches: Lanes
  /** For what ended in silence or killed the target, and is run again on a server of its own. */
  readonly #beside: Lanes = new Lanes(BESIDE_LANES)
  readonly #courses: readonly Course[]
  readonly #ended: Set<Course> = new Set()
  /** Kinds of properties whose programs have all been run. */
  readonly #settled: Set<Property['kind']> = new Set()
  /** Clauses that some property has reported, or is about to. */
  readonly #reported: Set<string> = new Set()
  #over = false

  constructor(properties: readonly Property[], session: Session, effort: Effort) {
    this.#session = session
    this.#effort = effort
    this.#clock = new Clock(effort)
    this.#pursuer = new Pursuer(session, effort)
    this.#shared = new Lanes(effort.lanes)
    this.#launches = new Lanes(Math.min(LAUNCH_LANES, effort.lanes), true)
    this.#courses = properties.map((property) => this.#course(property))
  }

  /** Ends when everything is done or the time is over, or at once when the run is stopped. */
  async run(): Promise<void> {
    const cut = new Cut(this.#effort)
    try {
      await Promise.race([this.#all(), cut.came])
    } finally {
      cut.release()
      this.#over = true
    }
    await Promise.all(this.#courses.map((course) => this.#cutShort(course)))
  }

  #course(property: Property): Course {
    const course: Course = new Course(property, this.#session, {
      seed: this.#effort.seed,
      runs: this.#effort.runs(property),
      until: this.#effort.until,
      isOver: () => this.#over,
      mayBegin: () => !this.#over && this.#clock.allows(property),
      onProgram: (ms, program, result) => {
        this.#clock.learn(property, ms)
        this.#effort.onProgram(property, program, result)
      },
    })
    return course
  }

  async #all(): Promise<void> {
    for (const course of this.#courses) this.#advance(course)
    this.#mindLaunches()
    const turn = this.#clock.third(() => this.#launches.open())
    await Promise.all([this.#finish('exchange'), this.#finish('process')])
    clearTimeout(turn)
  }

  /** Queues the next wave of a property, or lets it end. */
  #advance(course: Course): void {
    const shards = course.nextWave()
    let left = shards.length
    for (const shard of shards) {
      this.#lanesOf(course).add(course.wave, async (lane) => {
        if (course.tally.programs === 0) this.#effort.onBegin(course.property)
        await course.runShard(shard, lane)
        left -= 1
        if (left > 0 || this.#over) return
        this.#pursue(course, course.property.clauses)
        for (const hushed of course.takeHushed())
          this.#beside.add(PURSUIT, () => this.#retry(course, hushed))
        this.#advance(course)
        this.#mindLaunches()
      })
    }
    if (shards.length === 0) this.#endIfDone(course)
  }

  /** Shrinks what broke a clause, beside whatever else goes on; once for a property and clause. */
  #pursue(course: Course, clauses: readonly string[]): void {
    const suspects = clauses.flatMap((clause) => course.begin(clause))
    for (const { violation } of suspects) this.#reported.add(violation.clause)
    // One lane looks into all that a launched server broke: the same re-runs show all of it.
    const parties = course.property.kind === 'process' ? [suspects] : suspects.map((one) => [one])
    for (const party of parties) this.#add(course, party)
  }

  #add(course: Course, party: readonly Suspect[]): void {
    const [first] = party
    if (first === undefined) return
    const apart = isApart(course.property, first.result)
    const lanes = apart ? this.#beside : this.#lanesOf(course)
    lanes.add(PURSUIT, async () => {
      for (const suspect of party) {
        const found = await this.#pursuer.pursue(course.property, suspect)
        if (this.#over) return
        if (!course.conclude(found, suspect)) await this.#retry(course, suspect.shard)
        const { clause } = suspect.violation
        if (course.property.clauses.includes(clause)) this.#pursue(course, [clause])
      }
      this.#endIfDone(course)
    })
  }

  /** Gives programs that others may have kept silent another turn, and the property what it lost by that. */
  async #retry(course: Course, shard: Shard): Promise<void> {
    await course.retry(shard)
    if (this.#over) return
    this.#pursue(course, course.property.clauses)
    if (course.resumes) this.#advance(course)
    else this.#endIfDone(course)
  }

  /**
   * Runs out the lanes. Then it is plain which broken clauses no property about them has reported: the
   * first property that met each of them, in the order of the registry, reports it.
   */
  async #finish(kind: Property['kind']): Promise<void> {
    const lanes = kind === 'process' ? this.#launches : this.#shared
    const courses = this.#courses.filter(({ property }) => property.kind === kind)
    await this.#drain(lanes)
    this.#settled.add(kind)
    for (const course of courses) {
      for (const clause of course.strays) {
        if (!this.#reported.has(clause)) this.#pursue(course, [clause])
      }
      this.#endIfDone(course)
    }
    for (const lane of await this.#drain(lanes)) await this.#session.release(lane)
  }

  /** Until nothing goes on: what was looked into beside may have more to ask of the lanes. */
  async #drain(lanes: Lanes): Promise<readonly Lane[]> {
    for (;;) {
      const free = await lanes.done()
      await this.#beside.done()
      if (lanes.over) return free
    }
  }

  #endIfDone(course: Course): void {
    const settled = course.strays.length === 0 || this.#settled.has(course.property.kind)
    if (course.done && settled) this.#end(course)
  }

  #end(course: Course): void {
    if (this.#ended.has(course)) return
    this.#ended.add(course)
    this.#effort.onEnd(course.property, course.tally)
  }

  /** What was broken and not looked into in time is run again as it is, or else shown as it was found. */
  async #cutShort(course: Course): Promise<void> {
    if (this.#ended.has(course)) return
    const found = course.untested.map((suspect) => this.#inOvertime(course.property, suspect))
    course.tally.counterexamples.push(...(await Promise.all(found)))
    this.#end(course)
  }

  async #inOvertime(property: Property, suspect: Suspect): Promise<Counterexample> {
    const { violation, program, result } = suspect
    const confirmed =
      isLight(property, result) && !this.#effort.signal.aborted
        ? await Promise.race([
            this.#pursuer.confirm(property, suspect),
            setTimeout(OVERTIME, null, { ref: false }),
          ])
        : null
    return (
      confirmed ?? {
        violation,
        program,
        transcript: result.transcript(),
        failed: 0,
        reruns: 0,
        doubt: null,
      }
    )
  }

  /** Launches begin once every other property has had its first programs, or after a third of the time. */
  #mindLaunches(): void {
    if (!this.#shared.waits(FIRST_WAVES)) this.#launches.open()
  }

  #lanesOf({ property }: Course): Lanes {
    return property.kind === 'process' ? this.#launches : this.#shared
  }
}
