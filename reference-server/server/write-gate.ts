import type { Writable } from 'node:stream'

/** Makes `send()` wait while a stream holds more unsent bytes than its high-water mark. */
export class WriteGate {
  readonly #stream: Writable
  readonly #highWaterMark: number
  #opened: Promise<void> | null
  #open: () => void

  constructor(stream: Writable, highWaterMark: number) {
    this.#stream = stream
    this.#highWaterMark = highWaterMark
    this.#opened = null
    this.#open = nothing
    stream.on('drain', () => this.release())
    stream.on('close', () => this.release())
  }

  /** Null when there is room, else what resolves once there is, or never will be. */
  accepted(): Promise<void> | null {
    if (this.#stream.writableLength < this.#highWaterMark || this.#stream.destroyed) return null
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve
    })
    return this.#opened
  }

  release(): void {
    if (this.#opened === null) return
    this.#opened = null
    this.#open()
    this.#open = nothing
  }
}

function nothing(): void {}
