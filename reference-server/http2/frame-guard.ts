import { countFields, fragmentOf } from './field-block.ts'
import { type FrameHeader, FrameReader } from './frame-reader.ts'

/** The client's connection preface (RFC 9113 §3.4), which is no frame. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

const DATA = 0x0
const HEADERS = 0x1
const RST_STREAM = 0x3
const SETTINGS = 0x4
const PING = 0x6
const GOAWAY = 0x7
const WINDOW_UPDATE = 0x8
const CONTINUATION = 0x9
/** A type that nobody has defined: RFC 9113 §5.5 ignores such frames. */
const UNKNOWN = 0xfa

/** RFC 9113 §6.1, §6.2, §6.4 and §6.10. */
const NEED_STREAM: ReadonlySet<number> = new Set([DATA, HEADERS, RST_STREAM, CONTINUATION])
/** RFC 9113 §5.1. */
const NOT_ON_IDLE: ReadonlySet<number> = new Set([DATA, RST_STREAM, WINDOW_UPDATE])

/** END_STREAM of DATA and HEADERS, ACK of PING. */
const FIRST_FLAG = 0x1
/** Of HEADERS and CONTINUATION. */
const END_HEADERS = 0x4

/** RFC 9113 §7. */
const PROTOCOL_ERROR = 0x1
export const FLOW_CONTROL_ERROR = 0x3
const STREAM_CLOSED = 0x5
export const ENHANCE_YOUR_CALM = 0xb

const MOST_WINDOW = 2 ** 31 - 1
const FIRST_WINDOW = 65_535

/** CONTINUATION frames beyond all measure: nghttp2 ends such a connection. */
const MOST_PARTS = 64

/** How many streams are remembered in each respect; far more than may be open at once. */
const REMEMBERED = 4096

/** A field block whose frames are coming in. */
interface Block {
  readonly stream: number
  readonly parts: Buffer[]
  /** It is the head of a request, not its trailers. */
  readonly counts: boolean
}

/** What becomes of bytes of the client's. */
export interface Judgement {
  /** These may be passed on. */
  readonly bytes: Buffer
  /** Streams to be reset with FLOW_CONTROL_ERROR. */
  readonly resets: readonly number[]
  /** The error code that ends the connection after these bytes, or null. */
  readonly error: number | null
}

/**
 * Watches the frames of one HTTP/2 connection beside nghttp2, for the rules that Node.js gives up: it
 * lets nghttp2 forget closed streams, so that frames on them pass unnoticed, and it ends a connection
 * for an unsolicited PING acknowledgement, which RFC 9113 §6.7 only says not to answer. It also names the
 * error where Node.js would say INTERNAL_ERROR, and counts the fields of each request, since nghttp2 drops
 * those that are invalid in silence. Pure: bytes in, bytes to pass on and a verdict out.
 */
export class FrameGuard {
  readonly #inbound: FrameReader
  readonly #outbound: FrameReader
  /** Streams that the client has opened and not finished. */
  readonly #open: Set<number>
  /** Streams on which the client has sent END_STREAM or RST_STREAM. */
  readonly #finished: Set<number>
  /** Streams of the client's that the server has reset: what is on its way there is ignored. */
  readonly #reset: Set<number>
  /** Bytes of DATA that the client allows, by stream; 0 is the connection. */
  readonly #windows: Map<number, number>
  /** Bytes of DATA that the server has sent, by stream. */
  readonly #sent: Map<number, number>
  /** How many fields each request came with, until somebody asks. */
  readonly #fieldCounts: Map<number, number>
  #highest: number
  /** Of the streams whose heads have come whole, and been passed on. */
  #heard: number
  /** nghttp2 has said that it acts on none beyond this one (RFC 9113 §6.8). */
  #bound: number
  /** Bytes of the preface that are in. */
  #greeted: number
  #settled: boolean
  #failed: boolean
  /** The field block that goes on in CONTINUATION. */
  #block: Block | null
  /** How many field blocks have come to their end. */
  #blocks: number

  constructor() {
    this.#inbound = new FrameReader(PREFACE.length, [HEADERS, CONTINUATION])
    this.#outbound = new FrameReader(0, [GOAWAY])
    this.#sent = new Map()
    this.#fieldCounts = new Map()
    this.#greeted = 0
    this.#settled = false
    this.#failed = false
    this.#block = null
    this.#blocks = 0
    this.#open = new Set()
    this.#finished = new Set()
    this.#reset = new Set()
    this.#windows = new Map()
    this.#highest = 0
    this.#heard = 0
    this.#bound = Number.POSITIVE_INFINITY
    this.#windows.set(0, FIRST_WINDOW)
  }

  receive(chunk: Buffer): Judgement {
    if (!this.#greets(chunk)) return { bytes: Buffer.alloc(0), resets: [], error: PROTOCOL_ERROR }
    const { bytes, frames } = this.#inbound.read(chunk)
    const resets: number[] = []
    for (const frame of frames) {
      const error = this.#judge(frame, resets)
      if (error !== null) return { bytes: bytes.subarray(0, frame.at), resets, error }
      // This server pings nobody, so nothing can be acknowledged.
      const isAcknowledgement = frame.type === PING && (frame.flags & FIRST_FLAG) !== 0
      if (isAcknowledgement && frame.length === 8) bytes.writeUInt8(UNKNOWN, frame.at + 3)
    }
    return { bytes, resets, error: null }
  }

  /** How many fields a request had on the wire; null where that is not known. Asked once. */
  fieldCount(stream: number): number | null {
    const count = this.#fieldCounts.get(stream) ?? null
    this.#fieldCounts.delete(stream)
    return count
  }

  /** RFC 9113 §3.4: an invalid preface is an error of the connection. */
  #greets(chunk: Buffer): boolean {
    if (this.#greeted === PREFACE.length) return true
    const expected = PREFACE.subarray(this.#greeted, this.#greeted + chunk.length)
    this.#greeted += expected.length
    return chunk.subarray(0, expected.length).equals(expected)
  }

  /** Notes what the server sends: its DATA uses windows up. */
  send(chunk: Buffer): void {
    for (const { type, stream, length, payload } of this.#outbound.read(chunk).frames) {
      if (type === GOAWAY && length >= 8) {
        this.#bound = payload.readUInt32BE(0) & 0x7fffffff
        if (payload.readUInt32BE(4) !== 0) this.#failed = true
      }
      if (type === RST_STREAM && this.#open.delete(stream)) remember(this.#reset, stream)
      if (type !== DATA) continue
      const sent = this.dataSent(stream) + length
      this.#sent.delete(stream)
      this.#sent.set(stream, sent)
      if (this.#sent.size > REMEMBERED) forgetOldest(this.#sent)
      this.#widen(0, -length)
      if (this.#windows.has(stream)) this.#widen(stream, -length)
    }
  }

  /** Bytes of DATA that the server has sent of a stream; of one that had its turn long ago it may be 0 again. */
  dataSent(stream: number): number {
    return this.#sent.get(stream) ?? 0
  }

  /** RFC 9113 §6.8: the highest stream that was or may yet be acted on; it never grows from one GOAWAY to the next. */
  get lastStream(): number {
    return Math.min(this.#heard, this.#bound)
  }

  /** nghttp2 has announced an error of the connection (RFC 9113 §5.4.1): nothing is to follow. */
  get failed(): boolean {
    return this.#failed
  }

  /**
   * The number of the head that has begun to arrive, or null where none has: a field block, and before all of them
   * what a connection begins with. No other frame may come in between (RFC 9113 §3.4, §6.10).
   */
  get arriving(): number | null {
    const begun = this.#block !== null || this.#inbound.heldType === HEADERS
    return begun || !this.#settled ? this.#blocks : null
  }

  /** A frame may be put between those of the server's. */
  get mayInsert(): boolean {
    return this.#outbound.betweenFrames
  }

  /** An error code, or null when the frame is nghttp2's to judge. */
  #judge(frame: FrameHeader, resets: number[]): number | null {
    const { type, flags, stream, increment } = frame
    // RFC 9113 §3.4: SETTINGS come first. §6.10: nothing comes between the frames of a field block.
    if (!this.#settled && type !== SETTINGS) return PROTOCOL_ERROR
    this.#settled = true
    const goesOn = type === CONTINUATION && stream === this.#block?.stream
    if (this.#block !== null && !goesOn) return PROTOCOL_ERROR
    if (stream === 0 && NEED_STREAM.has(type)) return PROTOCOL_ERROR
    // RFC 9113 §6.7.
    if (stream !== 0 && type === PING) return PROTOCOL_ERROR
    if (NOT_ON_IDLE.has(type) && this.#isIdle(stream)) return PROTOCOL_ERROR
    if (type === WINDOW_UPDATE) {
      // RFC 9113 §6.9; that of a stream may be made an error of the connection (§5.4.1).
      if (frame.length === 4 && increment === 0) return PROTOCOL_ERROR
      if (this.#widen(stream, increment) <= MOST_WINDOW) return null
      // RFC 9113 §6.9.1: of a stream the overflow is an error of that stream alone.
      if (stream === 0) return FLOW_CONTROL_ERROR
      resets.push(stream)
      this.#windows.delete(stream)
      return null
    }
    if (type === RST_STREAM) {
      this.#finish(stream)
      // RFC 9113 §6.4: nothing is sent on it any more, whatever its window.
      this.#windows.set(stream, Number.NEGATIVE_INFINITY)
    }
    if (type === CONTINUATION) this.#noteBlock(frame)
    if (type !== HEADERS && type !== DATA) return null
    // RFC 9113 §5.1: after END_STREAM or RST_STREAM nothing but PRIORITY and the like follows.
    if (this.#finished.has(stream)) return STREAM_CLOSED
    // And after a RST_STREAM of the server's all is ignored; nghttp2 still decodes it (§4.3).
    const opens = !this.#open.has(stream) && !this.#reset.has(stream)
    if (type === HEADERS && opens) {
      // RFC 9113 §5.1.1: clients have the odd numbers.
      if (stream % 2 === 0) return PROTOCOL_ERROR
      // RFC 9113 §5.1.1: opening a stream closes all lower ones that were never opened.
      if (stream <= this.#highest) return PROTOCOL_ERROR
      this.#highest = stream
      remember(this.#open, stream)
    }
    if (type === HEADERS) {
      this.#block = { stream, parts: [], counts: opens }
      this.#noteBlock(frame)
    }
    if ((flags & FIRST_FLAG) !== 0) this.#finish(stream)
    return null
  }

  /** Counts the fields of a block that is whole now. */
  #noteBlock({ type, flags, stream, payload }: FrameHeader): void {
    if (this.#block === null) return
    const { parts, counts } = this.#block
    if (parts.length < MOST_PARTS)
      parts.push(type === HEADERS ? fragmentOf(payload, flags) : payload)
    if ((flags & END_HEADERS) === 0) return
    this.#block = null
    this.#blocks += 1
    this.#heard = this.#highest
    if (!counts || parts.length === MOST_PARTS) return
    const [only = payload] = parts
    const count = countFields(parts.length === 1 ? only : Buffer.concat(parts))
    if (count === null) return
    this.#fieldCounts.set(stream, count)
    if (this.#fieldCounts.size > REMEMBERED) forgetOldest(this.#fieldCounts)
  }

  /** RFC 9113 §5.1: the client has not opened it yet. Those of the server are nghttp2's to know. */
  #isIdle(stream: number): boolean {
    return stream % 2 === 1 && stream > this.#highest
  }

  #finish(stream: number): void {
    this.#open.delete(stream)
    remember(this.#finished, stream)
  }

  /** Of a stream only what the client adds is known, not where it began: enough to see an overflow. */
  #widen(stream: number, by: number): number {
    const window = (this.#windows.get(stream) ?? 0) + by
    this.#windows.set(stream, window)
    if (this.#windows.size > REMEMBERED) {
      const [, second] = this.#windows.keys()
      if (second !== undefined) this.#windows.delete(second)
    }
    return window
  }
}

function remember(streams: Set<number>, stream: number): void {
  streams.add(stream)
  if (streams.size > REMEMBERED) forgetOldest(streams)
}

function forgetOldest(streams: Set<number> | Map<number, unknown>): void {
  const [oldest] = streams.keys()
  if (oldest !== undefined) streams.delete(oldest)
}
