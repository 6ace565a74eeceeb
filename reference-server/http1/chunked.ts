import { HEX_VALUE, LF } from './alphabet.ts'
import { classOf, EXTENSION, type ExtensionState } from './chunk-extension.ts'
import { ProtocolError } from './errors.ts'

/** All chunk extensions and padding zeros of one message together: nothing here uses them. */
const MAX_UNUSED_BYTES = 16 * 1024

/** Sizes from here on are refused; one more digit stays exact in a double. */
const MAX_SIZE_BEFORE_DIGIT = 2 ** 44

/**
 * Reads `chunk-size [ chunk-ext ] CRLF` (RFC 9112 §7.1) byte by byte, so that it needs no memory and
 * the verdict falls on the same byte whatever the segmentation. Extensions are checked and dropped.
 */
export class ChunkLineReader {
  /** Bytes of data that follow, once `read` has returned true. */
  size: number
  #state: 'size' | 'digits' | ExtensionState
  #unusedBytes: number

  constructor() {
    this.size = 0
    this.#state = 'size'
    this.#unusedBytes = 0
  }

  /** Makes it ready for the first chunk of another message. */
  restart(): void {
    this.#unusedBytes = 0
    this.#state = 'size'
  }

  /** True when a line ended just before `input.start`. */
  read(input: { readonly bytes: Buffer; start: number; readonly end: number }): boolean {
    while (input.start < input.end) {
      const byte = input.bytes[input.start] ?? 0
      input.start += 1
      if (this.#state === 'line-feed') {
        if (byte !== LF) throw refuse('A line ends with CR LF, neither alone.', 'RFC 9112 §2.2')
        this.#state = 'size'
        return true
      }
      this.#take(byte)
    }
    return false
  }

  #take(byte: number): void {
    const digit = HEX_VALUE[byte] ?? 255
    if (this.#state === 'size') {
      if (digit === 255) throw refuse('A chunk begins with its size in hexadecimal digits.')
      this.size = 0
      this.#digit(digit)
    } else if (this.#state === 'digits' && digit !== 255) {
      this.#digit(digit)
    } else {
      this.#extension(this.#state === 'digits' ? 'after-size' : this.#state, byte)
    }
  }

  #digit(value: number): void {
    if (this.size >= MAX_SIZE_BEFORE_DIGIT) throw refuse('A chunk size is too large to be true.')
    if (this.size === 0 && this.#state === 'digits') this.#countUnused()
    this.size = this.size * 16 + value
    this.#state = 'digits'
  }

  #extension(state: ExtensionState, byte: number): void {
    const kind = classOf(byte)
    const next = kind === null ? undefined : EXTENSION[state][kind]
    if (next === undefined) {
      throw refuse('Only extensions and CR LF may follow a chunk size.', 'RFC 9112 §7.1.1')
    }
    if (next !== 'line-feed') this.#countUnused()
    this.#state = next
  }

  #countUnused(): void {
    this.#unusedBytes += 1
    if (this.#unusedBytes > MAX_UNUSED_BYTES) {
      throw new ProtocolError(413, 'RFC 9112 §7.1.1', 'The chunk extensions are too long.')
    }
  }
}

function refuse(rule: string, clause = 'RFC 9112 §7.1'): ProtocolError {
  return new ProtocolError(400, clause, rule)
}
