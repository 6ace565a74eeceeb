/** First in, first out. `shift()` of a long array moves all of the others, so that emptying it is quadratic. */
export class Queue<Item> {
  #items: (Item | undefined)[]
  /** Those before it were taken. */
  #head: number

  constructor() {
    this.#items = []
    this.#head = 0
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  put(item: Item): void {
    this.#items.push(item)
  }

  /** Undefined when nothing is left. */
  take(): Item | undefined {
    const item = this.#items[this.#head]
    if (this.#head === this.#items.length) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= KEPT && 2 * this.#head >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}

/** So many that were taken may stand before the others. */
const KEPT = 1024
