import type { Channel } from '../testers/channel.ts'
import { type Deferred, deferred } from '../testers/deferred.ts'
import type { Defect } from '../testers/response-reader.ts'
import { ClientStream } from './client-stream.ts'
import {
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  dataFrame,
  describeFrame,
  encodeFrame,
  FLAG,
  FRAME,
  type Frame,
  goAway,
  type HeadersExtras,
  headerFrames,
  PREFACE,
  pingFrame,
  SETTING,
  SETTINGS_ACK,
  type Stray,
  settingsFrame,
  strayed,
  windowUpdate,
} from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { CompressionError, HpackDecoder } from './hpack.ts'
import { type BlockStyle, HpackEncoder } from './hpack-encoder.ts'
import type { Field } from './hpack-table.ts'

/** What a client announces, and what it does by itself. */
export interface ClientOptions {
  readonly push?: boolean
  /** SETTINGS_INITIAL_WINDOW_SIZE; by default it is not sent. */
  readonly initialWindow?: number
  /** `manual`: windows are given back by the property; by default at once. */
  readonly windows?: 'manual'
  /** What every second of its frames carries without a meaning, from the first or from the second on. */
  readonly stray?: Stray & { readonly from: 0 | 1 }
  /** It greets before it hears: what the server has sent already is answered behind the preface. */
  readonly greets?: boolean
}

/** How a field block is put into frames. */
export interface BlockOptions {
  readonly endStream: boolean
  /** Offsets at which the block goes on in a CONTINUATION frame. */
  readonly cuts?: readonly number[]
  readonly style?: BlockStyle
  readonly extras?: HeadersExtras
}

/**
 * The lower tester of HTTP/2: one connection, frames out as they are commanded, strictly read frames in.
 * By itself it acknowledges SETTINGS and PING, and gives windows back; it corrects and retries nothing.
 */
export class Http2Client {
  readonly channel: Channel
  readonly streams: Map<number, ClientStream> = new Map()
  readonly defects: Defect[] = []
  /** Every frame of the server, in order. */
  readonly frames: Frame[] = []
  /** What the server has announced so far. */
  readonly settings: Map<number, number> = new Map()
  /** Bytes of DATA that the server lets us send on all streams together, and we let it send. */
  sendWindow: number = DEFAULT_WINDOW
  receiveWindow: number = DEFAULT_WINDOW
  readonly #options: ClientOptions
  readonly #reader = new FrameReader()
  readonly #hpack = new HpackDecoder()
  readonly #encoder = new HpackEncoder()
  #block: { readonly first: Frame; readonly parts: Buffer[] } | null = null
  #held: Frame[] | null = null
  #unreadable = false
  #acknowledged = 0
  #next = 1
  #written = 0
  #changed: Deferred<void> = deferred()

  constructor(channel: Channel, options: ClientOptions = {}) {
    this.channel = channel
    this.#options = options
    if (options.greets === true) this.greet()
    channel.wire.upgrade((bytes) => this.#hear(bytes))
    channel.http2 = () => ({
      streams: [...this.streams.values()]
        .toSorted((a, b) => a.id - b.id)
        .map(({ id, assembly, reset }) => ({ id, response: assembly.response(), reset })),
      goAway: this.goAway?.code ?? null,
    })
    void channel.wire.closed.then(() => {
      for (const stream of this.streams.values()) stream.cut()
      this.#change()
    })
  }

  /** RFC 9113 §3.4: the preface and the client's SETTINGS. */
  greet(): void {
    const { push = false, initialWindow } = this.#options
    const settings: (readonly [number, number])[] = [[SETTING.enablePush, push ? 1 : 0]]
    if (initialWindow !== undefined) settings.push([SETTING.initialWindowSize, initialWindow])
    const frame = settingsFrame(settings)
    this.channel.wire.write(Buffer.concat([PREFACE, this.#encode(frame)]), 'preface, SETTINGS')
  }

  /** How many SETTINGS of ours the server has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** All that have come: a shutdown may take two of them (RFC 9113 §6.8). */
  get goAways(): readonly { readonly lastStream: number; readonly code: number }[] {
    return this.frames
      .filter(({ type, payload }) => type === FRAME.goaway && payload.length >= 8)
      .map(({ payload }) => ({
        lastStream: payload.readUInt32BE(0) & 0x7fffffff,
        code: payload.readUInt32BE(4),
      }))
  }

  get goAway(): { readonly lastStream: number; readonly code: number } | null {
    return this.goAways[0] ?? null
  }

  get closed(): boolean {
    return this.channel.wire.closing !== null
  }

  /** Frames that are written meanwhile leave behind those octets, and not between two of their segments. */
  async behind(writing: () => Promise<void>): Promise<void> {
    this.#held = []
    await writing()
    const frames = this.#held
    this.#held = null
    if (frames.length > 0) this.write(...frames)
  }

  write(...frames: readonly Frame[]): void {
    if (this.#held !== null) {
      this.#held.push(...frames)
      return
    }
    if (this.channel.wire.closing !== null) return
    const label = frames.map(describeFrame).join(', ')
    this.channel.wire.write(Buffer.concat(frames.map((frame) => this.#encode(frame))), label)
  }

  #encode(frame: Frame): Buffer {
    const { stray } = this.#options
    this.#written += 1
    const isTurn = stray !== undefined && this.#written % 2 !== stray.from
    return encodeFrame(isTurn ? strayed(frame, stray) : frame)
  }

  /** A stream whose HEADERS are still to be written. */
  stream(method: string): ClientStream {
    const stream = this.#open(this.#next, method)
    this.#next += 2
    return stream
  }

  /** Skips identifiers, as a client may. */
  skipTo(id: number): void {
    this.#next = id
  }

  sendFields(id: number, fields: readonly Field[], options: BlockOptions): void {
    const block = this.#encoder.encode(fields, options.style)
    const { endStream, cuts, extras } = options
    this.write(...headerFrames(id, block, endStream, cuts, extras))
  }

  /** Sends content as the server's windows allow; false when the stream or connection ended meanwhile. */
  async sendContent(
    stream: ClientStream,
    content: Buffer,
    endStream: boolean,
    padding: number | null = null,
  ): Promise<boolean> {
    let rest = content
    const overhead = padding === null ? 0 : padding + 1
    do {
      const waits = (): boolean =>
        rest.length + overhead > 0 &&
        Math.min(this.sendWindow, stream.sendWindow) <= overhead &&
        !stream.over &&
        !this.closed
      // Another stream may use the window up between the update and our turn.
      while (waits()) await this.#changed.promise
      if (this.closed || stream.over) return false
      const room = Math.min(DEFAULT_FRAME_SIZE, this.sendWindow, stream.sendWindow) - overhead
      const piece = rest.subarray(0, Math.max(0, room))
      rest = rest.subarray(piece.length)
      this.sendWindow -= piece.length + overhead
      stream.sendWindow -= piece.length + overhead
      this.write(dataFrame(stream.id, piece, endStream && rest.length === 0, padding))
    } while (rest.length > 0)
    return true
  }

  /** Lets the server send more: on one stream, or (null) on the connection. */
  grant(stream: ClientStream | null, bytes: number): void {
    if (stream === null) this.receiveWindow += bytes
    else stream.receiveWindow += bytes
    this.write(windowUpdate(stream?.id ?? 0, bytes))
  }

  /** RFC 9113 §6.8: no stream of the server's is taken any more. */
  leave(code: number): void {
    this.write(goAway(0, code))
  }

  /** Resolves as soon as the condition holds; asked again after each arrival and at the close. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise
  }

  #open(id: number, method: string): ClientStream {
    const receiveWindow = this.#options.initialWindow ?? DEFAULT_WINDOW
    const sendWindow = this.settings.get(SETTING.initialWindowSize) ?? DEFAULT_WINDOW
    const stream = new ClientStream(id, method, receiveWindow, sendWindow)
    this.streams.set(id, stream)
    return stream
  }

  #hear(bytes: Buffer): void {
    const known = this.#reader.defects.length
    const frames = this.#reader.push(bytes)
    this.defects.push(...this.#reader.defects.slice(known))
    if (frames.length > 0) this.channel.wire.label(frames.map(describeFrame).join(', '))
    for (const frame of frames) {
      this.frames.push(frame)
      this.#read(frame)
    }
    this.#change()
  }

  #read(frame: Frame): void {
    if (this.#unreadable) return
    const interrupted = this.#block !== null && frame.type !== FRAME.continuation
    if (interrupted || (this.#block === null && frame.type === FRAME.continuation)) {
      const clause = 'wire/rfc9113/field-block-contiguous'
      this.#note(clause, 'field blocks in one piece', describeFrame(frame))
    }
    switch (frame.type) {
      case FRAME.headers:
      case FRAME.pushPromise:
      case FRAME.continuation:
        return this.#readBlock(frame)
      case FRAME.data:
        return this.#readData(frame)
      case FRAME.rstStream:
        if (frame.payload.length === 4)
          this.streams.get(frame.stream)?.resetBy(frame.payload.readUInt32BE(0))
        return
      case FRAME.settings:
        return this.#readSettings(frame)
      case FRAME.ping:
        if ((frame.flags & FLAG.ack) === 0) this.write(pingFrame(frame.payload, FLAG.ack))
        return
      case FRAME.windowUpdate:
        return this.#readWindowUpdate(frame)
      default:
    }
  }

  #readSettings({ flags, payload }: Frame): void {
    if ((flags & FLAG.ack) !== 0) {
      this.#acknowledged += 1
      return
    }
    const before = this.settings.get(SETTING.initialWindowSize) ?? DEFAULT_WINDOW
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      this.settings.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    }
    const after = this.settings.get(SETTING.initialWindowSize) ?? DEFAULT_WINDOW
    for (const stream of this.streams.values()) stream.sendWindow += after - before
    this.write(SETTINGS_ACK)
  }

  #readWindowUpdate({ stream, payload }: Frame): void {
    if (payload.length !== 4) return
    const increment = payload.readUInt32BE(0) & 0x7fffffff
    const own = this.streams.get(stream)
    if (stream === 0) this.sendWindow += increment
    else if (own !== undefined) own.sendWindow += increment
  }

  #readData(frame: Frame): void {
    const { stream: id, flags, payload } = frame
    const stream = this.streams.get(id)
    if (stream === undefined) {
      const expected = 'DATA on streams that are open'
      this.#note('wire/rfc9113/response-framing', expected, describeFrame(frame))
      return
    }
    this.receiveWindow -= payload.length
    stream.receiveWindow -= payload.length
    if (payload.length > 0 && Math.min(this.receiveWindow, stream.receiveWindow) < 0) {
      const whose = this.receiveWindow < 0 ? 'the connection' : `stream ${id}`
      const observed = `${describeFrame(frame)}, beyond the window of ${whose}`
      this.#note('wire/rfc9113/flow-control', 'no more DATA than the windows allow', observed)
    }
    const ends = (flags & FLAG.endStream) !== 0
    stream.data(unpadded(frame), ends)
    if (this.#options.windows !== 'manual') this.#giveBack(stream, ends)
  }

  /** At half of the usual window: often enough, and not for every frame. */
  #giveBack(stream: ClientStream, ends: boolean): void {
    const half = DEFAULT_WINDOW / 2
    if (this.receiveWindow < half) this.grant(null, DEFAULT_WINDOW - this.receiveWindow)
    if (!ends && stream.receiveWindow < half)
      this.grant(stream, DEFAULT_WINDOW - stream.receiveWindow)
  }

  #readBlock(frame: Frame): void {
    const part = frame.type === FRAME.continuation ? frame.payload : unpadded(frame)
    if (frame.type === FRAME.continuation) this.#block?.parts.push(part)
    else this.#block = { first: frame, parts: [part] }
    if ((frame.flags & FLAG.endHeaders) === 0 || this.#block === null) return
    const { first, parts } = this.#block
    this.#block = null
    try {
      if (first.type === FRAME.pushPromise) this.#readPromise(first, Buffer.concat(parts))
      else this.#readHeaders(first, this.#hpack.decode(Buffer.concat(parts)))
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error
      this.#unreadable = true
      const expected = 'a field block that HPACK can decode'
      this.#note('wire/rfc9113/field-block-decodable', expected, error.message)
    }
  }

  #readHeaders(first: Frame, fields: readonly Field[]): void {
    const stream = this.streams.get(first.stream)
    if (stream !== undefined) stream.headers(fields, (first.flags & FLAG.endStream) !== 0)
    else {
      const expected = 'HEADERS on streams that are open'
      this.#note('wire/rfc9113/response-framing', expected, describeFrame(first))
    }
  }

  #readPromise(first: Frame, payload: Buffer): void {
    if (this.#options.push !== true) {
      const clause = 'wire/rfc9113/push-only-if-enabled'
      this.#note(clause, 'no PUSH_PROMISE to a client that disabled push', describeFrame(first))
    }
    const fields = this.#hpack.decode(payload.subarray(4))
    const promised = this.#open(payload.readUInt32BE(0) & 0x7fffffff, 'GET')
    this.streams.get(first.stream)?.promises.push({ stream: promised, fields })
  }

  #note(clause: string, expected: string, observed: string): void {
    this.defects.push({ clause, expected, observed })
  }

  #change(): void {
    const changed = this.#changed
    this.#changed = deferred()
    changed.resolve()
  }
}

/** The payload without padding and the priority of RFC 7540, which a server may still send. */
function unpadded({ type, flags, payload }: Frame): Buffer {
  const padded = (flags & FLAG.padded) !== 0
  const start = (padded ? 1 : 0) + (type === FRAME.headers && (flags & FLAG.priority) !== 0 ? 5 : 0)
  const padding = padded ? (payload[0] ?? 0) : 0
  return payload.subarray(start, Math.max(start, payload.length - padding))
}
