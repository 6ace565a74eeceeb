import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { FrameGuard } from './frame-guard.ts'

const FRAME_HEADER_BYTES = 9
const GOAWAY = 0x7

/** A socket between nghttp2 and the client, on which the FrameGuard has its eye. */
export class GuardedSocket extends Duplex {
  readonly #socket: Socket
  readonly #guard: FrameGuard

  constructor(socket: Socket) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#guard = new FrameGuard()
    socket.on('data', (bytes: Buffer) => this.#received(bytes))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
    socket.pause()
  }

  #received(chunk: Buffer): void {
    const { bytes, error } = this.#guard.receive(chunk)
    if (bytes.length > 0 && !this.push(bytes)) this.#socket.pause()
    if (error === null) return
    this.#socket.removeAllListeners('data')
    this.#socket.end(goAway(error))
    this.#socket.resume()
    this.destroy()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#guard.send(chunk)
    if (this.#socket.write(chunk)) done()
    else this.#socket.once('drain', done)
  }

  override _final(done: (error?: Error) => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // A GOAWAY that is on its way still leaves.
    if (!this.#socket.writableEnded) this.#socket.destroy()
    done(error)
  }
}

/** RFC 9113 §6.8, without a last stream: nghttp2 has it, and the client's state is beyond repair. */
function goAway(error: number): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + 8)
  frame.writeUIntBE(8, 0, 3)
  frame.writeUInt8(GOAWAY, 3)
  frame.writeUInt32BE(0, FRAME_HEADER_BYTES)
  frame.writeUInt32BE(error, FRAME_HEADER_BYTES + 4)
  return frame
}
