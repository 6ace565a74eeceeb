import type { Socket } from 'node:net'
import { Exchange, type ResponseTransport } from '../http/exchange.ts'
import type { ResponseStart } from '../http/response-events.ts'
import { type Addresses, httpScope } from '../http/scope.ts'
import type { Expiring } from '../server/clock.ts'
import type { ServerContext } from '../server/context.ts'
import type { ByteSink } from './byte-sink.ts'
import { ProtocolError } from './errors.ts'
import { Http1Machine } from './machine.ts'
import type { RequestHead } from './request-head.ts'
import { finalHead, refusalHead } from './response-head.ts'

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
const NEVER = Number.POSITIVE_INFINITY

/** How long and how much a client may still talk once its connection was given up (RFC 9112 §9.6). */
const LINGER_MS = 2_000
const LINGER_BYTES = 1024 * 1024

/** What the connection waits for: it decides what happens at the deadline. */
type Waiting = 'head' | 'next-request' | 'body' | 'application' | 'end'

/** Joins the HTTP/1.1 machine to a socket, and each request to an Exchange with the application. */
export class Http1Connection implements ResponseTransport, ByteSink, Expiring {
  readonly #context: ServerContext
  readonly #socket: Socket
  readonly #machine: Http1Machine
  readonly #addresses: Addresses
  readonly #onClosed: (connection: Http1Connection) => void
  #exchange: Exchange | null
  #head: RequestHead | null
  #started: boolean
  #pumping: boolean
  /** The client waits for `100 Continue` before it sends its body. */
  #continueOwed: boolean
  /** A final head that an application sent before it asked for the body: 100 could still precede it. */
  #heldStart: ResponseStart | null
  #acceptance: Promise<void> | null
  #accept: (() => void) | null
  #waiting: Waiting
  #deadline: number
  #stallTimerArmed: boolean
  #discarded: number

  constructor(
    context: ServerContext,
    socket: Socket,
    addresses: Addresses,
    onClosed: (connection: Http1Connection) => void,
  ) {
    this.#context = context
    this.#socket = socket
    this.#addresses = addresses
    this.#onClosed = onClosed
    this.#machine = new Http1Machine(context.limits, this)
    this.#exchange = null
    this.#head = null
    this.#started = false
    this.#pumping = false
    this.#continueOwed = false
    this.#heldStart = null
    this.#acceptance = null
    this.#accept = null
    this.#waiting = 'head'
    this.#deadline = context.clock.now + context.timeouts.headerMs
    this.#stallTimerArmed = false
    this.#discarded = 0
    socket.on('data', (bytes: Buffer) => this.#received(bytes))
    socket.on('end', () => this.#receivedEnd())
    socket.on('drain', () => this.#release())
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => this.#exchange?.clientGone())
    socket.on('close', () => this.#closed())
    context.clock.add(this)
  }

  /** From now on the connection ends with the response in progress, or the next one. */
  drain(): void {
    this.#machine.endAfterResponse()
  }

  /** Ends it unless a request is in progress or on its way. */
  closeIdle(): void {
    if (this.#exchange === null && this.#machine.idle) this.#end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  onTick(now: number): void {
    this.#watchWrites()
    if (now < this.#deadline) return
    switch (this.#waiting) {
      case 'head':
        this.#refuse(new ProtocolError(408, 'RFC 9110 §15.5.9', 'The request took too long.'))
        return
      case 'next-request':
        this.#end()
        return
      case 'body':
      case 'end':
        this.#socket.destroy()
        return
      case 'application':
    }
  }

  /** A client that does not read is cut after the stall time; the socket knows of partial progress. */
  #watchWrites(): void {
    const blocked = this.#socket.writableLength > 0
    if (blocked === this.#stallTimerArmed) return
    this.#stallTimerArmed = blocked
    this.#socket.setTimeout(blocked ? this.#context.timeouts.stallMs : 0)
  }

  #wait(waiting: Waiting, milliseconds: number): void {
    this.#waiting = waiting
    this.#deadline = milliseconds === NEVER ? NEVER : this.#context.clock.now + milliseconds
  }

  #received(bytes: Buffer): void {
    if (this.#socket.writableEnded) {
      this.#discard(bytes.length)
      return
    }
    if (this.#waiting === 'next-request') this.#wait('head', this.#context.timeouts.headerMs)
    this.#machine.feed(bytes)
    this.#pump()
    this.#throttle()
  }

  /** The client has ended its side. It may still read: `nc` and shutdown(SHUT_WR) do just that. */
  #receivedEnd(): void {
    if (this.#socket.writableEnded) return
    this.#machine.feedEnd()
    this.#exchange?.clientEnded()
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
      this.#refuse(error)
    } finally {
      this.#pumping = false
    }
  }

  /** Handles one event; false when there is nothing to do before more bytes or a response. */
  #step(): boolean {
    const event = this.#machine.next()
    switch (event.type) {
      case 'request':
        this.#begin(event)
        return true
      case 'data':
        this.#bodyArrives()
        if (this.#exchange?.complete === false) this.#exchange.pushBody(event.bytes)
        else this.#discard(event.bytes.length)
        return true
      case 'end':
        this.#exchange?.endBody()
        if (this.#waiting === 'body') this.#wait('application', NEVER)
        this.#afterResponse()
        return true
      case 'need-data':
      case 'paused':
        return this.#startApplication()
      case 'closed':
        if (this.#exchange === null) this.#end()
        return false
    }
  }

  #begin(head: RequestHead): void {
    this.#head = head
    this.#exchange = new Exchange(this, this.#context.exchangeLog, head.method === 'HEAD')
    this.#started = false
    this.#discarded = 0
    this.#continueOwed = head.expectContinue && head.body !== 0
    this.#wait('application', NEVER)
  }

  /** The client did not wait for `100 Continue`. */
  #bodyArrives(): void {
    this.#continueOwed = false
    if (this.#heldStart !== null) this.#respond(this.#heldStart)
    this.#heldStart = null
  }

  /** Only when all that arrived was read, so that a small request is complete before its first receive. */
  #startApplication(): boolean {
    const exchange = this.#exchange
    if (this.#started || exchange === null || this.#head === null) return false
    this.#started = true
    const { application, scheme, rootPath, state } = this.#context
    const scope = httpScope(this.#head, this.#addresses, scheme, rootPath, state)
    void exchange.run(application, scope)
    return true
  }

  /** Bounds what an application that does not receive, or a client that pipelines, can make us hold. */
  #throttle(): void {
    const held = this.#machine.input.length + (this.#exchange?.buffered ?? 0)
    if (held > this.#context.highWaterMark) this.#socket.pause()
    else if (this.#exchange === null) this.#machine.input.releaseIfEmpty()
  }

  start(start: ResponseStart): void {
    if (this.#continueOwed) this.#heldStart = start
    else this.#respond(start)
  }

  #respond(start: ResponseStart): void {
    const head = this.#head
    if (head === null) return
    const encodable = finalHead(head, start, this.#machine.persistent, this.#context)
    this.#machine.respond(encodable, start.contentLength === -1 ? 1024 : start.contentLength)
  }

  body(bytes: Uint8Array, last: boolean): void {
    if (this.#heldStart !== null) this.#respondUnasked(this.#heldStart)
    this.#machine.body(bytes, last)
    if (last) this.#afterResponse()
  }

  /** Looks whether the request is over as well, and what comes next. */
  #afterResponse(): void {
    const exchange = this.#exchange
    if (exchange === null || !exchange.complete) return
    switch (this.#machine.client) {
      case 'idle':
        this.#exchange = null
        this.#head = null
        this.#wait('next-request', this.#context.timeouts.keepAliveMs)
        if (this.#machine.input.length > 0) this.#wait('head', this.#context.timeouts.headerMs)
        this.#socket.resume()
        this.#pump()
        return
      case 'sending':
        if (!this.#machine.persistent) this.#end()
        else this.#wait('body', this.#context.timeouts.stallMs)
        this.#socket.resume()
        return
      case 'done':
      case 'closed':
      case 'error':
      case 'switched':
        this.#end()
    }
  }

  /**
   * RFC 9110 §10.1.1: a final status instead of `100 Continue`. Whether the client sends the body all
   * the same cannot be known, so no request can follow.
   */
  #respondUnasked(start: ResponseStart): void {
    this.#heldStart = null
    this.#machine.endAfterResponse()
    this.#respond(start)
  }

  accepted(): Promise<void> | null {
    if (this.#socket.writableLength < this.#context.highWaterMark) return null
    this.#acceptance ??= new Promise((resolve) => {
      this.#accept = resolve
    })
    return this.#acceptance
  }

  #release(): void {
    this.#accept?.()
    this.#accept = null
    this.#acceptance = null
  }

  wantBody(): void {
    if (this.#continueOwed) {
      this.#continueOwed = false
      this.#machine.interim()
      this.#socket.write(CONTINUE)
      if (this.#heldStart !== null) this.#respond(this.#heldStart)
      this.#heldStart = null
    }
    this.#wait('body', this.#context.timeouts.stallMs)
    this.#socket.resume()
  }

  fail(status: number): void {
    this.#refuse(new ProtocolError(status, 'asgi.rst', 'The application failed.'))
  }

  truncate(): void {
    this.#machine.endAfterResponse()
    // A body that ends with the connection would look complete if the connection ended in order.
    if (this.#head?.version === '1.0') this.#socket.resetAndDestroy()
    else this.#end()
  }

  /** Answers what is no request, or fails to get an answer, as long as nothing else was answered. */
  #refuse(error: ProtocolError): void {
    const exchange = this.#exchange
    const mayAnswer = exchange === null || exchange.untouched
    exchange?.clientGone()
    if (this.#socket.writableEnded || this.#socket.destroyed) return
    if (!mayAnswer && exchange !== null && !exchange.complete) {
      this.truncate()
      return
    }
    const text = Buffer.from(`${error.message}\n`)
    if (mayAnswer) {
      const isHead = this.#head?.method === 'HEAD' && exchange !== null
      this.#machine.refuse(refusalHead(error.status, text.length, isHead, this.#context), text)
    }
    this.#end()
  }

  /** Sends what is left, then reads on for a while: closing at once could destroy the last answer. */
  #end(): void {
    this.#wait('end', LINGER_MS)
    this.#discarded = 0
    this.#socket.end()
    this.#socket.resume()
  }

  #discard(bytes: number): void {
    this.#discarded += bytes
    if (this.#discarded > LINGER_BYTES) this.#socket.destroy()
  }

  #closed(): void {
    this.#context.clock.remove(this)
    this.#exchange?.clientGone()
    this.#release()
    this.#onClosed(this)
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
