import type { Worker } from 'node:cluster'
import { addCounts, type Counts, noCounts } from '../server/metrics.ts'
import { COUNT } from './messages.ts'

/** After which a worker that says nothing counts with what it said last: its neighbours go on being counted. */
const REFRESH_MS = 1000

/** What one worker has served, as far as it has told. */
export class Account {
  readonly #worker: Worker
  #counts: Counts
  #waiting: (() => void)[]

  constructor(worker: Worker) {
    this.#worker = worker
    this.#counts = noCounts()
    this.#waiting = []
  }

  get counts(): Counts {
    return this.#counts
  }

  told(counts: Counts): void {
    this.#counts = counts
    this.settle()
  }

  /** Nobody needs to wait any longer. */
  settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Nothing is in progress in a worker that is gone. */
  end(): void {
    this.#counts = { ...this.#counts, inProgress: 0 }
    this.settle()
  }

  /** Resolves when the worker has told what it counts now, or cannot any more, or is too busy to. */
  refresh(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      setTimeout(resolve, REFRESH_MS).unref()
      this.#worker.send(COUNT, (error) => {
        if (error !== null) this.settle()
      })
    })
  }
}

/** What all workers have served, those that are gone included: a counter never goes down. */
export class Tally {
  readonly #past: Counts
  readonly #accounts: Set<Account>

  constructor() {
    this.#past = noCounts()
    this.#accounts = new Set()
  }

  open(worker: Worker): Account {
    const account = new Account(worker)
    this.#accounts.add(account)
    // What a worker said last may be heard after its exit: it is all heard when both are over.
    let open = 2
    const over = (): void => {
      open -= 1
      account.settle()
      if (open === 0) this.#close(account)
    }
    worker.once('disconnect', over)
    worker.once('exit', over)
    return account
  }

  #close(account: Account): void {
    account.end()
    addCounts(this.#past, account.counts)
    this.#accounts.delete(account)
  }

  total(): Counts {
    const total = noCounts()
    addCounts(total, this.#past)
    for (const { counts } of this.#accounts) addCounts(total, counts)
    return total
  }
}
