import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A client that sends bytes as they are and keeps every byte that it gets, as latin1 text. */
export class RawClient {
  readonly socket: Socket
  #text: string
  #ended: boolean

  private constructor(socket: Socket) {
    this.socket = socket
    this.#text = ''
    this.#ended = false
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
    })
    socket.on('end', () => {
      this.#ended = true
    })
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** Resolves with everything received once it contains `mark`; rejects when the stream ends before. */
  async until(mark: string): Promise<string> {
    while (!this.#text.includes(mark)) {
      if (this.#ended) throw new Error(`The connection ended after: ${this.#text}`)
      await Promise.race([once(this.socket, 'data'), this.#onceEnded()])
    }
    return this.#text
  }

  /** Resolves with everything received once the server has ended the stream, or reset it. */
  async untilEnd(): Promise<string> {
    if (!this.#ended) await this.#onceEnded()
    return this.#text
  }

  #onceEnded(): Promise<unknown> {
    return Promise.race([once(this.socket, 'end'), once(this.socket, 'close')])
  }
}
