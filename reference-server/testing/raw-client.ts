import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A client that sends bytes as they are and keeps every byte that it gets, as latin1 text. */
export class RawClient {
  readonly socket: Socket
  readonly #changes: EventEmitter
  #text: string
  #ended: boolean

  private constructor(socket: Socket) {
    this.socket = socket
    this.#changes = new EventEmitter()
    this.#text = ''
    this.#ended = false
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1')
      this.#changes.emit('change')
    })
    socket.on('error', () => {})
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#ended = true
        this.#changes.emit('change')
      })
    }
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
      await once(this.#changes, 'change')
    }
    return this.#text
  }

  /** Resolves with everything received once the server has ended the stream, or reset it. */
  async untilEnd(): Promise<string> {
    while (!this.#ended) await once(this.#changes, 'change')
    return this.#text
  }
}
