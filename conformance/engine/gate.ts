/** Lets many in at once, or one alone. Whoever wants to be alone goes before those who come later. */
export class Gate {
  #inside = 0
  #alone = false
  readonly #queue: { readonly alone: boolean; readonly enter: () => void }[] = []

  async shared<T>(action: () => Promise<T>): Promise<T> {
    return await this.#pass(false, action)
  }

  async alone<T>(action: () => Promise<T>): Promise<T> {
    return await this.#pass(true, action)
  }

  async #pass<T>(alone: boolean, action: () => Promise<T>): Promise<T> {
    if (this.#queue.length === 0 && this.#admits(alone)) this.#enter(alone)
    else await new Promise<void>((enter) => this.#queue.push({ alone, enter }))
    try {
      return await action()
    } finally {
      this.#inside -= 1
      this.#alone = false
      this.#next()
    }
  }

  #admits(alone: boolean): boolean {
    return !this.#alone && (!alone || this.#inside === 0)
  }

  #enter(alone: boolean): void {
    this.#inside += 1
    this.#alone = alone
  }

  /** Those who wait enter in their order. */
  #next(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (!this.#admits(first.alone)) return
      this.#queue.shift()
      this.#enter(first.alone)
      first.enter()
    }
  }
}
