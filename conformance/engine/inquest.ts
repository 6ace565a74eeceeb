import { setImmediate } from 'node:timers/promises'
import type { Channel } from '../testers/channel.ts'
import type { Gate } from './gate.ts'

/** Milliseconds in which a process that a program has doomed, and that still serves, comes to its end. */
export const DYING = 1500

/** Milliseconds in which most of them do. */
const AT_ONCE = 100

/** Milliseconds up to which a program is brief: one that was not takes long to run again, and seldom kills. */
const BRIEF = 1000

/** What either tester did last. */
export interface Act {
  /** Milliseconds of performance.now(). */
  readonly at: number
  /** A send() of the application never came back. */
  readonly pending: boolean
}

/** A program that was under way when the target died. */
interface Accused<Result> {
  /** Of which property: the others of a culprit's are as suspect. */
  readonly kin: string
  readonly lastAct: Act
  /** Milliseconds that it was under way. */
  readonly tookMs: number
  /** Runs it while no other runs, and sees whether the target lives on for so many milliseconds. */
  readonly alone: (watchMs: number) => Promise<Result>
  /** With what it has shown; null: let it run as before. */
  readonly settle: (result: Result | null) => void
  readonly fail: (error: unknown) => void
}

/**
 * Which of the programs that were under way has killed the target. They are run again one by one, the
 * likeliest first: when the culprit is found, the others go free.
 */
export class Inquest<Result extends { readonly lost: boolean }> {
  readonly #gate: Gate
  readonly #accused: Accused<Result>[] = []
  /** Properties whose programs have killed the target before. */
  readonly #culprits: Set<string>
  #deaths = 0

  /** `culprits`: those that other inquests on the same target have found, and go on to find. */
  constructor(gate: Gate, culprits: Set<string> = new Set()) {
    this.#gate = gate
    this.#culprits = culprits
  }

  get culprits(): Set<string> {
    return this.#culprits
  }

  /** Deaths that were looked into and explained. */
  get deaths(): number {
    return this.#deaths
  }

  /** What the program has shown when it ran alone; null when it was another that killed the target. */
  async hold(accused: Omit<Accused<Result>, 'settle' | 'fail'>): Promise<Result | null> {
    return await new Promise((settle, fail) => {
      this.#accused.push({ ...accused, settle, fail })
      void this.#gate.alone(() => this.#hear())
    })
  }

  async #hear(): Promise<void> {
    // All that were under way have ended by now, and come here in this turn of the event loop.
    await setImmediate()
    const accused = this.#accused.splice(0).toSorted((a, b) => this.#likelier(a, b))
    try {
      if (!(await this.#judge(accused, AT_ONCE))) await this.#judge(accused, DYING)
    } catch (error) {
      for (const { fail } of accused) fail(error)
    }
  }

  /** Negative: the first. */
  #likelier(a: Accused<Result>, b: Accused<Result>): number {
    const known = Number(this.#culprits.has(b.kin)) - Number(this.#culprits.has(a.kin))
    const brief = Number(b.tookMs < BRIEF) - Number(a.tookMs < BRIEF)
    const pending = Number(b.lastAct.pending) - Number(a.lastAct.pending)
    return known || brief || pending || b.lastAct.at - a.lastAct.at
  }

  /** False when none of them has killed the target again, and it may only take longer. */
  async #judge(accused: readonly Accused<Result>[], watchMs: number): Promise<boolean> {
    const heard = new Map<Accused<Result>, Result>()
    let culprit: string | null = null
    let dyingMs = watchMs
    const waiting = [...accused]
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const begun = performance.now()
      const shown = await one.alone(watchMs)
      const { kin } = one
      // One that lives and takes long is not worth its kin's time before the others have had theirs.
      if (!shown.lost && performance.now() - begun > watchMs + BRIEF)
        waiting.sort((a, b) => Number(a.kin === kin) - Number(b.kin === kin))
      // So soon after others it may be the death that one of them has brought.
      const doubtful = shown.lost && watchMs < DYING && heard.size > 0
      const result = doubtful ? await one.alone(DYING) : shown
      heard.set(one, result)
      if (!result.lost) continue
      culprit = one.kin
      if (doubtful) dyingMs = DYING
      this.#culprits.add(culprit)
      this.#deaths += 1
      break
    }
    if (culprit === null && watchMs < DYING) return false
    for (const one of accused) {
      // What its kin kills, it kills as fast.
      const kin = one.kin === culprit
      one.settle(heard.get(one) ?? (kin ? await one.alone(dyingMs) : null))
    }
    return true
  }
}

/** What the testers did last on these connections. */
export function lastAct(channels: readonly Channel[]): Act {
  const calls = channels.flatMap(({ scopes }) => scopes.flatMap((scope) => scope.calls))
  const sent = channels.flatMap(({ wire }) =>
    wire.events.filter(({ direction }) => direction === 'out'),
  )
  return {
    at: Math.max(0, ...sent.map(({ at }) => at), ...calls.map(({ calledAt }) => calledAt)),
    pending: calls.some(({ kind, answeredAt }) => kind === 'send' && answeredAt === null),
  }
}
