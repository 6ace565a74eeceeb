/**
 * A bump allocator for small messages, in and out. Those of all connections share a slab, so that
 * one costs no allocation but one view; a region is never used twice, the slab is simply dropped
 * when it is full.
 */
export class Slab {
  bytes: Buffer
  #used: number

  constructor() {
    this.bytes = Buffer.allocUnsafeSlow(SLAB_BYTES)
    this.#used = 0
  }

  /** Offset into `bytes` (read it after the call) of a region of at least `length` bytes. */
  reserve(length: number): number {
    if (this.#used + length > this.bytes.length) {
      this.bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, length))
      this.#used = 0
    }
    const at = this.#used
    this.#used += length
    return at
  }

  /** Gives back the end of the region that was reserved last. */
  trim(bytes: Buffer, end: number, reservedEnd: number): void {
    if (bytes === this.bytes && this.#used === reservedEnd) this.#used = end
  }
}

const SLAB_BYTES = 64 * 1024
