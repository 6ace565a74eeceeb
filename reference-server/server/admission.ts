import type { Settings } from '../config/settings.ts'

/** Counts requests and WebSockets: how many at once are admitted, and after how many the process retires. */
export class Admission {
  readonly #most: number
  readonly #retireAfter: number
  #current: number
  #total: number
  #onRetire: () => void
  #onEmptied: () => void

  constructor(
    settings: Pick<Settings, 'limitConcurrency' | 'limitMaxRequests' | 'limitMaxRequestsJitter'>,
  ) {
    const { limitConcurrency, limitMaxRequests, limitMaxRequestsJitter } = settings
    this.#most = limitConcurrency === 0 ? Number.POSITIVE_INFINITY : limitConcurrency
    const jitter = Math.floor(Math.random() * (limitMaxRequestsJitter + 1))
    this.#retireAfter =
      limitMaxRequests === 0 ? Number.POSITIVE_INFINITY : limitMaxRequests + jitter
    this.#current = 0
    this.#total = 0
    this.#onRetire = () => {}
    this.#onEmptied = () => {}
  }

  get current(): number {
    return this.#current
  }

  /** Called once, when the last request that this process should take was admitted: at once where that is so already. */
  set onRetire(retire: () => void) {
    this.#onRetire = retire
    if (this.#total >= this.#retireAfter) retire()
  }

  /** False when there are too many already: the answer is 503. Each true calls for one `leave`. */
  enter(): boolean {
    if (this.#current >= this.#most) return false
    this.#current += 1
    this.#total += 1
    if (this.#total === this.#retireAfter) this.#onRetire()
    return true
  }

  leave(): void {
    this.#current -= 1
    if (this.#current === 0) this.#onEmptied()
  }

  /** Resolves as soon as no application is called any more. */
  emptied(): Promise<void> {
    if (this.#current === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onEmptied = resolve
    })
  }
}
