import type { WebSocketConnect, WebSocketDisconnect, WebSocketReceive } from '../asgi/messages.ts'
import { Queue } from '../asgi/queue.ts'

type Event = WebSocketConnect | WebSocketReceive | WebSocketDisconnect

/**
 * What a WebSocket application can receive: connect, messages, then the disconnect for ever. Past its
 * size it tells the connection to stop reading, so that the client waits.
 */
export class Inbox {
  readonly #queueBytes: number
  readonly #reading: (wanted: boolean) => void
  readonly #events: Queue<{ readonly event: Event; readonly bytes: number }>
  #waiting: ((event: Event) => void)[]
  #bytes: number
  #last: WebSocketDisconnect | null
  /** To be called when the last event is received for the first time. */
  #told: () => void
  #full: boolean

  constructor(queueBytes: number, reading: (wanted: boolean) => void) {
    this.#queueBytes = queueBytes
    this.#reading = reading
    this.#events = new Queue()
    this.#events.put({ event: { type: 'websocket.connect' }, bytes: 0 })
    this.#waiting = []
    this.#bytes = 0
    this.#last = null
    this.#told = ignore
    this.#full = false
  }

  put(event: WebSocketReceive, bytes: number): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting(event)
      return
    }
    this.#events.put({ event, bytes })
    this.#bytes += bytes
    this.#watch()
  }

  take(): Promise<Event> {
    const next = this.#events.take()
    if (next !== undefined) {
      this.#bytes -= next.bytes
      this.#watch()
      return Promise.resolve(next.event)
    }
    if (this.#last !== null) {
      this.#told()
      return Promise.resolve(this.#last)
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** No message will follow; those that arrived can still be received. `told` is called once somebody learns of it. */
  end(last: WebSocketDisconnect, told: () => void = ignore): void {
    this.#last = last
    this.#told = told
    for (const waiting of this.#waiting.splice(0)) {
      told()
      waiting(last)
    }
  }

  /** Takes an end back of which nobody was told. */
  resume(): void {
    this.#last = null
  }

  /** Forgets the messages that nobody wants any more. */
  drop(): void {
    this.#events.clear()
    this.#bytes = 0
    this.#watch()
  }

  /** A message without bytes still takes room. */
  #watch(): void {
    const full = this.#bytes + 64 * this.#events.length > this.#queueBytes
    if (full === this.#full) return
    this.#full = full
    this.#reading(!full)
  }
}

function ignore(): void {}
