import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Clock, Expiring } from '../server/clock.ts'
import type { Timeouts } from '../server/context.ts'
import { Delivery } from '../server/delivery.ts'
import { WriteGate } from '../server/write-gate.ts'
import { ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FrameGuard } from './frame-guard.ts'

const FRAME_HEADER_BYTES = 9
const RST_STREAM = 0x3
const SETTINGS = 0x4
const GOAWAY = 0x7

/** Silence of a client, in milliseconds, after which its connection is closed once all was sent. */
const SILENCE_MS = 2_000

const NEVER = Number.POSITIVE_INFINITY

/**
 * `stallMs`: how long the client may take nothing of what is on its way to it; `headerMs`: how long a head may take
 * to arrive.
 */
type GuardTimes = Pick<Timeouts, 'stallMs' | 'headerMs'>

/** A socket between nghttp2 and the client, on which the FrameGuard has its eye. */
export class GuardedSocket extends Duplex implements Expiring {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #timeouts: GuardTimes
  readonly #delivery: Delivery
  readonly #guard: FrameGuard
  readonly #resets: number[]
  /** nghttp2 has written its SETTINGS. */
  #begun: boolean
  /** While the socket is full: what nghttp2 has to send piles up within it, out of sight. */
  readonly #gate: WriteGate
  /** When the client has been silent for too long; it may talk on, but not beyond the second. */
  #silentAt: number
  #closeAt: number
  /** The head that is arriving, and when its time is over. */
  #head: number | null
  #headAt: number

  constructor(socket: Socket, clock: Clock, timeouts: GuardTimes) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#clock = clock
    this.#timeouts = timeouts
    this.#delivery = new Delivery(socket, timeouts.stallMs)
    this.#silentAt = NEVER
    this.#closeAt = NEVER
    this.#guard = new FrameGuard()
    this.#head = null
    this.#headAt = NEVER
    this.#resets = []
    this.#begun = false
    this.#gate = new WriteGate(this, 1)
    socket.on('data', (bytes: Buffer) => this.#received(bytes))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => {
      clock.remove(this)
      this.destroy()
    })
    socket.pause()
    clock.add(this)
    this.#noteHead()
  }

  /** Something that was written has not left. */
  get pending(): boolean {
    return this.writableLength > 0 || this.#delivery.pending
  }

  /** Null when there is room for what nghttp2 sends, else what resolves once there is, or never will be. */
  accepted(): Promise<void> | null {
    return this.#gate.accepted()
  }

  onTick(now: number): void {
    const over = now >= Math.min(this.#silentAt, this.#closeAt)
    if (over || this.#delivery.stalled(now)) this.#socket.destroy()
    else if (now >= this.#headAt) this.#fail(ENHANCE_YOUR_CALM)
  }

  /** The time of a head is one from its first octet to its last. */
  #noteHead(): void {
    const { arriving } = this.#guard
    if (arriving === this.#head) return
    this.#head = arriving
    this.#headAt = arriving === null ? NEVER : this.#clock.now + this.#timeouts.headerMs
  }

  #received(chunk: Buffer): void {
    const { bytes, resets, error } = this.#guard.receive(chunk)
    this.#resets.push(...resets)
    this.#sendResets()
    if (bytes.length > 0 && !this.push(bytes)) this.#socket.pause()
    this.#noteHead()
    if (error !== null) this.#fail(error)
  }

  #fail(error: number): void {
    // RFC 9113 §3.4: SETTINGS come first, whatever follows.
    if (!this.#begun) this.#socket.write(frame(SETTINGS, 0, Buffer.alloc(0)))
    this.#socket.write(goAway(this.#guard.lastStream, error))
    this.#finish()
  }

  /** Ends the connection after what was written; what the client still sends is not read. */
  #finish(): void {
    this.#end()
    this.destroy()
  }

  /** RFC 9112 §9.6 holds here, too: a client may still read, but it need not ever end its side. */
  #end(): void {
    this.#headAt = NEVER
    this.#socket.removeAllListeners('data')
    this.#socket.once('finish', () => this.#awaitSilence())
    this.#socket.end()
    this.#socket.resume()
  }

  /** A client that still says which octets it has read would find them lost behind a reset. */
  #awaitSilence(): void {
    const { now } = this.#clock
    this.#silentAt = now + SILENCE_MS
    this.#closeAt = now + Math.max(SILENCE_MS, this.#timeouts.stallMs)
    this.#socket.on('data', () => {
      this.#silentAt = this.#clock.now + SILENCE_MS
    })
  }

  /** Cuts the connection, whatever is on its way. */
  cut(): void {
    this.#socket.destroy()
  }

  /** How many fields a request had on the wire; null where that is not known. */
  fieldCount(stream: number): number | null {
    return this.#guard.fieldCount(stream)
  }

  /** Bytes of DATA that were sent of a stream. */
  dataSent(stream: number): number {
    return this.#guard.dataSent(stream)
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#guard.send(chunk)
    const flows = this.#socket.write(chunk)
    this.#begun = true
    this.#sendResets()
    // nghttp2 would wait for the streams that are open.
    if (this.#guard.failed) this.#finish()
    if (flows) {
      done()
      return
    }
    this.#socket.once('drain', () => {
      done()
      this.#gate.release()
    })
  }

  /**
   * Behind the SETTINGS (RFC 9113 §3.4) and between two frames of nghttp2's, which may have reset the stream as
   * well: that does no harm.
   */
  #sendResets(): void {
    if (!this.#begun || !this.#guard.mayInsert) return
    for (const stream of this.#resets.splice(0)) this.#socket.write(resetStream(stream))
  }

  override _final(done: (error?: Error) => void): void {
    this.#end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // A GOAWAY that is on its way still leaves.
    if (!this.#socket.writableEnded) this.#socket.destroy()
    done(error)
  }
}

/** RFC 9113 §6.8: what came on streams up to the last is not to be repeated. */
function goAway(lastStream: number, error: number): Buffer {
  const payload = Buffer.alloc(8)
  payload.writeUInt32BE(lastStream)
  payload.writeUInt32BE(error, 4)
  return frame(GOAWAY, 0, payload)
}

function resetStream(stream: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(FLOW_CONTROL_ERROR)
  return frame(RST_STREAM, stream, payload)
}

function frame(type: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUIntBE(payload.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}
