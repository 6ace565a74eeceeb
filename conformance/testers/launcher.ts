import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { Judge } from '../judge/judge.ts'
import { Iut, type StartOptions } from './iut.ts'
import { Silence } from './patience.ts'
import { Abandoned, Trial } from './trial.ts'

/** One program about the server process: launches targets, and stops every one of them at the end. */
export class Launcher {
  readonly target: PreparedTarget
  readonly judge: Judge = new Judge()
  readonly iuts: Iut[] = []
  readonly trials: Trial[] = []
  readonly startedAt: number = performance.now()
  readonly #logFolder: string
  readonly #name: string
  #over = false

  constructor(target: PreparedTarget, logFolder: string, name: string) {
    this.target = target
    this.#logFolder = logFolder
    this.#name = name
  }

  check(clause: string, holds: boolean, expected: string, observed: () => string): boolean {
    return this.judge.check(clause, holds, expected, observed)
  }

  async start(options: Omit<StartOptions, 'logFile'> = {}): Promise<Iut> {
    if (this.#over) throw new Abandoned()
    const iut = await Iut.start(this.target, {
      ...options,
      logFile: this.#logFile(this.iuts.length),
    })
    this.iuts.push(iut)
    if (!this.#over) return iut
    await this.stop()
    throw new Abandoned()
  }

  /** Launches a target that must come to serve: one that does not breaks the clause. */
  async serve(clause: string, options: Omit<StartOptions, 'logFile'>): Promise<Iut> {
    const iut = await this.start({ ...options, waitUntilListening: false })
    const serves = await iut.listens()
    const { host, port, uds } = iut.running
    const address = uds ?? `${host}:${port}`
    if (
      !this.check(clause, serves, `a server on ${address}`, () => `none: ${iut.running.logTail()}`)
    )
      throw new Abandoned()
    await iut.calibrate().catch((error: unknown) => {
      // That it takes connections and serves none is what the clause is about, too.
      if (error instanceof Silence)
        throw new Silence(clause, error.awaited, error.waitedMs, error.doubt)
      if (!(error instanceof InfrastructureError)) throw error
      // Started in a special way, it serves something else: which is what the clause is about.
      this.check(clause, false, 'the application served', () => error.rule)
      throw new Abandoned()
    })
    return iut
  }

  /** Exchanges with a target that this program has launched. */
  trial(iut: Iut): Trial {
    const trial = new Trial(iut, new Map(), this.judge)
    this.trials.push(trial)
    return trial
  }

  /** What the n-th target of this program has logged so far. */
  async log(iut: Iut): Promise<string> {
    return await readFile(this.#logFile(this.iuts.indexOf(iut)), 'utf8').catch(() => '')
  }

  async finish(): Promise<Judge> {
    for (const trial of this.trials) await trial.conclude()
    await this.stop()
    return this.judge
  }

  /** Ends every server of the program, also one that is being launched. */
  async stop(graceMs = 2000): Promise<void> {
    this.#over = true
    await Promise.all(this.iuts.map((iut) => iut.stop(graceMs)))
  }

  #logFile(index: number): string {
    return join(this.#logFolder, `${this.#name}-${index}.log`)
  }
}
