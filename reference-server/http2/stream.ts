import { constants, type ServerHttp2Stream } from 'node:http2'
import { setImmediate } from 'node:timers/promises'
import type { Headers } from '../asgi/messages.ts'
import { carriesBody } from '../http/declared-length.ts'
import { Exchange, type ResponseTransport } from '../http/exchange.ts'
import { tellRefused } from '../http/refused.ts'
import type { ResponseStart } from '../http/response-events.ts'
import { httpScope } from '../http/scope.ts'
import type { ServerContext } from '../server/context.ts'
import { WriteGate } from '../server/write-gate.ts'
import { endWithTrailers, inform, isOver, isUnanswered, respond } from './answer.ts'
import { type Http2Request, hasForbiddenTrailer, readRequest } from './request.ts'
import { checkStatus, errorFields, responseFields, toFields, toValue } from './response-headers.ts'
import { type Carrier, StreamPatience } from './stream-patience.ts'

/** Joins one stream of HTTP/2 to an Exchange with the application. */
export class Http2Exchange implements ResponseTransport {
  readonly #context: ServerContext
  readonly #stream: ServerHttp2Stream
  readonly #request: Http2Request
  readonly #carrier: Carrier
  readonly #exchange: Exchange
  readonly #gate: WriteGate
  readonly #patience: StreamPatience
  /** The head, until the first body bytes come. */
  #pending: ResponseStart | null
  #received: number
  /** In place of the application. */
  #answered: boolean
  /** The head was the whole response: its stream closes although the application has not come to its end. */
  #headAlone: boolean
  /** RFC 9110 §10.1.1: the client waits for an interim response before it sends its body. */
  #continueOwed: boolean

  constructor(
    context: ServerContext,
    stream: ServerHttp2Stream,
    request: Http2Request,
    carrier: Carrier,
  ) {
    this.#context = context
    this.#stream = stream
    this.#request = request
    this.#carrier = carrier
    const { clock, timeouts } = context
    this.#exchange = new Exchange(this, context, request.method === 'HEAD')
    this.#gate = new WriteGate(stream, context.highWaterMark)
    this.#pending = null
    this.#received = 0
    this.#answered = false
    this.#headAlone = false
    this.#continueOwed = request.expectsContinue
    this.#patience = new StreamPatience(clock, timeouts.stallMs, stream, carrier.socket, {
      // Behind the whole response, the rest of the request is.
      awaits: () => this.#exchange.request.awaited || stream.writableFinished,
      stalled: () => this.#giveUp(),
    })
    stream.once('finish', () => this.#patience.renew())
    stream.on('data', (bytes: Buffer) => this.#receive(bytes))
    stream.on('trailers', (...rest) => {
      const [, , raw]: readonly unknown[] = rest
      if (Array.isArray(raw) && hasForbiddenTrailer(raw.map(String))) this.#malformed()
    })
    stream.on('end', () => {
      // Node.js ends a stream that was reset too: that is no END_STREAM.
      if (!stream.aborted && !this.#tooLarge) this.#exchange.request.end()
    })
    stream.on('aborted', () => this.#aborted())
    stream.on('error', () => this.#exchange.request.clientGone())
    stream.on('close', () => {
      if (this.#headAlone) this.#exchange.request.responseComplete()
      else this.#exchange.request.clientGone()
    })
    if (isOver(stream)) this.#aborted()
  }

  /** RFC 9113 §8.1.1, seen when the application has the request already: its end never comes. */
  #malformed(): void {
    this.#exchange.request.clientGone()
    this.#stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
  }

  /** The stream was reset. It closes once what came before was read. */
  #aborted(): void {
    this.#exchange.request.clientGone()
    this.#stream.resume()
  }

  /** Resolves when the application has returned or raised. */
  async run(): Promise<void> {
    if (!this.#context.admission.enter()) {
      tellRefused(this.#context, this.#carrier.origin, this.#request, 503, 0)
      this.fail(503)
      return
    }
    const more = this.#mayPush ? { 'http.response.push': {} } : {}
    const scope = httpScope(this.#context, this.#carrier.origin, this.#request, more)
    await this.#exchange.run(this.#context.application, scope)
  }

  /** RFC 9113 §8.4: promises are made on streams that the client has opened, which have odd numbers. */
  get #mayPush(): boolean {
    return this.#stream.pushAllowed && (this.#stream.id ?? 0) % 2 === 1
  }

  /** What was refused is no request: its end is not the application's. */
  get #tooLarge(): boolean {
    return this.#received > this.#context.limits.bodyBytes
  }

  #receive(bytes: Buffer): void {
    this.#patience.renew()
    // RFC 9113 §8.1: the response does without it. Nobody keeps it, and the client may end its request.
    if (this.#exchange.complete) return
    this.#received += bytes.length
    if (this.#tooLarge) {
      this.#exchange.request.clientGone()
      if (this.#exchange.untouched) this.fail(413)
      else this.truncate()
      return
    }
    this.#exchange.request.push(bytes)
    // Flow control of HTTP/2: the client waits once its window is used up.
    const full = this.#exchange.request.buffered > this.#context.highWaterMark
    if (full && !isOver(this.#stream)) this.#stream.pause()
  }

  /** RFC 9113 §8.1: behind a whole response, no error tells that the rest of the request is not wanted. */
  #giveUp(): void {
    const { writableFinished } = this.#stream
    this.#stream.close(writableFinished ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL)
  }

  start(start: ResponseStart): void {
    checkStatus(start.status)
    this.#pending = start
  }

  #respond(endStream: boolean): void {
    const start = this.#pending
    if (start === null) return
    this.#pending = null
    const trailers = start.trailers && this.#request.acceptsTrailers && !endStream
    const options = { endStream, waitForTrailers: trailers }
    const fields = responseFields(start, this.#context.defaults)
    // Node.js ends what has no content by itself: responses to HEAD, and of some statuses.
    if (respond(this.#stream, fields, options)) this.#headAlone = this.#stream.writableEnded
  }

  body(bytes: Uint8Array, last: boolean): void {
    // What the application has not received is read, and dropped, so that its client can come to an end.
    if (last) this.#stream.resume()
    const start = this.#pending
    const empty = bytes.length === 0 && last
    const bodyless = start !== null && !carriesBody(start.status, this.#request.method === 'HEAD')
    if (start !== null) this.#respond((empty && !start.trailers) || (bodyless && last))
    if (this.#stream.writableEnded || this.#stream.destroyed) return
    if (last) this.#stream.end(bytes)
    else if (bytes.length > 0) this.#stream.write(bytes)
  }

  trailers(headers: Headers): void {
    this.#stream.resume()
    this.#respond(false)
    if (this.#request.acceptsTrailers) endWithTrailers(this.#stream, toFields(headers))
    else this.#stream.end()
  }

  earlyHint(links: readonly Uint8Array[]): Promise<void> | null {
    const link = links.map(toValue)
    return inform(this.#stream, { ':status': 103, link }) ? this.#fieldsAccepted() : null
  }

  /** Fields wait in no buffer of the stream, but in that of the connection, once this turn has ended. */
  async #fieldsAccepted(): Promise<void> {
    await setImmediate()
    await this.#carrier.socket.accepted()
    await this.#carrier.outlet.accepted()
  }

  /** Extension http.response.push: the promised request is served as if the client had sent it. */
  push(path: string, headers: Headers): Promise<void> | null {
    if (!this.#mayPush) return null
    const promise = {
      ':method': 'GET',
      // It is a path alone: what would begin a query or a fragment is a character of it.
      ':path': encodeURI(path).replaceAll(/[?#]/g, encodeURIComponent),
      ':scheme': this.#request.scheme,
      ':authority': this.#request.authority ?? '',
      ...toFields(headers, true),
    }
    this.#stream.pushStream(promise, (error, pushed) => {
      if (error !== null) return
      const raw = Object.entries(promise).flatMap(([name, value]) =>
        [value].flat().flatMap((one) => [name.toLowerCase(), String(one)]),
      )
      const exchange = new Http2Exchange(this.#context, pushed, readRequest(raw), this.#carrier)
      exchange.#exchange.request.end()
      void exchange.run()
    })
    return this.#fieldsAccepted()
  }

  accepted(): Promise<void> | null {
    return this.#gate.accepted()
  }

  wantBody(): void {
    if (this.#continueOwed) inform(this.#stream, { ':status': 100 })
    this.#continueOwed = false
    // The time counts from here, however long the application has taken before.
    this.#patience.renew()
    this.#stream.resume()
  }

  /** Of a client that left, the connection tells, whichever streams are read. */
  watchClient(): void {}

  fail(status: number): void {
    if (!isUnanswered(this.#stream)) {
      this.truncate()
      return
    }
    this.#pending = null
    this.#answered = true
    this.#exchange.answered(status, 0)
    respond(this.#stream, errorFields(status, this.#context.defaults), { endStream: true })
    this.#stream.resume()
  }

  truncate(): void {
    // RFC 9113 §8.1: the answer is whole, only what the client still sends is not wanted.
    if (this.#answered) {
      this.#stream.close(constants.NGHTTP2_NO_ERROR)
      return
    }
    // close() would end the stream first, and the response would look complete.
    this.#stream.destroy(new Error('The response was cut short.'))
  }
}
