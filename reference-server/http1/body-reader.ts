import { CR, LF } from './alphabet.ts'
import { ChunkLineReader } from './chunked.ts'
import { ProtocolError } from './errors.ts'
import { CHUNKED } from './framing.ts'
import type { RequestLimits } from './limits.ts'
import type { ReceiveBuffer } from './receive-buffer.ts'
import { TrailerReader } from './trailers.ts'

type Phase =
  | 'length'
  | 'chunk-line'
  | 'chunk-data'
  | 'chunk-end-cr'
  | 'chunk-end-lf'
  | 'trailers'
  | 'end'

/** Reads the body of one request after another, delimited by a length or by chunks (RFC 9112 §6, §7). */
export class BodyReader {
  readonly #limits: RequestLimits
  readonly #chunkLine: ChunkLineReader
  readonly #trailers: TrailerReader
  #phase: Phase
  /** Bytes of the body, or of the current chunk, that are still to come. */
  #remaining: number
  /** Bytes of a chunked body so far. */
  #total: number

  constructor(limits: RequestLimits) {
    this.#limits = limits
    this.#chunkLine = new ChunkLineReader()
    this.#trailers = new TrailerReader(limits)
    this.#phase = 'end'
    this.#remaining = 0
    this.#total = 0
  }

  begin(framing: number): void {
    this.#total = 0
    if (framing === CHUNKED) {
      this.#phase = 'chunk-line'
      this.#chunkLine.restart()
      this.#trailers.restart()
      return
    }
    this.#admit(framing)
    this.#phase = framing === 0 ? 'end' : 'length'
    this.#remaining = framing
  }

  get ended(): boolean {
    return this.#phase === 'end'
  }

  /** Bytes that are still to come of the body, or of its current chunk. */
  get expected(): number {
    return this.#remaining
  }

  /** The next bytes of the body; null when more input is needed or the body has ended. */
  read(input: ReceiveBuffer): Uint8Array | null {
    while (this.#phase !== 'end') {
      switch (this.#phase) {
        case 'length':
          return this.#take(input, 'end')
        case 'chunk-data':
          return this.#take(input, 'chunk-end-cr')
        case 'chunk-line':
          if (!this.#chunkLine.read(input)) return null
          this.#admit(this.#chunkLine.size)
          this.#remaining = this.#chunkLine.size
          this.#phase = this.#remaining === 0 ? 'trailers' : 'chunk-data'
          break
        case 'chunk-end-cr':
          if (!expect(input, CR)) return null
          this.#phase = 'chunk-end-lf'
          break
        case 'chunk-end-lf':
          if (!expect(input, LF)) return null
          this.#phase = 'chunk-line'
          break
        case 'trailers':
          if (!this.#trailers.read(input)) return null
          this.#phase = 'end'
          break
      }
    }
    return null
  }

  #take(input: ReceiveBuffer, next: Phase): Uint8Array | null {
    const available = input.end - input.start
    if (available === 0) return null
    const length = available < this.#remaining ? available : this.#remaining
    const bytes = input.bytes.subarray(input.start, input.start + length)
    input.start += length
    this.#remaining -= length
    if (this.#remaining === 0) this.#phase = next
    return bytes
  }

  #admit(bytes: number): void {
    this.#total += bytes
    if (this.#total > this.#limits.bodyBytes) {
      throw new ProtocolError(413, 'RFC 9110 §15.5.14', 'The request body is too large.')
    }
  }
}

/** RFC 9112 §7.1: chunk data is followed by exactly CR LF. */
function expect(input: ReceiveBuffer, byte: number): boolean {
  if (input.start === input.end) return false
  if (input.bytes[input.start] !== byte) {
    throw new ProtocolError(400, 'RFC 9112 §7.1', 'A chunk ends with CR LF after its data.')
  }
  input.start += 1
  return true
}
