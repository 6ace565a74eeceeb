import type { ASGIApplication } from '../asgi/application.ts'
import { ClientDisconnected, InvalidEvent } from '../asgi/errors.ts'
import type { HttpDisconnectEvent, HttpRequestEvent, SendEvent } from '../asgi/messages.ts'
import type { HttpScope } from '../asgi/scope.ts'
import { carriesBody, DeclaredLength } from './declared-length.ts'
import { type ResponseStart, readBody, readStart } from './response-events.ts'

/** What a connection of any HTTP version does for one exchange. */
export interface ResponseTransport {
  /** Takes the checked head; it need not leave before the first body event. */
  start(head: ResponseStart): void
  /** Takes body bytes; with `last` the response is complete. */
  body(bytes: Uint8Array, last: boolean): void
  /** Null when the bytes were accepted within the high-water mark, else what resolves once they are. */
  accepted(): Promise<void> | null
  /** The application waits for request body bytes. */
  wantBody(): void
  /** Nothing was sent, and nothing will be: answer with this status and end the connection. */
  fail(status: number): void
  /** The response cannot be completed: end the connection so that the client sees the truncation. */
  truncate(): void
}

export interface ExchangeLog {
  applicationFailed(error: unknown): void
  applicationLeftEarly(rule: string): void
}

type Phase = 'before-start' | 'in-body' | 'complete'

const RESOLVED: Promise<void> = Promise.resolve()
const EMPTY = new Uint8Array(0)
const DISCONNECT: HttpDisconnectEvent = { type: 'http.disconnect' }

/**
 * One request and its response as ASGI sees them (www.rst, "HTTP"): what `receive()` yields, what
 * `send()` accepts, and what becomes of an application that breaks off. It knows no bytes of any HTTP
 * version.
 */
export class Exchange {
  readonly #transport: ResponseTransport
  readonly #log: ExchangeLog
  /** Responses to HEAD have no body on the wire, whatever the application sends (RFC 9110 §9.3.2). */
  readonly #isHead: boolean
  #phase: Phase
  #start: ResponseStart | null
  /** Null before the start and when no length was declared. */
  #length: DeclaredLength | null
  #chunks: Uint8Array[]
  #buffered: number
  #bodyEnded: boolean
  #finalDelivered: boolean
  #gone: boolean
  /** The client has ended its side of the connection; whether it still reads is not known. */
  #clientEnded: boolean
  #waiting: ((event: HttpRequestEvent | HttpDisconnectEvent) => void)[]

  constructor(transport: ResponseTransport, log: ExchangeLog, isHead: boolean) {
    this.#transport = transport
    this.#log = log
    this.#isHead = isHead
    this.#phase = 'before-start'
    this.#start = null
    this.#length = null
    this.#chunks = []
    this.#buffered = 0
    this.#bodyEnded = false
    this.#finalDelivered = false
    this.#gone = false
    this.#clientEnded = false
    this.#waiting = []
  }

  get complete(): boolean {
    return this.#phase === 'complete'
  }

  /** Nothing of the response has been handed to the transport. */
  get untouched(): boolean {
    return this.#phase === 'before-start'
  }

  /** Request body bytes that the application has not received. */
  get buffered(): number {
    return this.#buffered
  }

  /** Calls the application; settles when it returned or raised, and never rejects. */
  async run(application: ASGIApplication, scope: HttpScope): Promise<void> {
    try {
      await application(scope, this.receive, this.send)
    } catch (error) {
      this.#raised(error)
      return
    }
    this.#returned()
  }

  /** From the transport: bytes of the request body. */
  pushBody(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#buffered += bytes.length
    this.#wake()
  }

  /** From the transport: the request is complete. */
  endBody(): void {
    this.#bodyEnded = true
    this.#wake()
  }

  /** From the transport: the client can no longer be reached, or broke off its request. */
  clientGone(): void {
    this.#gone = true
    this.#wake()
  }

  /**
   * From the transport: the client will send no more. It may be gone or wait for the response, so the
   * response goes on, unless the application asks and is told of a disconnect: `send()` raises then.
   */
  clientEnded(): void {
    this.#clientEnded = true
    this.#wake()
  }

  readonly receive = (): Promise<HttpRequestEvent | HttpDisconnectEvent> => {
    if (this.#waiting.length === 0) {
      const event = this.#nextEvent()
      if (event !== null) return Promise.resolve(event)
    }
    if (!this.#bodyEnded) this.#transport.wantBody()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  readonly send = (event: SendEvent): Promise<void> => {
    try {
      return this.#send(event)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #nextEvent(): HttpRequestEvent | HttpDisconnectEvent | null {
    // www.rst, "Disconnect - receive event": after the response, or once the connection is closed.
    if (this.#phase === 'complete') return DISCONNECT
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#buffered -= chunk.length
      const more = !(this.#bodyEnded && this.#chunks.length === 0)
      this.#finalDelivered = !more
      return { type: 'http.request', body: chunk, more_body: more }
    }
    if (this.#bodyEnded && !this.#finalDelivered) {
      this.#finalDelivered = true
      return { type: 'http.request', body: EMPTY, more_body: false }
    }
    if (this.#clientEnded && this.#bodyEnded) this.#gone = true
    return this.#gone ? DISCONNECT : null
  }

  #wake(): void {
    while (this.#waiting.length > 0) {
      const event = this.#nextEvent()
      if (event === null) return
      this.#waiting.shift()?.(event)
    }
  }

  #send(event: SendEvent): Promise<void> {
    // www.rst, "Response Body": any further message on the channel is ignored.
    if (this.#phase === 'complete') return RESOLVED
    if (this.#gone) throw new ClientDisconnected()
    const type: string = event?.type
    if (event.type === 'http.response.body') {
      const body = readBody(event)
      return this.#sendBody(body, event.more_body !== true)
    }
    if (event.type === 'http.response.start') return this.#sendStart(readStart(event))
    throw new InvalidEvent(`An http scope takes no event of type ${type}.`)
  }

  #sendStart(start: ResponseStart): Promise<void> {
    if (this.#phase !== 'before-start') {
      throw new InvalidEvent('http.response.start was sent already.')
    }
    this.#phase = 'in-body'
    this.#start = start
    if (start.contentLength !== -1) this.#length = new DeclaredLength(start)
    this.#transport.start(start)
    return RESOLVED
  }

  #sendBody(body: Uint8Array, last: boolean): Promise<void> {
    const start = this.#start
    if (start === null) throw new InvalidEvent('http.response.start comes before any body.')
    const visible = carriesBody(start.status, this.#isHead)
    if (visible) this.#length?.admit(body.length, last)
    if (last) this.#phase = 'complete'
    this.#transport.body(visible ? body : EMPTY, last)
    if (last) this.#wake()
    return this.#transport.accepted() ?? RESOLVED
  }

  #returned(): void {
    if (this.#phase === 'complete') return
    if (this.#gone) {
      this.#transport.truncate()
      return
    }
    if (this.#phase === 'before-start') {
      this.#log.applicationLeftEarly('The application returned without a response.')
      this.#transport.fail(500)
    } else {
      this.#log.applicationLeftEarly('The application returned before its response was complete.')
      this.#transport.truncate()
    }
  }

  /** asgi.rst, "Error Handling": the application and its connection end, our own exceptions silently. */
  #raised(error: unknown): void {
    if (!(error instanceof ClientDisconnected)) this.#log.applicationFailed(error)
    if (this.#phase === 'complete') return
    if (this.#phase === 'before-start' && !this.#gone) this.#transport.fail(500)
    else this.#transport.truncate()
  }
}
