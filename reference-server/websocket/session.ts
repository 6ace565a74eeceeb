import type { ASGIApplication } from '../asgi/application.ts'
import { ClientDisconnected, InvalidEvent } from '../asgi/errors.ts'
import type {
  SendEvent,
  WebSocketAccept,
  WebSocketConnect,
  WebSocketDisconnect,
  WebSocketReceive,
} from '../asgi/messages.ts'
import type { WebSocketScope } from '../asgi/scope.ts'
import { carriesBody, DeclaredLength } from '../http/declared-length.ts'
import { type ResponseStart, readBody, readStart } from '../http/response-events.ts'
import type { ServerContext } from '../server/context.ts'
import { Watch } from '../server/watch.ts'
import type { Frames } from './frames.ts'
import { Inbox } from './inbox.ts'
import { type Acceptance, type Closing, readAccept, readClose, readSend } from './send-events.ts'

/** What the connection below does for a WebSocket. */
export interface WebSocketTransport {
  /** Completes the handshake; frames flow from here on. */
  accept(acceptance: Acceptance): Frames
  /** Answers the handshake with an HTTP response of no content of the application's; how many bytes the server's has. */
  deny(status: number): number
  /** InvalidEvent where such a response cannot be sent. */
  denialStart(start: ResponseStart): void
  denialBody(bytes: Uint8Array, last: boolean): void
  /** Null when the bytes were accepted within the high-water mark, else what resolves once they are. */
  accepted(): Promise<void> | null
  /** Reads on, or lets the client wait. */
  reading(wanted: boolean): void
  /** The close frame has left: the client has a while to answer it. */
  awaitClose(): void
  /** Both close frames are exchanged, or will not be: the stream ends. */
  end(): void
  /** The denial ends before it is complete, and must not look complete. */
  truncate(): void
}

/**
 * - `connecting`: the application has not answered the handshake
 * - `denying`: it answers by an HTTP response
 * - `open`
 * - `closing`: it has closed; the client's close frame is awaited
 * - `closed`: the disconnect can be received
 */
type Phase = 'connecting' | 'denying' | 'open' | 'closing' | 'closed'

/** RFC 6455 §7.1.5: the code of a connection that is over without a close frame of the client, whoever ended it. */
const NO_CLOSE = 1006

const RESOLVED: Promise<void> = Promise.resolve()

/** One WebSocket as ASGI sees it (www.rst, "WebSocket"). It knows no bytes of the handshake. */
export class WebSocketSession {
  readonly #transport: WebSocketTransport
  readonly #context: ServerContext
  readonly #scope: WebSocketScope
  readonly #inbox: Inbox
  #phase: Phase
  #frames: Frames | null
  /** What an acceptance is followed by, as the server is about to stop. */
  #farewell: Closing | null
  /** The client ended its side before the handshake was answered; it may still read the answer. */
  #halfClosed: boolean
  /** The application was told of that: its client counts as gone. */
  #gone: boolean
  /** Set while the application answers by an HTTP response; its head leaves with the first body. */
  #denial: {
    readonly start: ResponseStart
    readonly length: DeclaredLength
    flushed: boolean
  } | null

  /** Of the response to the handshake, but for the application's own. */
  #status: number | null
  /** Content of that response; messages are none. */
  #bytesSent: number

  constructor(transport: WebSocketTransport, context: ServerContext, scope: WebSocketScope) {
    this.#transport = transport
    this.#context = context
    this.#scope = scope
    this.#inbox = new Inbox(context.webSocket.queueBytes, (wanted) => transport.reading(wanted))
    this.#phase = 'connecting'
    this.#frames = null
    this.#farewell = null
    this.#halfClosed = false
    this.#gone = false
    this.#denial = null
    this.#status = null
    this.#bytesSent = 0
  }

  get open(): boolean {
    return this.#phase === 'open'
  }

  /** Calls the application; settles when it returned or raised, and never rejects. */
  async run(application: ASGIApplication): Promise<void> {
    const { observers, admission } = this.#context
    const watch = observers.watching ? new Watch(observers, this.#scope) : null
    this.#applicationEnded(await this.#call(application))
    watch?.end(this.#denial?.start.status ?? this.#status, this.#bytesSent)
    admission.leave()
  }

  /** The close code that the end of the application calls for. */
  async #call(application: ASGIApplication): Promise<number> {
    try {
      await application(this.#scope, this.receive, this.send)
    } catch (error) {
      const { exchangeLog } = this.#context
      if (!(error instanceof ClientDisconnected)) exchangeLog.applicationFailed(error)
      return 1011
    }
    if (!this.#gone && (this.#phase === 'connecting' || this.#phase === 'denying')) {
      this.#context.exchangeLog.applicationLeftEarly(
        'The application returned before it answered the handshake.',
      )
    }
    return 1000
  }

  readonly receive = (): Promise<WebSocketConnect | WebSocketReceive | WebSocketDisconnect> =>
    this.#inbox.take()

  readonly send = (event: SendEvent): Promise<void> => {
    try {
      return this.#send(event)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** From the frames: a whole message. */
  message(data: Buffer, isBinary: boolean): void {
    if (this.#phase !== 'open') return
    this.#inbox.put(
      isBinary
        ? { type: 'websocket.receive', bytes: data, text: null }
        : { type: 'websocket.receive', bytes: null, text: data.toString() },
      data.length,
    )
  }

  /** From the frames: the client closes, or answers our close frame (RFC 6455 §5.5.1). */
  closeFrame(code: number, reason: string): void {
    if (this.#phase === 'open') this.#frames?.close(code, '')
    this.#disconnect(code, reason)
    this.#endTransport()
  }

  /** From the frames: the client broke the protocol. RFC 6455 §7.1.7: the connection fails, whatever it still sends. */
  violation(code: number): void {
    if (this.#phase === 'open') this.#frames?.close(code, '')
    this.#context.log.debug(`A WebSocket client broke the protocol (close code ${code}).`)
    this.#disconnect(NO_CLOSE, '')
    this.#endTransport()
  }

  /** RFC 6455 §5.5.1: a close frame follows the message that is being sent, and the end follows both. */
  #endTransport(): void {
    if (this.#frames === null) this.#transport.end()
    else this.#frames.whenHandedOver(() => this.#transport.end())
  }

  /**
   * From the transport: the client sends no more, and may still read what was sent before. An answer to its handshake
   * goes on, unless the application asks and is told of a disconnect.
   */
  clientEnded(): void {
    if (this.#phase !== 'connecting' && this.#phase !== 'denying') {
      this.#endInput()
      return
    }
    this.#halfClosed = true
    this.#inbox.end({ type: 'websocket.disconnect', code: NO_CLOSE, reason: '' }, () => {
      this.#gone = true
    })
  }

  #endInput(): void {
    this.#afterInput(() => {
      this.#loseClient()
      this.#endTransport()
    })
  }

  /** From the transport: the connection is lost, and no close frame has come before. */
  lost(): void {
    this.#afterInput(() => this.#loseClient())
  }

  /** A message that arrived compressed takes its time, and comes before the disconnect. */
  #afterInput(then: () => void): void {
    if (this.#frames === null) then()
    else this.#frames.endInput(then)
  }

  #loseClient(): void {
    this.#disconnect(NO_CLOSE, '')
    this.#frames?.dispose()
  }

  /** The server is about to stop. A handshake that is in progress is still answered. */
  close(code: number, reason: string): void {
    if (this.#phase === 'connecting') this.#farewell = { code, reason }
    else if (this.#phase === 'open') this.#sendClose({ code, reason })
  }

  #send(event: SendEvent): Promise<void> {
    if (this.#gone || this.#phase === 'closed' || this.#phase === 'closing') {
      throw new ClientDisconnected()
    }
    if (this.#phase === 'denying') return this.#sendDenial(event)
    if (event.type === 'websocket.send') return this.#sendMessage(readSend(event))
    if (event.type === 'websocket.close') {
      const closing = readClose(event)
      if (this.#phase === 'connecting') this.#deny()
      else this.#sendClose(closing)
      return RESOLVED
    }
    if (event.type === 'websocket.accept') return this.#accept(event)
    if (event.type === 'websocket.http.response.start')
      return this.#startDenial(readStart({ ...event, type: 'http.response.start' }))
    const type: string = event.type
    throw new InvalidEvent(`A websocket scope takes no event of type ${type} now.`)
  }

  #accept(event: WebSocketAccept): Promise<void> {
    if (this.#phase !== 'connecting') throw new InvalidEvent('The handshake was answered already.')
    const acceptance = readAccept(event, this.#scope.subprotocols)
    this.#phase = 'open'
    // RFC 8441 §5: a CONNECT is granted, where HTTP/1.1 switches protocols.
    this.#status = this.#scope.http_version === '2' ? 200 : 101
    this.#frames = this.#transport.accept(acceptance)
    if (this.#farewell !== null) this.#sendClose(this.#farewell)
    if (this.#halfClosed) {
      this.#inbox.resume()
      // What came directly behind the handshake is read first.
      queueMicrotask(() => this.#endInput())
    }
    return this.#transport.accepted() ?? RESOLVED
  }

  #sendMessage(message: string | Uint8Array): Promise<void> {
    if (this.#frames === null) throw new InvalidEvent('websocket.accept comes before any message.')
    const compressed = this.#frames.send(message)
    if (compressed === null) return this.#transport.accepted() ?? RESOLVED
    return compressed.then(() => this.#transport.accepted() ?? RESOLVED)
  }

  #answer(status: number): void {
    this.#status = status
    this.#bytesSent = this.#transport.deny(status)
  }

  /** www.rst, "Close": before the handshake is complete it is answered with 403. */
  #deny(): void {
    this.#answer(403)
    this.#disconnect(NO_CLOSE, '')
  }

  #startDenial(start: ResponseStart): Promise<void> {
    if (this.#phase !== 'connecting') throw new InvalidEvent('The handshake was answered already.')
    this.#transport.denialStart(start)
    this.#phase = 'denying'
    this.#denial = { start, length: new DeclaredLength(start), flushed: false }
    return RESOLVED
  }

  #sendDenial(event: SendEvent): Promise<void> {
    if (event.type !== 'websocket.http.response.body') {
      throw new InvalidEvent('After websocket.http.response.start only its body follows.')
    }
    const body = readBody({ ...event, type: 'http.response.body' })
    const last = event.more_body !== true
    const visible = this.#denial !== null && carriesBody(this.#denial.start.status, false)
    if (visible) this.#denial?.length.admit(body.length, last)
    if (this.#denial !== null) this.#denial.flushed = true
    if (visible) this.#bytesSent += body.length
    this.#transport.denialBody(visible ? body : new Uint8Array(0), last)
    if (last) this.#disconnect(NO_CLOSE, '')
    return this.#transport.accepted() ?? RESOLVED
  }

  /** As of any response: as long as nothing of it has left, an error can take its place. */
  #breakOff(): void {
    if (this.#denial?.flushed === true) {
      this.#transport.truncate()
      return
    }
    this.#denial = null
    this.#answer(500)
  }

  #sendClose(closing: Closing): void {
    this.#phase = 'closing'
    this.#frames?.close(closing.code, closing.reason, () => this.#transport.awaitClose())
    this.#transport.reading(true)
    // Nothing but the client's close frame is of interest, so nothing may hold it up.
    this.#inbox.drop()
  }

  #disconnect(code: number, reason: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#inbox.end({ type: 'websocket.disconnect', code, reason })
  }

  /** www.rst, "Websocket Connection Scope": if the application dies the socket should be closed. */
  #applicationEnded(code: number): void {
    switch (this.#phase) {
      case 'connecting':
        this.#answer(500)
        this.#disconnect(NO_CLOSE, '')
        return
      case 'denying':
        this.#breakOff()
        this.#disconnect(NO_CLOSE, '')
        return
      case 'open':
        this.#sendClose({ code, reason: '' })
        return
      case 'closing':
      case 'closed':
    }
  }
}
