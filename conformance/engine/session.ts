import { join } from 'node:path'
import type { Transcript } from '../../evidence/conformance.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { type Observation, observe } from '../differential/observe.ts'
import { Judge } from '../judge/judge.ts'
import type { ExchangeProperty, ProcessProperty, Property, Route } from '../properties/property.ts'
import type { Channel } from '../testers/channel.ts'
import { type Iut, TargetLostError } from '../testers/iut.ts'
import { Launcher } from '../testers/launcher.ts'
import { Silence } from '../testers/patience.ts'
import { type Lane, Trial } from '../testers/trial.ts'
import { absorb, isLoss, refusal } from './absorb.ts'
import { Gate } from './gate.ts'
import { type Act, DYING, Inquest, lastAct } from './inquest.ts'
import { isUnheard, SHORT_GRACE, startServer } from './start-server.ts'
import { transcribe } from './transcribe.ts'
import { Wings } from './wings.ts'

/** What one program has shown. */
export interface ProgramResult {
  readonly judge: Judge
  /** It ended because nothing came for as long as the patience lasts, without a doubt: such programs are slow. */
  readonly silent: boolean
  /** The target died, or was given up, while it ran. */
  readonly lost: boolean
  lastAct(): Act
  /** Built on demand: most programs are never shown. */
  transcript(): Transcript
  /** What another server could be compared with; asked for before the next program of the lane. */
  observe(): Observation
}

/** Deaths after which a target counts as frail. */
const FRAIL = 2

/** A session beside the first one. */
interface Beside {
  readonly logName: string
  /** What is known of the target by now. */
  readonly known?: { readonly culprits: Set<string>; readonly broken: Set<string> }
}

/**
 * The target that programs share, on each route; it is started when the first program needs it, and
 * started again when one kills it.
 */
export class Session {
  readonly target: PreparedTarget
  readonly bundle: string
  readonly #iuts: Map<Route, Promise<Iut>> = new Map()
  readonly #gate: Gate = new Gate()
  readonly #inquest: Inquest<ProgramResult>
  readonly #launchers: Set<Launcher> = new Set()
  /** Sessions on servers beside the shared one; null in such a session itself. */
  readonly #others: Set<Session> | null
  readonly #logName: string
  readonly #wings: Wings<Session> = new Wings((number) => this.#build(number))
  /** Clauses that a program has broken while the target lived on. */
  readonly #broken: Set<string>
  #closed = false
  #starts = 0
  #launches = 0

  constructor(target: PreparedTarget, bundle: string, beside: Beside | null = null) {
    this.target = target
    this.bundle = bundle
    this.#inquest = new Inquest(this.#gate, beside?.known?.culprits)
    this.#broken = beside?.known?.broken ?? new Set()
    this.#logName = beside?.logName ?? 'shared'
    // A server that is already running is the only one there is.
    this.#others = beside === null && !target.identity.attached ? new Set() : null
  }

  /**
   * Runs one program and judges it. Never throws for what the target does; only for what we cannot.
   * When the target is lost, the programs under way are run again, until it is plain which of them has
   * killed it. `lane`: null for connections of its own. `alone`: it is known to kill the target.
   */
  async run(
    property: Property,
    program: unknown,
    lane: Lane | null,
    alone = false,
  ): Promise<ProgramResult> {
    if (property.kind === 'process') return await this.#process(property, program)
    const wing = await this.#wing(lane)
    if (wing !== null) return await wing.run(property, program, lane, alone)
    const own: Lane = new Map()
    try {
      const watched = (watchMs: number): Promise<ProgramResult> =>
        this.#exchange(property, program, own, watchMs)
      if (alone) return await this.#gate.alone(() => watched(DYING))
      for (;;) {
        let begun = 0
        const result = await this.#gate.shared(() => {
          begun = performance.now()
          return this.#exchange(property, program, lane ?? own)
        })
        if (!result.lost) return result
        const again = await this.#inquest.hold({
          kin: property.id,
          lastAct: result.lastAct(),
          tookMs: performance.now() - begun,
          alone: watched,
        })
        if (again !== null) return again
      }
    } finally {
      await this.release(own)
    }
  }

  /**
   * Runs programs on another server, which no other program has touched; where there can be none, or none
   * ever came to serve, on the one there is.
   */
  async aside<T>(action: (other: Session) => Promise<T>): Promise<T> {
    if (this.#others === null || this.#closed || !(await this.#hasOthers()))
      return await action(this)
    this.#starts += 1
    const other = new Session(this.target, this.bundle, { logName: `beside-${this.#starts}` })
    this.#others.add(other)
    try {
      return await action(other)
    } finally {
      await other.close()
      this.#others.delete(other)
    }
  }

  /** Ends the connections of a lane that runs no further program. */
  async release(lane: Lane): Promise<void> {
    const wing = this.#wings.of(lane)
    if (wing !== null) return await wing.release(lane)
    for (const [iut, channel] of lane) iut.release(channel)
    lane.clear()
  }

  /**
   * Stops every server, also those of programs that are still under way; none is started again. Programs leave
   * connections and calls of the application behind for which a server would wait.
   */
  async close(): Promise<void> {
    this.#closed = true
    const running = Array.from(this.#iuts.values())
    this.#iuts.clear()
    await Promise.all([
      ...running.map(async (iut) => await (await iut.catch(() => null))?.stop(SHORT_GRACE)),
      ...[...this.#launchers].map((launcher) => launcher.stop(SHORT_GRACE)),
      ...[...(this.#others ?? [])].map((other) => other.close()),
    ])
  }

  /**
   * Where a program runs on a target that has died again and again: on one of several servers, those of a
   * lane always on the same one. Null: here.
   */
  async #wing(lane: Lane | null): Promise<Session | null> {
    if (this.#others === null || this.#closed || this.#inquest.deaths < FRAIL) return null
    const before = lane === null ? null : this.#wings.of(lane)
    if (before !== null) return before
    if (lane !== null) await this.release(lane)
    return this.#wings.assign(lane)
  }

  #build(number: number): Session {
    const known = { culprits: this.#inquest.culprits, broken: this.#broken }
    const wing = new Session(this.target, this.bundle, { logName: `wing-${number}`, known })
    this.#others?.add(wing)
    return wing
  }

  /** Whether another server may do better: not when none ever came to serve. */
  async #hasOthers(): Promise<boolean> {
    if (this.#others === null) return false
    const started = await Promise.allSettled(this.#iuts.values())
    return started.some(({ status }) => status === 'fulfilled')
  }

  async #exchange(
    property: ExchangeProperty,
    program: unknown,
    lane: Lane,
    watchMs = 0,
  ): Promise<ProgramResult> {
    const iut = await this.#iutFor(property, program).catch((error: unknown) =>
      refusal(error, property),
    )
    if (iut instanceof Judge) {
      return {
        judge: iut,
        silent: true,
        lost: false,
        lastAct: () => lastAct([]),
        transcript: () => [],
        observe: () => [],
      }
    }
    const trial = new Trial(iut, lane)
    const before = lane.get(iut)
    let silent = false
    try {
      await property.run(trial, program)
      if (watchMs > 0) await iut.remains(watchMs)
    } catch (error) {
      trial.spoil()
      silent = error instanceof Silence && error.doubt === null
      // A refused connection is often the first sign of a death.
      if (isLoss(error)) iut.giveUp(error)
      absorb(error, property, trial.judge, () => iut.running.logTail())
    }
    const judge = await trial.finish()
    const channels = new Set([
      ...trial.exchanges.map((exchange) => exchange.channel),
      ...trial.channels,
    ])
    if (before !== undefined && channels.size === 0) channels.add(before)
    await this.#heed(judge, iut, [...channels])
    return {
      judge,
      silent,
      lost: iut.lost !== null,
      lastAct: () => lastAct([...channels]),
      transcript: () => transcribe(trial.startedAt, [...channels]),
      observe: () => observe([...channels]),
    }
  }

  /** A worker that dies closes its connections first: what breaks then may be a victim of its end. */
  async #heed(judge: Judge, iut: Iut, channels: readonly Channel[]): Promise<void> {
    const clauses = judge.violations.map(({ clause }) => clause)
    if (channels.some(endedByServer)) {
      const news = clauses.some((clause) => !this.#broken.has(clause))
      await (news ? iut.remains(DYING) : iut.settle()).catch(() => undefined)
    }
    if (iut.lost === null) for (const clause of clauses) this.#broken.add(clause)
  }

  async #process(property: ProcessProperty, program: unknown): Promise<ProgramResult> {
    this.#launches += 1
    const name = `${property.id.replaceAll('/', '-')}-${this.#launches}`
    const launcher = new Launcher(this.target, join(this.bundle, 'raw', 'logs'), name)
    this.#launchers.add(launcher)
    if (this.#closed) await launcher.stop()
    let silent = false
    try {
      await property.run(launcher, program)
    } catch (error) {
      silent = error instanceof Silence && error.doubt === null
      const [lost] = launcher.iuts.filter((iut) => iut.lost !== null)
      const ending = launcher.iuts.some((iut) => iut.endExpected)
      absorb(error, property, launcher.judge, () => lost?.running.logTail() ?? '', ending)
    }
    const judge = await launcher.finish()
    this.#launchers.delete(launcher)
    const channels = launcher.trials.flatMap((trial) => trial.channels)
    const lifespans = launcher.iuts.flatMap((iut) => iut.lifespans)
    return {
      judge,
      silent,
      lost: false,
      lastAct: () => lastAct(channels),
      transcript: () => transcribe(launcher.startedAt, channels, launcher.iuts),
      observe: () => observe(channels, lifespans),
    }
  }

  async #iutFor(property: ExchangeProperty, program: unknown): Promise<Iut> {
    const route = property.server?.(program, (one) => this.target.has(one)) ?? 'tcp'
    const ready = this.#ready(route)
    return property.orTcp === true ? await ready.catch(() => this.#ready('tcp')) : await ready
  }

  async #ready(route: Route): Promise<Iut> {
    if (this.#closed) throw new TargetLostError('the run has ended')
    const before = this.#iuts.get(route)
    const current = await before
    if (current !== undefined && current.lost === null) return current
    // Only the first that finds it lost stops it: by then another may have been started.
    if (current !== undefined && this.#iuts.get(route) === before) {
      this.#iuts.delete(route)
      await current.stop(SHORT_GRACE)
    }
    const starting = this.#iuts.get(route) ?? this.#start(route)
    this.#iuts.set(route, starting)
    return await starting
  }

  async #start(route: Route): Promise<Iut> {
    const launch = async (): Promise<Iut> => {
      this.#starts += 1
      const name = `${this.#logName}-${this.#starts}.log`
      return await startServer(this.target, route, join(this.bundle, 'raw', 'logs', name))
    }
    const served = this.#starts > 0 || this.#others === null
    try {
      return await launch()
    } catch (error) {
      if (!served || this.#closed || !isUnheard(error)) throw error
      return await launch()
    }
  }
}

function endedByServer({ wire }: Channel): boolean {
  return wire.closing !== null
}
