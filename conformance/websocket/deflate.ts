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

/** Decompresses the messages of one direction. */
export class Inflater {
  readonly #window: Window

  constructor(bits: number, takeover: boolean) {
    this.#window = new Window(bits, takeover)
  }

  /** @throws Error from zlib, when it is no DEFLATE stream within the agreed window. */
  decompress(payload: Buffer): Buffer {
    const options = { windowBits: 15, finishFlush: constants.Z_SYNC_FLUSH }
    const stream = Buffer.concat([payload, TAIL])
    const content = inflateRawSync(stream, { ...options, ...this.#window.dictionary })
    this.#window.add(content)
    return content
  }
}
