import type { Channel } from '../testers/channel.ts'
import type { Gate } from './gate.ts'

/** A program that was under way when the target died. */
interface Accused {
  /** Of which property: the others of a culprit's are as suspect. */
  readonly kin: string
  /** When it last did something, milliseconds of performance.now(). */
  readonly actedAt: number
  /** Runs it again; true when that has killed the target. */
  hear(): Promise<boolean>
  acquit(): void
}

/**
 * Which of the programs that were under way has killed the target. They are run again while no other runs,
 * first the one that was the last to do something; when the culprit is found the others go free.
 */
export class Inquest {
  readonly #gate: Gate
  readonly #accused: Accused[] = []

  constructor(gate: Gate) {
    this.#gate = gate
  }

  /** What the program has shown when it was run again; null when it was another that killed the target. */
  async hold<Result extends { readonly lost: boolean }>(
    kin: string,
    actedAt: number,
    alone: () => Promise<Result>,
  ): Promise<Result | null> {
    return await new Promise((resolve, reject) => {
      const hear = async (): Promise<boolean> => {
        try {
          const result = await alone()
          resolve(result)
          return result.lost
        } catch (error) {
          reject(error)
          return false
        }
      }
      this.#accused.push({ kin, actedAt, hear, acquit: () => resolve(null) })
      // Each brings one hearing with it, which need not be its own.
      void this.#gate.alone(() => this.#next())
    })
  }

  async #next(): Promise<void> {
    const [first] = this.#accused.toSorted((a, b) => b.actedAt - a.actedAt)
    if (first === undefined) return
    this.#accused.splice(this.#accused.indexOf(first), 1)
    if (!(await first.hear())) return
    for (const other of this.#accused.splice(0)) {
      if (other.kin === first.kin) this.#accused.push(other)
      else other.acquit()
    }
  }
}

/** When either tester last did something on these connections, milliseconds of performance.now(). */
export function lastAct(channels: readonly Channel[]): number {
  const times = channels.flatMap(({ wire, scopes }) => [
    ...wire.events.filter(({ direction }) => direction === 'out').map(({ at }) => at),
    ...scopes.flatMap(({ calls }) => calls.map(({ calledAt }) => calledAt)),
  ])
  return Math.max(0, ...times)
}
