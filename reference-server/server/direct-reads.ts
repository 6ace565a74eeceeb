import { Socket } from 'node:net'
import { Slab } from './slab.ts'

/**
 * How bytes come from the kernel into `data` events, at less cost than a Readable's own way.
 *
 * - Events come at once, without the detour through the socket's buffer, which costs a tenth of a small
 *   request: a Readable looks for more after every chunk. While the socket is paused, or holds bytes, it
 *   does as ever.
 * - All sockets read into one buffer, out of which what came is copied; Node.js would allocate 64 KiB for
 *   each read and give most of them back.
 * - While the rest of a large body is expected, and the client keeps the buffer full, it is read into
 *   blocks of its own: fewer and longer reads, and no copy.
 *
 * The second and the third are what the option `onread` does for a socket that connects. One that a server
 * accepts has the same properties, but no option sets them.
 */
export class DirectReads {
  readonly #socket: Socket
  readonly #expected: () => number
  /** What is left of the block that the last read went to; null: it went to the shared buffer. */
  #room: Buffer | null
  /** The last read had more to give. */
  #filled: boolean

  /** `expected`: how many bytes are certain to come that belong to one message. */
  constructor(socket: Socket, expected: () => number) {
    this.#socket = socket
    this.#expected = expected
    this.#room = null
    this.#filled = false
    const push = socket.push.bind(socket)
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (!Buffer.isBuffer(chunk) || socket.readableFlowing !== true || socket.readableLength > 0) {
        return push(chunk, encoding)
      }
      socket.emit('data', chunk)
      return true
    }
    const handle: unknown = Reflect.get(socket, '_handle')
    if (OWN_BUFFER === null || !readsIntoBuffers(handle)) return
    Object.assign(socket, {
      [OWN_BUFFER.buffer]: SHARED,
      [OWN_BUFFER.read]: this.#read,
      [OWN_BUFFER.next]: this.#next,
    })
    handle.useUserBuffer(SHARED)
  }

  /** Leaves the socket to somebody else, to whom it is as any other. */
  release(): void {
    // The method of its class shows again.
    Reflect.deleteProperty(this.#socket, 'push')
  }

  /** False stops the reading. */
  readonly #read = (length: number, target: Buffer): boolean => {
    this.#filled = length === target.length
    this.#room = target === SHARED ? null : target.subarray(length)
    return this.#socket.push(target === SHARED ? copyOfShared(length) : target.subarray(0, length))
  }

  /** Where the next bytes go. */
  readonly #next = (): Buffer => {
    if (this.#filled) {
      const expected = this.#expected()
      return expected < LEAST_BLOCK_BYTES
        ? SHARED
        : Buffer.allocUnsafeSlow(Math.min(expected, BLOCK_BYTES))
    }
    return this.#room !== null && this.#expected() > 0 ? this.#room : SHARED
  }
}

/** The part of a handle of `net` that is used here. */
interface Handle {
  useUserBuffer(buffer: Buffer): void
}

function readsIntoBuffers(handle: unknown): handle is Handle {
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle
}

/** Filled and emptied within one turn of the event loop. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024)

/** As much as a block may hold, and what a connection with a large body in progress may hold of it. */
const BLOCK_BYTES = 512 * 1024
const LEAST_BLOCK_BYTES = 64 * 1024

/** More than so many have memory of their own. */
const SMALL_BYTES = 4096
const small = new Slab()

function copyOfShared(length: number): Buffer {
  if (length > SMALL_BYTES) return Buffer.from(SHARED.subarray(0, length))
  const at = small.reserve(length)
  SHARED.copy(small.bytes, at, 0, length)
  return small.bytes.subarray(at, at + length)
}

/** The names of the three properties; null where this release of Node.js has none such. */
const OWN_BUFFER = ownBuffer(Object.getOwnPropertySymbols(new Socket()))

function ownBuffer(
  symbols: readonly symbol[],
): Readonly<Record<'buffer' | 'read' | 'next', symbol>> | null {
  const [buffer, read, next] = ['kBuffer', 'kBufferCb', 'kBufferGen'].map((name) =>
    symbols.find(({ description }) => description === name),
  )
  return buffer === undefined || read === undefined || next === undefined
    ? null
    : { buffer, read, next }
}
