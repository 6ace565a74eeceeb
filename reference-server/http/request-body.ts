import type { HttpDisconnectEvent, HttpRequestEvent } from '../asgi/messages.ts'
import { Queue } from '../asgi/queue.ts'

type Event = HttpRequestEvent | HttpDisconnectEvent

const EMPTY = new Uint8Array(0)

/** Where the bytes come from. */
export interface BodySource {
  /** The application waits for more of them. */
  wantBody(): void
  /** It has had all of them, and waits for the disconnect. */
  watchClient(): void
}

/** What an application can receive of one HTTP request: its body in pieces, then the disconnect. */
export class RequestBody {
  readonly #source: BodySource
  /** The only or oldest piece, apart from the others: most requests have one piece or none. */
  #first: Uint8Array | null
  #rest: Queue<Uint8Array> | null
  #buffered: number
  #ended: boolean
  #finalDelivered: boolean
  #responded: boolean
  #gone: boolean
  /** The client has ended its side of the connection; whether it still reads is not known. */
  #clientEnded: boolean
  #waiting: ((event: Event) => void)[] | null

  constructor(source: BodySource) {
    this.#source = source
    this.#first = null
    this.#rest = null
    this.#buffered = 0
    this.#ended = false
    this.#finalDelivered = false
    this.#responded = false
    this.#gone = false
    this.#clientEnded = false
    this.#waiting = null
  }

  /** Bytes that the application has not received. */
  get buffered(): number {
    return this.#buffered
  }

  /** The application waits for content that has not arrived. */
  get awaited(): boolean {
    return this.#waiting !== null && !this.#ended
  }

  /** The application waits for the disconnect. */
  get watched(): boolean {
    return this.#waiting !== null && this.#ended
  }

  /** The client cannot be reached any more, as far as is known. */
  get gone(): boolean {
    return this.#gone
  }

  push(bytes: Uint8Array): void {
    if (this.#first === null) this.#first = bytes
    else {
      this.#rest ??= new Queue()
      this.#rest.put(bytes)
    }
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
    if (this.#waiting === null) {
      const event = this.#next()
      if (event !== null) return Promise.resolve(event)
    }
    if (!this.#ended) this.#source.wantBody()
    return new Promise((resolve) => {
      if (this.#waiting === null) this.#waiting = [resolve]
      else this.#waiting.push(resolve)
      if (this.#ended) this.#source.watchClient()
    })
  }

  #next(): Event | null {
    // www.rst, "Disconnect - receive event": after the response, or once the connection is closed.
    if (this.#responded) return { type: 'http.disconnect' }
    const chunk = this.#first
    if (chunk !== null) {
      this.#first = this.#rest?.take() ?? null
      this.#buffered -= chunk.length
      const more = !(this.#ended && this.#first === null)
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
    while (this.#waiting !== null) {
      const event = this.#next()
      if (event === null) return
      const [resolve, ...others] = this.#waiting
      this.#waiting = others.length === 0 ? null : others
      resolve?.(event)
    }
  }
}
