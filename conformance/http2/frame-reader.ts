import type { Defect } from '../testers/response-reader.ts'
import { DEFAULT_FRAME_SIZE, FRAME_HEADER_BYTES, type Frame } from './frame.ts'

/** Takes the frames of a server out of its bytes: sans-I/O, and it never throws. */
export class FrameReader {
  readonly defects: Defect[] = []
  #buffer: Buffer = Buffer.alloc(0)

  push(bytes: Buffer): Frame[] {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    const frames: Frame[] = []
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): Frame | null {
    const buffer = this.#buffer
    if (buffer.length < FRAME_HEADER_BYTES) return null
    const length = buffer.readUIntBE(0, 3)
    if (buffer.length < FRAME_HEADER_BYTES + length) return null
    const end = FRAME_HEADER_BYTES + length
    this.#buffer = buffer.subarray(end)
    // None of our clients allows more than what every client must take.
    if (length > DEFAULT_FRAME_SIZE) {
      const expected = `at most ${DEFAULT_FRAME_SIZE} bytes of payload`
      this.defects.push({
        clause: 'wire/rfc9113/frame-size-sent',
        expected,
        observed: `${length} bytes`,
      })
    }
    return {
      type: buffer.readUInt8(3),
      flags: buffer.readUInt8(4),
      stream: buffer.readUInt32BE(5) & 0x7fffffff,
      payload: buffer.subarray(FRAME_HEADER_BYTES, end),
    }
  }
}
