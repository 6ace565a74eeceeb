import type { Receiver } from 'ws'

/** So many are at most not joined, and as many that were. */
const MOST = 1024

/**
 * Bounds in how many pieces a frame waits that is not whole: the library takes one after the other from the front of an
 * array, which is quadratic.
 */
export class Pieces {
  readonly #pieces: unknown[]
  /** How many at the front were joined. */
  #joined: number

  constructor(receiver: Receiver) {
    // The library keeps them here, and does not document it.
    const pieces: unknown = Reflect.get(receiver, '_buffers')
    this.#pieces = Array.isArray(pieces) ? pieces : []
    this.#joined = 0
  }

  /** To be called when one was added. */
  join(): void {
    const { length } = this.#pieces
    if (length < this.#joined) this.#joined = length
    if (length - this.#joined < MOST) return
    this.#joinFrom(this.#joined === MOST ? 0 : this.#joined)
  }

  #joinFrom(first: number): void {
    this.#pieces.push(
      Buffer.concat(this.#pieces.splice(first).filter((piece) => Buffer.isBuffer(piece))),
    )
    this.#joined = first + 1
  }
}
