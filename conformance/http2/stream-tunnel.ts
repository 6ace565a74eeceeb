import type { Closing } from '../testers/wire.ts'
import type { Tunnel } from '../websocket/carrier.ts'
import type { Http2Client } from './client.ts'
import type { ClientStream } from './client-stream.ts'
import { dataFrame } from './frame.ts'

/** One stream of HTTP/2 in the place of a TCP connection (RFC 8441 §5, RFC 9113 §8.5). */
export class StreamTunnel implements Tunnel {
  readonly closed: Promise<Closing>
  readonly #client: Http2Client
  readonly #stream: ClientStream
  #finished = false
  #unsent = 0
  /** Writes wait for the window, and for those before them. */
  #written: Promise<unknown> = Promise.resolve()

  constructor(client: Http2Client, stream: ClientStream) {
    this.#client = client
    this.#stream = stream
    this.closed = client.until(() => stream.over).then(() => this.closing ?? 'fin')
  }

  get usable(): boolean {
    return this.closing === null && !this.#finished
  }

  get finished(): boolean {
    return this.#finished
  }

  /** END_STREAM is what FIN is, and RST_STREAM what RST is. */
  get closing(): Closing | null {
    const { assembly, over } = this.#stream
    return over ? (assembly.ended ? 'fin' : 'reset') : null
  }

  get unsent(): number {
    return this.#unsent
  }

  write(bytes: Buffer): void {
    if (this.#finished) return
    this.#unsent += bytes.length
    this.#written = this.#written.then(async () => {
      await this.#client.sendContent(this.#stream, bytes, false)
      this.#unsent -= bytes.length
    })
  }

  upgrade(sink: (bytes: Buffer) => void): void {
    const early = this.#stream.assembly.content
    this.#stream.sink = sink
    if (early.length > 0) sink(early)
  }

  close(): void {
    if (this.#finished) return
    this.#finished = true
    void this.#written.then(() => {
      const { id, reset } = this.#stream
      if (reset === null) this.#client.write(dataFrame(id, Buffer.alloc(0), true))
    })
  }
}
