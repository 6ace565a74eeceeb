import { NEVER_TRAILERS } from '../http/trailer-names.ts'
import { CR, LF } from './alphabet.ts'
import { ProtocolError } from './errors.ts'
import { type FieldLine, INCOMPLETE, readFieldLine } from './field-line.ts'
import type { RequestLimits } from './limits.ts'
import type { ReceiveBuffer } from './receive-buffer.ts'

/**
 * Reads the trailer section of a chunked request (RFC 9112 §7.1.2). ASGI has no event for request
 * trailers, so they are checked and dropped, and never merged into the header fields.
 */
export class TrailerReader {
  readonly #limits: RequestLimits
  readonly #field: FieldLine
  #budget: number
  #count: number
  #searched: number

  constructor(limits: RequestLimits) {
    this.#limits = limits
    this.#field = { name: 0, nameEnd: 0, value: 0, valueEnd: 0 }
    this.#budget = limits.headerBytes
    this.#count = 0
    this.#searched = 0
  }

  restart(): void {
    this.#budget = this.#limits.headerBytes
    this.#count = 0
    this.#searched = 0
  }

  /** True once the empty line that ends the message was consumed. */
  read(input: ReceiveBuffer): boolean {
    const { bytes, end } = input
    if (this.#searched > 0) {
      if (bytes.subarray(0, end).indexOf(LF, input.start + this.#searched) === -1) {
        return this.#wait(input)
      }
      this.#searched = 0
    }
    while (true) {
      const at = input.start
      if (at < end && bytes[at] === CR && (at + 1 === end || bytes[at + 1] === LF)) {
        if (at + 1 === end) return this.#wait(input)
        this.#spend(2)
        input.start = at + 2
        return true
      }
      const next = readFieldLine(bytes, at, end, this.#field)
      if (next === INCOMPLETE) return this.#wait(input)
      this.#spend(next - at)
      input.start = next
      this.#count += 1
      if (this.#count > this.#limits.headerCount) tooLong()
      if (NEVER_TRAILERS.has(bytes.toString('latin1', this.#field.name, this.#field.nameEnd))) {
        throw new ProtocolError(400, 'RFC 9110 §6.5.1', 'This field must not be a trailer.')
      }
    }
  }

  #wait(input: ReceiveBuffer): false {
    this.#searched = input.end - input.start
    if (this.#searched >= this.#budget) tooLong()
    return false
  }

  #spend(bytes: number): void {
    this.#budget -= bytes
    if (this.#budget < 0) tooLong()
  }
}

function tooLong(): never {
  throw new ProtocolError(431, 'RFC 6585 §5', 'The trailer fields are too long.')
}
