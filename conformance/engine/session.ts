import { join } from 'node:path'
import type { Transcript } from '../../evidence/conformance.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { Judge } from '../judge/judge.ts'
import type { ExchangeProperty, ProcessProperty, Property } from '../properties/property.ts'
import { WorkerLostError } from '../testers/control.ts'
import { Iut, TargetLostError } from '../testers/iut.ts'
import { Launcher } from '../testers/launcher.ts'
import { Silence } from '../testers/patience.ts'
import { Abandoned, type Lane, Trial } from '../testers/trial.ts'
import { transcribe } from './transcribe.ts'

/** What one program has shown. */
export interface ProgramResult {
  readonly judge: Judge
  /** Built on demand: most programs are never shown. */
  transcript(): Transcript
}

/**
 * The target that programs share, started when the first needs it and started again when one kills it.
 */
export class Session {
  readonly target: PreparedTarget
  readonly bundle: string
  #iut: Promise<Iut> | null = null
  #alone: Promise<unknown> = Promise.resolve()
  #starts = 0
  #launches = 0

  constructor(target: PreparedTarget, bundle: string) {
    this.target = target
    this.bundle = bundle
  }

  /**
   * Runs one program and judges it. Never throws for what the target does; only for what we cannot.
   * When the target is lost, every program under way is run again, one after another: which of them
   * killed it is then plain.
   */
  async run(property: Property, program: unknown, lane: Lane): Promise<ProgramResult> {
    if (property.kind === 'process') return await this.#process(property, program)
    const result = await this.#exchange(property, program, lane)
    if (!result.lost) return result
    const again = this.#alone.then(() => this.#exchange(property, program, { channel: null }))
    this.#alone = again.catch(() => undefined)
    return await again
  }

  /** Ends the connection of a lane that runs no further program. */
  async release(lane: Lane): Promise<void> {
    const iut = await this.#iut?.catch(() => null)
    if (lane.channel !== null) iut?.release(lane.channel)
    lane.channel = null
  }

  async close(): Promise<void> {
    const iut = await this.#iut?.catch(() => null)
    await iut?.stop()
    this.#iut = null
  }

  async #exchange(
    property: ExchangeProperty,
    program: unknown,
    lane: Lane,
  ): Promise<ProgramResult & { readonly lost: boolean }> {
    const iut = await this.#ready().catch((error: unknown) => refusal(error, property))
    if (iut instanceof Judge) return { judge: iut, transcript: () => [], lost: false }
    const trial = new Trial(iut, lane)
    const before = lane.channel
    try {
      await property.run(trial, program)
    } catch (error) {
      trial.spoil()
      absorb(error, property, trial.judge)
    }
    const judge = trial.finish()
    const channels = new Set([
      ...trial.exchanges.map((exchange) => exchange.channel),
      ...trial.channels,
    ])
    if (before !== null && channels.size === 0) channels.add(before)
    return {
      judge,
      transcript: () => transcribe(trial.startedAt, [...channels]),
      lost: iut.lost !== null,
    }
  }

  async #process(property: ProcessProperty, program: unknown): Promise<ProgramResult> {
    this.#launches += 1
    const name = `${property.id.replaceAll('/', '-')}-${this.#launches}`
    const launcher = new Launcher(this.target, join(this.bundle, 'raw', 'logs'), name)
    try {
      await property.run(launcher, program)
    } catch (error) {
      absorb(error, property, launcher.judge)
    }
    const judge = await launcher.finish()
    const channels = launcher.trials.flatMap((trial) => trial.channels)
    const lifespans = launcher.iuts.flatMap((iut) => iut.lifespans)
    return { judge, transcript: () => transcribe(launcher.startedAt, channels, lifespans) }
  }

  async #ready(): Promise<Iut> {
    const current = await this.#iut
    if (current !== null && current.lost === null) return current
    if (current !== null && this.#iut !== null) {
      this.#iut = null
      await current.stop(500)
    }
    this.#iut ??= this.#start()
    return await this.#iut
  }

  async #start(): Promise<Iut> {
    this.#starts += 1
    const logFile = join(this.bundle, 'raw', 'logs', `shared-${this.#starts}.log`)
    const iut = await Iut.start(this.target, { logFile })
    try {
      await iut.calibrate()
      return iut
    } catch (error) {
      await iut.stop(500)
      throw error
    }
  }
}

/** A target that starts but does not serve its first request is judged like any other. */
function refusal(error: unknown, property: Property): Judge {
  const judge = new Judge()
  absorb(error, property, judge)
  return judge
}

/** An exception out of a program is either the target's doing, which is judged, or ours, which is thrown. */
function absorb(error: unknown, property: Property, judge: Judge): void {
  if (error instanceof Abandoned) return
  if (error instanceof Silence) {
    if (error.doubt === null) {
      judge.check(
        error.clause,
        false,
        error.awaited,
        () => `nothing within ${Math.round(error.waitedMs)} ms, while the target answered a ping`,
      )
    } else judge.doubt(error.clause, error.doubt)
    return
  }
  if (error instanceof TargetLostError || error instanceof WorkerLostError) {
    const clause = property.clauses[0] ?? property.id
    judge.check(clause, false, 'a server that goes on serving', () => error.message)
    return
  }
  throw error
}
