import { isUtf8 } from 'node:buffer'
import type { Defect } from '../testers/response-reader.ts'
import { type CloseContent, readClose } from './close.ts'
import type { Inflater } from './deflate.ts'
import { OPCODE, RSV1 } from './frame.ts'
import { describeFrame, FrameReader, type ReadFrame } from './frame-reader.ts'

/** A whole data message of the server. */
export interface ReadMessage {
  readonly kind: 'text' | 'binary'
  /** Decompressed; UTF-8 where the kind is text. */
  readonly content: Buffer
  readonly compressed: boolean
}

interface Unfinished {
  readonly kind: ReadMessage['kind']
  readonly compressed: boolean
  readonly parts: Buffer[]
}

/** RFC 7692 §7.1: what a compressed message must not refer to, by what was agreed on. */
const BEYOND: Readonly<Record<'window' | 'message', readonly [string, string, string]>> = {
  window: [
    'wire/rfc7692/server-max-window-bits',
    'a message compressed within the agreed window',
    'references beyond it',
  ],
  message: [
    'wire/rfc7692/server-no-context-takeover',
    'a message compressed by itself, as agreed on',
    'references to messages before it',
  ],
}

/** Turns the server's bytes into messages, Pongs and a Close, and notes every broken rule. */
export class MessageReader {
  readonly messages: ReadMessage[] = []
  /** Payloads, in order. */
  readonly pings: Buffer[] = []
  readonly pongs: Buffer[] = []
  /** Every frame ever read, without its payload. */
  frames = 0
  close: CloseContent | null = null
  /** Agreed on in the handshake; null: no extension defines any reserved bit. */
  readonly #inflater: Inflater | null
  readonly #reader: FrameReader = new FrameReader()
  #unfinished: Unfinished | null = null
  /** A message has begun within another. */
  #interrupted = false

  constructor(inflater: Inflater | null) {
    this.#inflater = inflater
  }

  get defects(): readonly Defect[] {
    return this.#reader.defects
  }

  /** A message or a frame has begun and not ended. */
  get midway(): boolean {
    return this.#unfinished !== null || this.#reader.pending > 0
  }

  push(bytes: Buffer): void {
    for (const frame of this.#reader.push(bytes)) {
      this.frames += 1
      this.#judgeReserved(frame)
      this.#take(frame)
    }
  }

  #take(frame: ReadFrame): void {
    switch (frame.opcode) {
      case OPCODE.ping:
        this.pings.push(frame.payload)
        return
      case OPCODE.pong:
        this.pongs.push(frame.payload)
        return
      case OPCODE.close:
        this.close ??= readClose(frame.payload, (defect) => this.#reader.defects.push(defect))
        return
      case OPCODE.continuation:
      case OPCODE.text:
      case OPCODE.binary:
        this.#takeData(frame)
    }
  }

  #takeData(frame: ReadFrame): void {
    if (this.close !== null) {
      this.#note('wire/rfc6455/no-data-after-close', 'no data after a Close', describeFrame(frame))
    }
    const begins = frame.opcode !== OPCODE.continuation
    if (begins === (this.#unfinished !== null)) {
      const expected = begins ? 'a continuation frame' : 'the start of a message'
      this.#note('wire/rfc6455/continuation-needs-start', expected, describeFrame(frame))
      this.#interrupted ||= begins
    }
    if (!begins && this.#interrupted) {
      const expected = 'fragments of one message after the other'
      this.#note('wire/rfc6455/no-interleaving', expected, describeFrame(frame))
    }
    if (begins) {
      const kind = frame.opcode === OPCODE.text ? 'text' : 'binary'
      this.#unfinished = { kind, compressed: (frame.rsv & RSV1) !== 0, parts: [] }
    }
    const message = this.#unfinished
    if (message === null) return
    message.parts.push(frame.payload)
    if (!frame.fin) return
    this.#unfinished = null
    this.#finish(message)
  }

  #finish({ kind, compressed, parts }: Unfinished): void {
    const payload = Buffer.concat(parts)
    const content = compressed ? this.#inflate(payload) : payload
    if (content === null) return
    if (kind === 'text' && !isUtf8(content)) {
      this.#note('wire/rfc6455/text-utf8', 'valid UTF-8', content.toString('hex', 0, 200))
    }
    this.messages.push({ kind, content, compressed })
  }

  #inflate(payload: Buffer): Buffer | null {
    if (this.#inflater === null) return payload
    try {
      const { content, beyond } = this.#inflater.decompress(payload)
      if (beyond !== null) this.#note(...BEYOND[beyond])
      return content
    } catch (error) {
      const observed = error instanceof Error ? error.message : String(error)
      this.#note('wire/rfc7692/transparent', 'a DEFLATE stream', observed)
      return null
    }
  }

  /** RFC 6455 §5.2 and RFC 7692 §6: which reserved bits may be set where. */
  #judgeReserved(frame: ReadFrame): void {
    if (frame.rsv === 0) return
    const startsMessage = frame.opcode === OPCODE.text || frame.opcode === OPCODE.binary
    if (this.#inflater === null || frame.rsv !== RSV1) {
      this.#note('wire/rfc6455/rsv-bits', 'no reserved bit', describeFrame(frame))
    } else if (!startsMessage) {
      const clause = 'wire/rfc7692/rsv1-first-data-frame-only'
      this.#note(clause, 'RSV1 on no frame but the first of a message', describeFrame(frame))
    }
  }

  #note(clause: string, expected: string, observed: string): void {
    this.#reader.defects.push({ clause, expected, observed })
  }
}
