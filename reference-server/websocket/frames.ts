import { type Duplex, finished } from 'node:stream'
import { PerMessageDeflate, Receiver, Sender } from 'ws'
import type { WebSocketLimits } from './limits.ts'
import { Pieces } from './pieces.ts'
import { smallFrame } from './small-frame.ts'

/** What arrives on an open WebSocket, as whole messages. */
export interface FrameListener {
  message(data: Buffer, isBinary: boolean): void
  pong(): void
  /** A close frame: its code, 1005 without one (RFC 6455 §7.1.5), and its reason. */
  closeFrame(code: number, reason: string): void
  /** The client broke the protocol; the code says how (RFC 6455 §7.4.1). */
  violation(code: number): void
}

/** Frames of one WebSocket over any stream: HTTP/1.1 after its upgrade, or a stream of HTTP/2. */
export class Frames {
  readonly #stream: Duplex
  readonly #receiver: Receiver
  readonly #pieces: Pieces
  readonly #sender: Sender
  readonly #deflate: PerMessageDeflate | null
  /** Payload of the last ping, while its pong cannot leave. */
  #owedPong: Buffer | null
  /** Messages whose compression has begun or is yet to begin: what is sent behind them waits. */
  #compressing: number
  /** To be called when no message is being compressed any more. */
  #afterwards: (() => void)[]

  constructor(
    stream: Duplex,
    deflate: PerMessageDeflate | null,
    limits: WebSocketLimits,
    listener: FrameListener,
  ) {
    const extensions = deflate === null ? {} : { [PerMessageDeflate.extensionName]: deflate }
    this.#stream = stream
    this.#deflate = deflate
    this.#owedPong = null
    this.#compressing = 0
    this.#afterwards = []
    this.#sender = new Sender(stream, extensions)
    Object.assign(this.#sender, { onerror: () => stream.destroy() })
    this.#receiver = new Receiver({
      isServer: true,
      extensions,
      maxPayload: limits.messageBytes,
      maxFragments: limits.fragments,
      maxBufferedChunks: 1024 * 1024,
    })
    this.#pieces = new Pieces(this.#receiver)
    this.#receiver.on('message', (data, isBinary) => listener.message(data, isBinary))
    this.#receiver.on('ping', (data) => this.#answer(data))
    this.#receiver.on('pong', () => listener.pong())
    this.#receiver.on('conclude', (code, reason) => listener.closeFrame(code, reason.toString()))
    this.#receiver.on('error', (error) => listener.violation(closeCodeOf(error.code ?? '')))
  }

  /** Takes bytes of the client; false when it should be told to wait for `onDrain`. */
  receive(bytes: Buffer): boolean {
    // RFC 6455 §5.5.1: nothing is read behind a close frame, nor behind what fails the connection.
    if (this.#receiver.writableEnded || this.#receiver.destroyed) return true
    const flows = this.#receiver.write(bytes)
    this.#pieces.join()
    return flows
  }

  /** The client sends no more: `then` is called once all that it has sent was told to the listener. */
  endInput(then: () => void): void {
    finished(this.#receiver, then)
    if (!this.#receiver.writableEnded) this.#receiver.end()
  }

  onDrain(listener: () => void): void {
    this.#receiver.on('drain', listener)
  }

  /** Null when the message was handed to the stream at once, else what resolves when it is compressed and was. */
  send(data: string | Uint8Array): Promise<void> | null {
    const options = {
      binary: typeof data !== 'string',
      compress: this.#deflate !== null,
      fin: true,
      mask: false,
    }
    if (this.#deflate === null) {
      const frame = smallFrame(data)
      if (frame === null) this.#sender.send(data, options)
      else this.#stream.write(frame)
      return null
    }
    // Behind a connection that broke off, the library calls nobody back.
    if (this.#stream.destroyed) return null
    this.#compressing += 1
    return new Promise((resolve) => {
      this.#sender.send(data, options, () => {
        this.#compressed()
        resolve()
      })
    })
  }

  #compressed(): void {
    this.#compressing -= 1
    if (this.#compressing > 0) return
    for (const then of this.#afterwards.splice(0)) then()
  }

  /** Calls `then` when all that was sent is with the stream: at once, unless a message is being compressed. */
  whenHandedOver(then: () => void): void {
    if (this.#compressing === 0) then()
    else this.#afterwards.push(then)
  }

  /** RFC 6455 §5.5.3: while pongs cannot leave, one for the last ping is enough. */
  #answer(ping: Buffer): void {
    if (this.#stream.writableLength < MOST_UNSENT) {
      this.#sender.pong(ping, false)
      return
    }
    if (this.#owedPong === null) this.#stream.once('drain', () => this.#payPong())
    this.#owedPong = ping
  }

  #payPong(): void {
    const ping = this.#owedPong
    this.#owedPong = null
    if (ping !== null && !this.#stream.writableEnded) this.#sender.pong(ping, false)
  }

  /** `left` is called once the frame, and all before it, has left. */
  ping(left: () => void): void {
    this.#sender.ping(EMPTY, false, left)
  }

  /** Sends a close frame; code 1005 stands for one without a code. `left` as for `ping`. */
  close(code: number, reason: string, left: () => void = nothing): void {
    if (code === 1005) this.#sender.close(undefined, undefined, false, left)
    else this.#sender.close(code, reason, false, left)
  }

  /** No frame is read any more; what was sent still leaves. */
  end(): void {
    this.#stream.end()
  }

  /** Gives the memory of the compression back, as soon as nothing is at work in it any more. */
  dispose(): void {
    this.endInput(() => this.whenHandedOver(() => this.#deflate?.cleanup()))
  }
}

/** Bytes of a stream that were not sent, beyond which pongs wait. */
const MOST_UNSENT = 64 * 1024

const EMPTY = Buffer.alloc(0)

function nothing(): void {}

/** RFC 6455 §7.4.1, from the codes that `ws` documents for its errors. */
function closeCodeOf(code: string): number {
  switch (code) {
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return 1009
    case 'WS_ERR_INVALID_UTF8':
      return 1007
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return 1008
    default:
      return 1002
  }
}
