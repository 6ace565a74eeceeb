import type { HttpDisconnectEvent, HttpRequestEvent } from '../asgi/messages.ts'

type Event = HttpRequestEvent | HttpDisconnectEvent

const EMPTY = new Uint8Array(0)

/** What an application can receive of one HTTP request: its body in pieces, then the disconnect. */
export class RequestBody {
  readonly #wantMore: () => void
  #chunks: Uint8Array[]
  #buffered: number
  #ended: boolean
  #finalDelivered: boolean
  #responded: boolean
  #gone: boolean
  /** The client has ended its side of the connection; whether it still reads is not known. */
  #clientEnded: boolean
  #waiting: ((event: Event) => void)[]

  constructor(wantMore: () => void) {
    this.#wantMore = wantMore
    this.#chunks = []
    this.#buffered = 0
    this.#ended = false
    this.#finalDelivered = false
    this.#responded = false
    this.#gone = false
    this.#clientEnded = false
    this.#waiting = []
  }

  /** Bytes that the application has not received. */
  get buffered(): number {
    return this.#buffered
  }

  /** The client cannot be reached any more, as far as is known. */
  get gone(): boolean {
    return this.#gone
  }

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#buffered += bytes.length
    this.#wake()
  }

  /** The request is complete. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  responseComplete(): void {
    this.#responded = true
    this.#wake()
  }

  /** The client can no longer be reached, or broke off its request. */
  clientGone(): void {
    this.#gone = true
    this.#wake()
  }

  /**
   * The client will send no more. It may be gone or wait for the response, so the response goes on,
   * unless the application asks and is told of a disconnect: the client counts as gone then.
   */
  clientEnded(): void {
    this.#clientEnded = true
    this.#wake()
  }

  take(): Promise<Event> {
    if (this.#waiting.length === 0) {
      const event = this.#next()
      if (event !== null) return Promise.resolve(event)
    }
    if (!this.#ended) this.#wantMore()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  #next(): Event | null {
    // www.rst, "Disconnect - receive event": after the response, or once the connection is closed.
    if (this.#responded) return { type: 'http.disconnect' }
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#buffered -= chunk.length
      const more = !(this.#ended && this.#chunks.length === 0)
      this.#finalDelivered = !more
      return { type: 'http.request', body: chunk, more_body: more }
    }
    if (this.#ended && !this.#finalDelivered) {
      this.#finalDelivered = true
      return { type: 'http.request', body: EMPTY, more_body: false }
    }
    if (this.#clientEnded && this.#ended) this.#gone = true
    return this.#gone ? { type: 'http.disconnect' } : null
  }

  #wake(): void {
    while (this.#waiting.length > 0) {
      const event = this.#next()
      if (event === null) return
      this.#waiting.shift()?.(event)
    }
  }
}
