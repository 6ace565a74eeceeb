import { type Deferred, deferred } from '../testers/deferred.ts'
import type { Tunnel } from './carrier.ts'
import { type DeflateAgreement, Deflater, Inflater } from './deflate.ts'
import { encodeFrame, type SentFrame } from './frame.ts'
import { MessageReader } from './message-reader.ts'

/** The client's half of an established connection: frames out as commanded, messages in. */
export class Peer {
  readonly reader: MessageReader
  /** Null where no compression was agreed on. */
  readonly deflater: Deflater | null
  /** permessage-deflate was agreed on. */
  readonly compresses: boolean
  readonly #tunnel: Tunnel
  #changed: Deferred<void> = deferred()

  /** Takes over the connection right after the handshake. */
  constructor(tunnel: Tunnel, agreed: DeflateAgreement | null) {
    this.#tunnel = tunnel
    this.compresses = agreed !== null
    this.reader = new MessageReader(
      agreed && new Inflater(agreed.serverWindowBits, !agreed.serverNoContextTakeover),
    )
    // A window of 8 bits is beyond zlib: such a client may leave its messages uncompressed.
    this.deflater =
      agreed === null || agreed.clientWindowBits < 9
        ? null
        : new Deflater(agreed.clientWindowBits, !agreed.clientNoContextTakeover)
    tunnel.upgrade((bytes) => {
      this.reader.push(bytes)
      this.#change()
    })
    void tunnel.closed.then((how) => {
      // RFC 6455 §7.1.1: the server closes first, and then the client; some servers wait for that.
      if (how === 'fin' && !tunnel.finished) tunnel.close()
      this.#change()
    })
  }

  /** The server has sent a Close, or has closed what carries the frames. */
  get over(): boolean {
    return this.reader.close !== null || this.#tunnel.closing !== null
  }

  /** Frames that go out in one write. */
  write(...frames: readonly SentFrame[]): void {
    this.#tunnel.write(Buffer.concat(frames.map(encodeFrame)))
  }

  /** Resolves as soon as the condition holds; asked again after each arrival and at the close. */
  async until(condition: (reader: MessageReader) => boolean): Promise<void> {
    while (!condition(this.reader)) await this.#changed.promise
  }

  #change(): void {
    const changed = this.#changed
    this.#changed = deferred()
    changed.resolve()
  }
}
