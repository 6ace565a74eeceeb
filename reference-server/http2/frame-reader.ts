/** The header of a frame (RFC 9113 §4.1), and where it stands in the bytes that were read. */
export interface FrameHeader {
  readonly at: number
  /** Bytes of payload. */
  readonly length: number
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** The first four bytes of the payload of a WINDOW_UPDATE, else 0. */
  readonly increment: number
  /** Where frames of this type are kept whole, else empty. */
  readonly payload: Buffer
}

const HEADER_BYTES = 9
const TYPE_AT = 3
const WINDOW_UPDATE = 0x8
/** Larger ones are refused by nghttp2: this server announces no other limit (RFC 9113 §4.2). */
const MOST_PAYLOAD = 16_384
const EMPTY = Buffer.alloc(0)

/** Walks over a byte stream from frame header to frame header; payloads are looked at where they are wanted. */
export class FrameReader {
  /** Bytes of the preface, or of the payload of the last frame, that are still to come. */
  #skip: number
  #held: Buffer

  readonly #kept: ReadonlySet<number>

  /** `preface` is how many bytes come before the first frame; `kept`: types whose payloads are wanted. */
  constructor(preface: number, kept: readonly number[]) {
    this.#kept = new Set(kept)
    this.#skip = preface
    this.#held = EMPTY
  }

  /** All frames that began are complete. */
  get betweenFrames(): boolean {
    return this.#skip === 0 && this.#held.length === 0
  }

  /** The type of a frame that is held back until it is whole; null where none is, or its type is to come. */
  get heldType(): number | null {
    return this.#held.length > TYPE_AT ? this.#held.readUInt8(TYPE_AT) : null
  }

  /** The frames whose header is complete now, and all bytes up to there; the rest is held back. */
  read(chunk: Buffer): { readonly bytes: Buffer; readonly frames: readonly FrameHeader[] } {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const frames: FrameHeader[] = []
    let at = Math.min(this.#skip, bytes.length)
    this.#skip -= at
    while (at + HEADER_BYTES <= bytes.length) {
      const length = bytes.readUIntBE(at, 3)
      const type = bytes.readUInt8(at + 3)
      const hasIncrement = type === WINDOW_UPDATE && length === 4
      if (hasIncrement && at + HEADER_BYTES + 4 > bytes.length) break
      const isKept = this.#kept.has(type)
      const end = at + HEADER_BYTES + length
      if (isKept && length <= MOST_PAYLOAD && end > bytes.length) break
      frames.push({
        at,
        length,
        type,
        flags: bytes.readUInt8(at + 4),
        stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
        increment: hasIncrement ? bytes.readUInt32BE(at + HEADER_BYTES) & 0x7fffffff : 0,
        payload: isKept ? bytes.subarray(at + HEADER_BYTES, end) : EMPTY,
      })
      at = Math.min(end, bytes.length)
      this.#skip = end - at
    }
    this.#held = this.#skip > 0 ? EMPTY : bytes.subarray(at)
    return { bytes: bytes.subarray(0, at), frames }
  }
}
