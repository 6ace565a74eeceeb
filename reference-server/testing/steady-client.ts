import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What became of the requests of a client that never pauses. */
export interface Tally {
  answered: number
  /** Sent, or on a connection that was accepted, and not answered: what a server must not do. */
  readonly lost: string[]
  /** Connections that were refused: nobody listened any more. */
  refused: number
}

const REQUEST = (path: string, keepAlive: boolean): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${keepAlive ? '' : 'Connection: close\r\n'}\r\n`

/**
 * Lanes that send one request after another, on connections kept as long as the server keeps them, or
 * on a new one for each request. A lane ends when a connection is refused.
 */
export class SteadyClient {
  readonly tally: Tally
  readonly #port: number
  readonly #lanes: Promise<void>[]
  #stopping: boolean

  constructor(port: number) {
    this.tally = { answered: 0, lost: [], refused: 0 }
    this.#port = port
    this.#lanes = []
    this.#stopping = false
  }

  start(lanes: number, keepAlive: boolean): void {
    for (let i = 0; i < lanes; i += 1) this.#lanes.push(this.#lane(keepAlive))
  }

  /** Resolves once `count` requests were answered since the call. */
  async answers(count: number): Promise<void> {
    const wanted = this.tally.answered + count
    while (this.tally.answered < wanted) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lets every request in flight finish. */
  async stop(): Promise<Tally> {
    this.#stopping = true
    return await this.ended()
  }

  /** Resolves once all lanes have ended. */
  async ended(): Promise<Tally> {
    await Promise.all(this.#lanes)
    return this.tally
  }

  async #lane(keepAlive: boolean): Promise<void> {
    while (!this.#stopping) {
      const socket = connect({ port: this.#port, host: '127.0.0.1' })
      try {
        await once(socket, 'connect')
      } catch {
        this.tally.refused += 1
        return
      }
      await this.#use(socket, keepAlive)
      socket.destroy()
    }
  }

  /** Sends requests until the server says that the connection ends, as it may, or breaks it off. */
  async #use(socket: Socket, keepAlive: boolean): Promise<void> {
    const answers = answersOf(socket)
    while (!this.#stopping) {
      socket.write(REQUEST('/', keepAlive))
      const { value: answer, done } = await answers.next()
      if (done === true) {
        this.tally.lost.push(answer)
        return
      }
      this.tally.answered += 1
      if (/\r\nconnection: close\r\n/i.test(answer)) return
    }
  }
}

/** Complete responses with a declared length, one after the other; returns why there is no other. */
async function* answersOf(socket: Socket): AsyncGenerator<string, string, void> {
  let text = ''
  try {
    for await (const bytes of socket) {
      text += String(bytes)
      const head = text.indexOf('\r\n\r\n')
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
      if (head === -1 || length === undefined) continue
      if (text.length < head + 4 + Number(length)) continue
      yield text
      text = ''
    }
  } catch (error) {
    return String(error)
  }
  return `ended after ${JSON.stringify(text)}`
}
