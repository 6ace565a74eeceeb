/**
 * Bytes that arrived and were not understood yet. The common case, one segment holding whole messages,
 * copies nothing; a message that arrives in many pieces costs amortised constant time a byte. Bytes
 * before `start` are never written again, so views of them stay valid.
 */
export class ReceiveBuffer {
  bytes: Buffer
  /** First byte that was not consumed. */
  start: number
  /** One past the last byte that arrived. */
  end: number
  /** True when `bytes` was allocated here and may have room after `end`. */
  #owned: boolean

  constructor() {
    this.bytes = EMPTY
    this.start = 0
    this.end = 0
    this.#owned = false
  }

  get length(): number {
    return this.end - this.start
  }

  /** Takes the chunk over: its owner must not change it afterwards. */
  append(chunk: Buffer): void {
    const pending = this.end - this.start
    if (pending === 0) {
      this.bytes = chunk
      this.start = 0
      this.end = chunk.length
      this.#owned = false
      return
    }
    if (!this.#owned || this.end + chunk.length > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(2 * (pending + chunk.length))
      this.bytes.copy(grown, 0, this.start, this.end)
      this.bytes = grown
      this.start = 0
      this.end = pending
      this.#owned = true
    }
    this.bytes.set(chunk, this.end)
    this.end += chunk.length
  }

  /** Lets the memory go, which an idle connection must not hold. */
  releaseIfEmpty(): void {
    if (this.start === this.end) {
      this.bytes = EMPTY
      this.start = 0
      this.end = 0
      this.#owned = false
    }
  }

  clear(): void {
    this.start = this.end
    this.releaseIfEmpty()
  }
}

const EMPTY = Buffer.alloc(0)
