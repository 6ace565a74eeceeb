import type { Socket } from 'node:net'

/**
 * What a socket was given to send and the kernel has not taken: whether there is any, and whether it goes on
 * leaving. The timer of the socket itself would count what a client sends as progress of what it is sent.
 */
export class Delivery {
  readonly #socket: Socket
  /** Milliseconds without progress that a client is granted. */
  readonly #stallMs: number
  /** Bytes of the writes that are complete. */
  #completed: number
  /** Bytes of the write in progress that have not left. */
  #queued: number
  #deadline: number

  constructor(socket: Socket, stallMs: number) {
    this.#socket = socket
    this.#stallMs = stallMs
    this.#completed = 0
    this.#queued = 0
    this.#deadline = Number.POSITIVE_INFINITY
  }

  /** Some bytes have not left. */
  get pending(): boolean {
    return this.#socket.writableLength > 0
  }

  /** To be called once a tick, `now` in milliseconds: true when nothing of what is pending has left for too long. */
  stalled(now: number): boolean {
    if (!this.pending) {
      this.#deadline = Number.POSITIVE_INFINITY
      return false
    }
    const completed = this.#socket.bytesWritten - this.#socket.writableLength
    const queued = queuedBytes(this.#socket)
    if (
      this.#deadline === Number.POSITIVE_INFINITY ||
      completed !== this.#completed ||
      queued !== this.#queued
    ) {
      this.#completed = completed
      this.#queued = queued
      this.#deadline = now + this.#stallMs
      return false
    }
    return now >= this.#deadline
  }
}

/** How much of a write has left is known to the handle alone; 0 where it does not tell. */
function queuedBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (typeof handle !== 'object' || handle === null || !('writeQueueSize' in handle)) return 0
  return typeof handle.writeQueueSize === 'number' ? handle.writeQueueSize : 0
}
