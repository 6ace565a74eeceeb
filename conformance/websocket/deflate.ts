import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'

/** What both ends agreed on for permessage-deflate (RFC 7692 §7.1), from the response of the server. */
export interface DeflateAgreement {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  /** Base-2 logarithm of the window: 8 to 15. */
  readonly serverWindowBits: number
  readonly clientWindowBits: number
}

/** RFC 7692 §7.2.1: what each compressed message has had removed from its end. */
const TAIL = Buffer.of(0x00, 0x00, 0xff, 0xff)

/** A window of 32 KiB, beyond which no DEFLATE stream can refer (RFC 1951 §3.2.5). */
const LARGEST_BITS = 15

/** The least that zlib's binding in Node.js lets a call write. */
const SMALLEST_CHUNK = 64

/** The sliding window that one direction carries from message to message. */
class Window {
  #content: Buffer = Buffer.alloc(0)
  readonly #size: number

  constructor(bits: number, takeover: boolean) {
    this.#size = takeover ? 2 ** bits : 0
  }

  get dictionary(): { dictionary: Buffer } | undefined {
    return this.#content.length === 0 ? undefined : { dictionary: this.#content }
  }

  add(content: Buffer): void {
    if (this.#size === 0) return
    const all = this.#content.length === 0 ? content : Buffer.concat([this.#content, content])
    this.#content = all.subarray(Math.max(0, all.length - this.#size))
  }
}

/** Compresses the messages of one direction. */
export class Deflater {
  readonly #bits: number
  readonly #window: Window

  constructor(bits: number, takeover: boolean) {
    // zlib cannot make raw streams with a window of 8 bits.
    this.#bits = Math.max(9, bits)
    this.#window = new Window(bits, takeover && bits > 8)
  }

  compress(content: Buffer): Buffer {
    const options = { windowBits: this.#bits, finishFlush: constants.Z_SYNC_FLUSH }
    const stream = deflateRawSync(content, { ...options, ...this.#window.dictionary })
    this.#window.add(content)
    return stream.subarray(0, stream.length - TAIL.length)
  }
}

/** A message as it was before compression, and what the agreement forbids that its compression used. */
export interface Inflated {
  readonly content: Buffer
  readonly beyond: 'window' | 'message' | null
}

/** Decompresses the messages of one direction. */
export class Inflater {
  readonly #bits: number
  readonly #agreed: Window
  /** What a compressor that keeps to nothing could refer to. */
  readonly #all: Window

  constructor(bits: number, takeover: boolean) {
    this.#bits = bits
    this.#agreed = new Window(bits, takeover)
    this.#all = takeover && bits === LARGEST_BITS ? this.#agreed : new Window(LARGEST_BITS, true)
  }

  /** @throws Error from zlib, when it is no DEFLATE stream. */
  decompress(payload: Buffer): Inflated {
    const inflated = this.#inflate(Buffer.concat([payload, TAIL]))
    for (const window of new Set([this.#agreed, this.#all])) window.add(inflated.content)
    return inflated
  }

  #inflate(stream: Buffer): Inflated {
    try {
      return { content: inflate(stream, this.#bits, this.#agreed), beyond: null }
    } catch {
      // Either is forgotten at once by those that keep it: where it helps, it was not kept.
    }
    try {
      return { content: inflate(stream, this.#bits, this.#all), beyond: 'message' }
    } catch {
      return { content: inflate(stream, LARGEST_BITS, this.#all), beyond: 'window' }
    }
  }
}

function inflate(stream: Buffer, bits: number, window: Window): Buffer {
  // What zlib has written in one call counts as window, whatever its size: so that must be little.
  const little = bits < LARGEST_BITS ? { chunkSize: SMALLEST_CHUNK } : {}
  const options = { windowBits: bits, finishFlush: constants.Z_SYNC_FLUSH, ...little }
  return inflateRawSync(stream, { ...options, ...window.dictionary })
}
