import type { ASGIApplication } from '../asgi/application.ts'
import { ClientDisconnected, InvalidEvent } from '../asgi/errors.ts'
import type {
  Headers,
  HttpDisconnectEvent,
  HttpRequestEvent,
  HttpResponseBody,
  HttpResponsePathSend,
  HttpResponsePush,
  HttpResponseTrailers,
  SendEvent,
} from '../asgi/messages.ts'
import type { HttpScope } from '../asgi/scope.ts'
import type { ServerContext } from '../server/context.ts'
import { Watch } from '../server/watch.ts'
import { carriesBody, DeclaredLength } from './declared-length.ts'
import { RequestBody } from './request-body.ts'
import {
  type ResponseStart,
  readBody,
  readHeaders,
  readLinks,
  readStart,
  readTrailers,
} from './response-events.ts'
import { bytesOf, type FilePart, openPath, piecesOf, readFilePart } from './send-file.ts'

/** What a connection of any HTTP version does for one exchange. */
export interface ResponseTransport {
  /** Takes the checked head; it need not leave before the first body event. InvalidEvent where it cannot be sent. */
  start(head: ResponseStart): void
  /** Takes body bytes; with `last` the response is complete. */
  body(bytes: Uint8Array, last: boolean): void
  /** Takes all trailers, which complete the response. */
  trailers(headers: Headers): void
  /** Sends an interim response if none but such has left yet; resolves as `accepted` does. */
  earlyHint(links: readonly Uint8Array[]): Promise<void> | null
  /** Promises another response to a client that wants such promises; resolves as `accepted` does. */
  push(path: string, headers: Headers): Promise<void> | null
  /** Null when the bytes were accepted within the high-water mark, else what resolves once they are. */
  accepted(): Promise<void> | null
  /** The application waits for request body bytes. */
  wantBody(): void
  /** The application has had all of them, and waits for the disconnect. */
  watchClient(): void
  /** Nothing was sent, and nothing will be: answer with this status and end the connection. */
  fail(status: number): void
  /** The response cannot be completed: end the connection so that the client sees the truncation. */
  truncate(): void
}

/**
 * - `in-trailers`: behind the last body event of a response that announced trailers
 * - `broken-off`: the application has come to its end before the response
 */
type Phase = 'before-start' | 'in-body' | 'in-trailers' | 'complete' | 'broken-off'

const RESOLVED: Promise<void> = Promise.resolve()
const EMPTY = new Uint8Array(0)
const NO_TRAILERS: Headers = []

/**
 * One request and its response as ASGI sees them (www.rst, "HTTP"): what `receive()` yields, what
 * `send()` accepts, and what becomes of an application that breaks off. It knows no bytes of any HTTP
 * version.
 */
export class Exchange {
  readonly #transport: ResponseTransport
  readonly #context: ServerContext
  /** Responses to HEAD have no body on the wire, whatever the application sends (RFC 9110 §9.3.2). */
  readonly #isHead: boolean
  readonly #request: RequestBody
  #scope: HttpScope | null
  #phase: Phase
  #start: ResponseStart | null
  /** Null before the start and when no length was declared. */
  #length: DeclaredLength | null
  #trailers: Headers
  /** Resolves when the file that is being sent has left; what is sent meanwhile comes behind it. */
  #file: Promise<void> | null
  #bytesSent: number
  #flushed: boolean
  /** The server answers in place of the application. */
  #failed: boolean
  /** Null unless somebody watches. */
  #watch: Watch | null

  constructor(transport: ResponseTransport, context: ServerContext, isHead: boolean) {
    this.#transport = transport
    this.#context = context
    this.#isHead = isHead
    this.#request = new RequestBody(transport)
    this.#scope = null
    this.#phase = 'before-start'
    this.#start = null
    this.#length = null
    this.#trailers = NO_TRAILERS
    this.#file = null
    this.#bytesSent = 0
    this.#flushed = false
    this.#failed = false
    this.#watch = null
  }

  get complete(): boolean {
    return this.#phase === 'complete'
  }

  /** No byte of the response has left: www.rst lets another take its place until the first body. */
  get untouched(): boolean {
    return !this.#flushed
  }

  /** What the transport fills, and the application receives. */
  get request(): RequestBody {
    return this.#request
  }

  /** The transport has answered in place of the application: that is what becomes of this request. */
  answered(status: number, bytesSent: number): void {
    this.#watch?.end(status, bytesSent)
  }

  /** Calls the application; settles when it returned or raised, and never rejects. */
  async run(application: ASGIApplication, scope: HttpScope): Promise<void> {
    this.#scope = scope
    const { observers, admission } = this.#context
    if (observers.watching) this.#watch = new Watch(observers, scope)
    try {
      await application(scope, this.receive, this.send)
      this.#returned()
    } catch (error) {
      this.#raised(error)
    }
    this.#watch?.end(this.#failed ? 500 : (this.#start?.status ?? null), this.#bytesSent)
    admission.leave()
  }

  readonly receive = (): Promise<HttpRequestEvent | HttpDisconnectEvent> => this.#request.take()

  readonly send = (event: SendEvent): Promise<void> => {
    try {
      return this.#send(event)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #send(event: SendEvent): Promise<void> {
    // www.rst, "Response Body": any further message on the channel is ignored.
    if (this.#phase === 'complete' || this.#phase === 'broken-off') return RESOLVED
    if (this.#request.gone) throw new ClientDisconnected()
    if (this.#file !== null) return this.#sendBehind(this.#file, event)
    if (event?.type === 'http.response.body') return this.#sendBody(event)
    if (event?.type === 'http.response.start') return this.#sendStart(readStart(event))
    return this.#sendExtension(event)
  }

  /** docs/extensions.rst; an extension that the scope does not offer is an unknown type. */
  #sendExtension(event: SendEvent): Promise<void> {
    const type: string = event?.type
    // Whoever announced trailers must be able to end: to a client that does not take them they are not sent.
    if (event?.type === 'http.response.trailers') return this.#sendTrailers(event)
    if (this.#scope === null || !Object.hasOwn(this.#scope.extensions, type)) {
      throw new InvalidEvent(`This http scope takes no event of type ${type}.`)
    }
    if (event.type === 'http.response.early_hint') {
      return this.#transport.earlyHint(readLinks(event)) ?? RESOLVED
    }
    if (event.type === 'http.response.push') return this.#sendPush(event)
    if (this.#phase !== 'in-body') {
      throw new InvalidEvent('A file comes between http.response.start and the last body.')
    }
    if (event.type === 'http.response.pathsend') {
      return this.#alone(this.#sendPath(event))
    }
    if (event.type === 'http.response.zerocopysend') {
      return this.#alone(this.#sendFile(readFilePart(event), event.more_body !== true))
    }
    throw new InvalidEvent(`This http scope takes no event of type ${type}.`)
  }

  /** Nothing gets between the pieces of a file, nor completes the response before them. */
  #alone(sending: Promise<void>): Promise<void> {
    const over = (): void => {
      this.#file = null
    }
    this.#file = sending.then(over, over)
    return this.#file.then(() => sending)
  }

  async #sendBehind(file: Promise<void>, event: SendEvent): Promise<void> {
    await file
    await this.#send(event)
  }

  #sendStart(start: ResponseStart): Promise<void> {
    if (this.#phase !== 'before-start') {
      throw new InvalidEvent('http.response.start was sent already.')
    }
    this.#transport.start(start)
    this.#phase = 'in-body'
    this.#start = start
    if (start.contentLength !== -1) this.#length = new DeclaredLength(start)
    return RESOLVED
  }

  #sendBody(event: HttpResponseBody): Promise<void> {
    const body = readBody(event)
    if (this.#start === null || this.#phase !== 'in-body') {
      throw new InvalidEvent('Body events come after http.response.start, the last one once.')
    }
    this.#putBody(this.#start, body, event.more_body !== true)
    return this.#transport.accepted() ?? RESOLVED
  }

  #putBody(start: ResponseStart, body: Uint8Array, last: boolean): void {
    const visible = carriesBody(start.status, this.#isHead)
    if (visible) this.#length?.admit(body.length, last)
    this.#flushed = true
    const completes = last && !start.trailers
    if (completes) this.#phase = 'complete'
    else if (last) this.#phase = 'in-trailers'
    if (visible) this.#bytesSent += body.length
    this.#transport.body(visible ? body : EMPTY, completes)
    if (completes) this.#completed()
  }

  #completed(): void {
    this.#watch?.end(this.#start?.status ?? null, this.#bytesSent)
    this.#request.responseComplete()
  }

  /** Extension http.response.trailers: sent on only if the client takes them. */
  #sendTrailers(event: HttpResponseTrailers): Promise<void> {
    if (this.#phase !== 'in-trailers') {
      throw new InvalidEvent('Trailers were not announced, or come before the last body event.')
    }
    this.#trailers = [...this.#trailers, ...readTrailers(event)]
    if (event.more_trailers === true) return RESOLVED
    this.#phase = 'complete'
    this.#transport.trailers(this.#trailers)
    this.#completed()
    return this.#transport.accepted() ?? RESOLVED
  }

  #sendPush(event: HttpResponsePush): Promise<void> {
    if (this.#phase !== 'in-body') {
      throw new InvalidEvent('A push comes between http.response.start and the last body.')
    }
    if (typeof event.path !== 'string' || !event.path.startsWith('/')) {
      throw new InvalidEvent('path is the path of a URL.')
    }
    return this.#transport.push(event.path, readHeaders(event.headers)) ?? RESOLVED
  }

  async #sendPath(event: HttpResponsePathSend): Promise<void> {
    const part = await openPath(event)
    try {
      await this.#sendFile(part, true)
    } finally {
      await part.file.close()
    }
  }

  /** Each piece counts against the declared length before it leaves, as any body does. */
  async #sendFile(part: FilePart, last: boolean): Promise<void> {
    const start = this.#start
    if (start === null) return
    for await (const piece of piecesOf(await this.#admit(start, part, last))) {
      if (!this.#continues()) return
      this.#putBody(start, piece, false)
      const accepted = this.#transport.accepted()
      if (accepted !== null) await accepted
    }
    if (last && this.#continues()) this.#putBody(start, EMPTY, true)
  }

  /** All of the file is held against the declared length before any of it leaves: a refused event changes nothing. */
  async #admit(start: ResponseStart, part: FilePart, last: boolean): Promise<FilePart> {
    if (this.#length === null || !carriesBody(start.status, this.#isHead)) return part
    const count = await bytesOf(part)
    if (count === null) return part
    this.#length.check(count, last)
    return { ...part, count }
  }

  /** False when the application came to its end while a file was read. */
  #continues(): boolean {
    if (this.#phase !== 'in-body') return false
    if (this.#request.gone) throw new ClientDisconnected()
    return true
  }

  #returned(): void {
    if (this.#phase === 'complete') return
    this.#phase = 'broken-off'
    if (this.#request.gone) {
      this.#transport.truncate()
      return
    }
    const { exchangeLog } = this.#context
    exchangeLog.applicationLeftEarly('The application returned before its response was complete.')
    if (this.#flushed) this.#transport.truncate()
    else this.#fail()
  }

  /** asgi.rst, "Error Handling": the application and its connection end, our own exceptions silently. */
  #raised(error: unknown): void {
    if (!(error instanceof ClientDisconnected)) this.#context.exchangeLog.applicationFailed(error)
    if (this.#phase === 'complete') return
    this.#phase = 'broken-off'
    if (!this.#flushed && !this.#request.gone) this.#fail()
    else this.#transport.truncate()
  }

  #fail(): void {
    this.#failed = true
    this.#transport.fail(500)
  }
}
