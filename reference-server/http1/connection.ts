import type { Socket } from 'node:net'
import type { Headers } from '../asgi/messages.ts'
import { Exchange, type ResponseTransport } from '../http/exchange.ts'
import { tellRefused } from '../http/refused.ts'
import type { ResponseStart } from '../http/response-events.ts'
import { httpScope, type Origin } from '../http/scope.ts'
import type { Expiring } from '../server/clock.ts'
import type { ServerContext } from '../server/context.ts'
import { cut } from '../server/cut.ts'
import { Delivery } from '../server/delivery.ts'
import { DirectReads } from '../server/direct-reads.ts'
import { WriteGate } from '../server/write-gate.ts'
import type { ByteSink } from './byte-sink.ts'
import { NotHttp1, ProtocolError } from './errors.ts'
import { Expectation } from './expectation.ts'
import { CONTINUE, earlyHints, encodeFields } from './interim.ts'
import { Http1Machine } from './machine.ts'
import { Patience } from './patience.ts'
import { failure, tooBusy, tooSlow } from './refusals.ts'
import type { PartialRequest, RequestHead } from './request-head.ts'
import { finalHead, refusalHead } from './response-head.ts'
import { type Http1WebSocket, type UpgradeHost, upgradeOf } from './upgrade.ts'

/** How much a client may still send once its connection was given up, and of a body nobody wants. */
const DISCARD_BYTES = 1024 * 1024

/** How much may wait behind a request whose application waits for the disconnect, which only reading on can show. */
const PIPELINE_BYTES = 1024 * 1024

/** Room for a first piece of body of unknown length behind the head. */
const TYPICAL_BODY_BYTES = 1024

/** Joins the HTTP/1.1 machine to a socket, and each request to an Exchange with the application. */
export class Http1Connection implements ResponseTransport, UpgradeHost, ByteSink, Expiring {
  readonly #context: ServerContext
  readonly #socket: Socket
  readonly #machine: Http1Machine
  readonly #origin: Origin
  #onPreface: ((socket: Socket) => void) | null
  readonly #gate: WriteGate
  readonly #delivery: Delivery
  readonly #patience: Patience
  readonly #expectation: Expectation
  readonly #reads: DirectReads
  #exchange: Exchange | null
  /** Set from a WebSocket handshake on, in place of an exchange. */
  #webSocket: Http1WebSocket | null
  #head: RequestHead | null
  #started: boolean
  #pumping: boolean
  /** Reading goes on at `release`. */
  #held: boolean
  #discarded: number
  /** The client sends no more, whichever request is being answered. */
  #clientEnded: boolean
  #draining: boolean

  /** `onPreface` takes the socket when the connection begins as none of HTTP/1; null refuses it. */
  constructor(
    context: ServerContext,
    socket: Socket,
    origin: Origin,
    onPreface: ((socket: Socket) => void) | null,
  ) {
    this.#context = context
    this.#socket = socket
    this.#origin = origin
    this.#onPreface = onPreface
    this.#machine = new Http1Machine(context.limits, this)
    this.#gate = new WriteGate(socket, context.highWaterMark)
    this.#delivery = new Delivery(socket, context.timeouts.stallMs)
    this.#patience = new Patience(context.clock, context.timeouts, this.#delivery)
    this.#expectation = new Expectation()
    this.#exchange = null
    this.#webSocket = null
    this.#head = null
    this.#started = false
    this.#pumping = false
    this.#held = false
    this.#discarded = 0
    this.#clientEnded = false
    this.#draining = false
    socket.on('data', this.#received)
    this.#reads = new DirectReads(socket, () => this.#machine.expected)
    socket.on('end', this.#receivedEnd)
    socket.on('drain', this.#drained)
    socket.on('error', () => this.#exchange?.request.clientGone())
    socket.on('close', () => this.#closed())
    context.clock.add(this)
  }

  /** From now on the connection ends with the response in progress, or the next one. */
  drain(): void {
    this.#draining = true
    this.#machine.endAfterResponse()
    this.#webSocket?.drain()
  }

  hold(): void {
    if (this.#socket.isPaused()) return
    this.#held = true
    this.#socket.pause()
  }

  release(): void {
    if (this.#held) this.#socket.resume()
    this.#held = false
  }

  /** Ends it unless a request is in progress or on its way. */
  closeIdle(): void {
    if (this.#exchange === null && this.#machine.idle) this.end()
  }

  destroy(): void {
    const { complete = true, untouched = true } = this.#exchange ?? {}
    if (this.#delivery.pending || !(complete || untouched)) cut(this.#socket)
    else this.#socket.destroy()
  }

  onTick(now: number): void {
    if (this.#delivery.stalled(now)) {
      cut(this.#socket)
      return
    }
    if (!this.#patience.expired(now)) return
    switch (this.#patience.waiting) {
      case 'head':
        this.#refuse(tooSlow())
        return
      case 'next-request':
        this.end()
        return
      case 'body':
      case 'farewell':
        this.destroy()
        return
      case 'application':
      case 'departure':
    }
  }

  readonly #received = (bytes: Buffer): void => {
    if (this.#socket.writableEnded) this.#discard(bytes.length)
    else if (this.#webSocket?.open === true) this.#webSocket.receive(bytes)
    else {
      if (this.#patience.waiting === 'body') this.#patience.await('body')
      this.#machine.feed(bytes)
      this.#pump()
    }
  }

  /** The client has ended its side. It may still read: shutdown(SHUT_WR) does just that. */
  readonly #receivedEnd = (): void => {
    if (this.#socket.writableEnded) return
    if (this.#webSocket !== null) {
      this.#webSocket.clientEnded()
      return
    }
    this.#machine.feedEnd()
    this.#clientEnded = true
    this.#exchange?.request.clientEnded()
    this.#pump()
  }

  /** The client reads again: what waited for that goes on. */
  readonly #drained = (): void => {
    if (this.#exchange !== null || this.#webSocket !== null || this.#socket.writableEnded) return
    this.#socket.resume()
    this.#pump()
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#step()) {
        // each step handles one event of the machine
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (error instanceof NotHttp1 && this.#onPreface !== null) this.#handOver(this.#onPreface)
      else this.#refuse(error)
    } finally {
      this.#pumping = false
    }
    this.#throttle()
  }

  /** Gives the socket away as if nothing had been read from it. */
  #handOver(take: (socket: Socket) => void): void {
    const bytes = this.#machine.takeInput()
    this.#context.clock.remove(this)
    this.#socket.off('data', this.#received)
    this.#reads.release()
    this.#socket.off('end', this.#receivedEnd)
    this.#socket.off('drain', this.#drained)
    this.#socket.pause()
    this.#socket.unshift(bytes)
    take(this.#socket)
  }

  /** Handles one event; false when there is nothing to do before more bytes or a response. */
  #step(): boolean {
    // A client that sends requests and reads no answers must not make us hold them all.
    if (this.#exchange === null && this.#socket.writableLength >= this.#context.highWaterMark) {
      this.#socket.pause()
      return false
    }
    const event = this.#machine.next()
    switch (event.type) {
      case 'request':
        this.#begin(event)
        return true
      case 'data':
        if (this.#expectation.owed) this.#respond(this.#expectation.settle())
        this.#take(event.bytes)
        return true
      case 'end':
        this.#exchange?.request.end()
        if (this.#patience.waiting === 'body') this.#patience.await('application')
        this.#afterResponse()
        return true
      case 'need-data':
        if (this.#head === null) this.#awaitRequest()
        return this.#startApplication()
      case 'paused':
        return this.#startApplication()
      case 'closed':
        if (this.#exchange === null) this.end()
        return false
    }
  }

  /**
   * RFC 9112 §2.2: empty lines before a request line are ignored, so that a connection on which they come is
   * idle. One that has carried no request yet owes its first head from the beginning.
   */
  #awaitRequest(): void {
    if (!this.#started) return
    const waiting = this.#machine.idle ? 'next-request' : 'head'
    if (this.#patience.waiting !== waiting) this.#patience.await(waiting)
  }

  #take(bytes: Uint8Array): void {
    if (this.#exchange?.complete !== false) {
      this.#discard(bytes.length)
      return
    }
    const { request } = this.#exchange
    request.push(bytes)
    if (this.#patience.waiting === 'body' && !request.awaited) this.#patience.await('application')
  }

  #begin(head: RequestHead): void {
    // RFC 9113 §3.4: a preface is how a connection begins, and no message among others.
    this.#onPreface = null
    this.#head = head
    this.#started = false
    this.#discarded = 0
    this.#patience.await('application')
    this.#webSocket = upgradeOf(this.#context, this.#socket, this, head, this.#origin)
    if (this.#webSocket !== null) {
      if (this.#draining) this.#webSocket.drain()
      if (this.#clientEnded) this.#webSocket.clientEnded()
      return
    }
    this.#exchange = new Exchange(this, this.#context, head.method === 'HEAD')
    if (this.#clientEnded) this.#exchange.request.clientEnded()
    this.#expectation.begin(head.expectContinue && head.body !== 0)
  }

  /** Only when all that arrived was read, so that a small request is complete before its first receive. */
  #startApplication(): boolean {
    if (this.#started || this.#head === null) return false
    if (!this.#context.admission.enter()) throw tooBusy()
    this.#started = true
    if (this.#webSocket !== null) {
      this.#webSocket.run()
    } else if (this.#exchange !== null) {
      const scope = httpScope(this.#context, this.#origin, this.#head)
      void this.#exchange.run(this.#context.application, scope)
    }
    return true
  }

  /** Bounds what an application that does not receive, or a client that pipelines, can make us hold. */
  #throttle(): void {
    if (this.#socket.writableEnded) return
    if (this.#overfull()) this.#socket.pause()
    else if (this.#exchange === null) this.#machine.input.releaseIfEmpty()
  }

  #overfull(): boolean {
    const { highWaterMark } = this.#context
    const watched = this.#exchange?.request.watched === true
    return (
      this.#queued() > (watched ? PIPELINE_BYTES : highWaterMark) || this.#growing() > highWaterMark
    )
  }

  /** Bytes that wait for the request before them. A head or a trailer section that is not whole waits for its rest. */
  #queued(): number {
    const busy = this.#exchange !== null || this.#webSocket !== null
    return busy && this.#machine.client !== 'sending' ? this.#machine.input.length : 0
  }

  /**
   * Bytes that wait for receive() and of which more may come. A body that is complete grows no more, and whoever
   * has all of it may wait for the disconnect; once the exchange is over, the rest is read over.
   */
  #growing(): number {
    if (this.#machine.client !== 'sending' || this.#exchange?.complete !== false) return 0
    return this.#exchange.request.buffered
  }

  start(start: ResponseStart): void {
    if (this.#expectation.owed) this.#expectation.hold(start)
    else this.#respond(start)
  }

  #respond(start: ResponseStart | null): void {
    const head = this.#head
    if (head === null || start === null) return
    const encodable = finalHead(head, start, this.#machine.persistent, this.#context)
    const { contentLength } = start
    this.#machine.respond(encodable, contentLength === -1 ? TYPICAL_BODY_BYTES : contentLength)
  }

  body(bytes: Uint8Array, last: boolean): void {
    if (this.#expectation.owed) {
      // Whether the client sends its body without having been asked cannot be known: no request follows.
      this.#machine.endAfterResponse()
      this.#respond(this.#expectation.settle())
    }
    this.#machine.body(bytes, last)
    if (last) this.#afterResponse()
  }

  /** Looks whether the request is over as well, and what comes next. */
  #afterResponse(): void {
    if (this.#exchange?.complete !== true) return
    switch (this.#machine.client) {
      case 'idle':
        this.#exchange = null
        this.#head = null
        this.#patience.await('next-request')
        this.#socket.resume()
        this.#pump()
        return
      case 'sending':
        if (!this.#machine.persistent) this.end()
        else this.#patience.await('body')
        this.#socket.resume()
        return
      case 'done':
      case 'closed':
      case 'error':
      case 'switched':
        this.end()
    }
  }

  trailers(headers: Headers): void {
    const wanted = this.#head?.acceptsTrailers === true
    this.#machine.trailers(encodeFields(wanted ? headers : []))
    this.#afterResponse()
  }

  earlyHint(links: readonly Uint8Array[]): Promise<void> | null {
    if (this.#machine.mayInterim) this.#machine.interim(earlyHints(links))
    return this.accepted()
  }

  /** HTTP/1.1 has no push, and no scope of it offers one. */
  push(): null {
    return null
  }

  accepted(): Promise<void> | null {
    return this.#gate.accepted()
  }

  wantBody(): void {
    if (this.#expectation.owed) {
      this.#machine.interim(CONTINUE)
      this.#respond(this.#expectation.settle())
    }
    this.#patience.await('body')
    this.#socket.resume()
  }

  watchClient(): void {
    if (!this.#held && !this.#overfull()) this.#socket.resume()
  }

  fail(status: number): number {
    return this.#refuse(failure(status))
  }

  truncate(): void {
    this.#machine.endAfterResponse()
    if (this.#head?.version === '1.0') cut(this.#socket)
    else this.end()
  }

  switchProtocol(): Buffer {
    return this.#machine.switchProtocol()
  }

  /**
   * Answers what is no request, or gets no answer otherwise, as long as nothing else was answered; with how many bytes
   * of content.
   */
  #refuse(error: ProtocolError): number {
    const exchange = this.#exchange
    const mayAnswer = exchange === null || exchange.untouched
    exchange?.request.clientGone()
    if (this.#socket.writableEnded || this.#socket.destroyed) return 0
    if (!mayAnswer && !exchange.complete) {
      this.truncate()
      return 0
    }
    let bytesSent = 0
    if (mayAnswer) {
      const text = Buffer.from(`${error.message}\n`)
      const request =
        this.#head === null ? this.#machine.partial : { ...this.#head, target: this.#head }
      const isHead = request.method === 'HEAD'
      if (!isHead) bytesSent = text.length
      this.#tell(request, error.status, bytesSent)
      this.#machine.refuse(refusalHead(error, text.length, isHead, this.#context), text)
    }
    this.end()
    return bytesSent
  }

  /** A WebSocket tells of itself what became of it. */
  #tell(request: PartialRequest, status: number, bytesSent: number): void {
    const { target } = request
    const called = this.#started && this.#head !== null
    if (called) this.#exchange?.answered(status, bytesSent)
    else if (target !== null)
      tellRefused(this.#context, this.#origin, { ...target, ...request }, status, bytesSent)
  }

  /** Sends what is left, then reads on for a while: closing at once could destroy the last answer. */
  end(): void {
    if (this.#socket.writableEnded) return
    this.#socket.once('finish', () => this.#readOn('farewell'))
    this.#socket.end()
    this.#readOn('departure')
  }

  #readOn(waiting: 'departure' | 'farewell'): void {
    this.#patience.await(waiting)
    this.#discarded = 0
    this.#socket.resume()
  }

  #discard(bytes: number): void {
    this.#discarded += bytes
    if (this.#discarded <= DISCARD_BYTES) return
    if (!this.#socket.writableEnded) this.end()
    else if (this.#patience.waiting === 'departure') this.#socket.pause()
    else this.#socket.destroy()
  }

  #closed(): void {
    this.#context.clock.remove(this)
    this.#webSocket?.lost()
    this.#exchange?.request.clientGone()
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  writeParts(parts: readonly Uint8Array[]): void {
    this.#socket.cork()
    for (const part of parts) this.#socket.write(part)
    this.#socket.uncork()
  }
}
