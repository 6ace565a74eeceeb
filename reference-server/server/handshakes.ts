import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock, Expiring } from './clock.ts'
import type { Drainable, Listener } from './listener.ts'

/**
 * Connections that are accepted and not yet secure. Node.js counts them when it closes the listening
 * socket, so that one client which connects and says nothing would hold up the shutdown; and its own time-out
 * for handshakes closes nothing.
 */
export class Handshakes {
  readonly #listener: Listener
  readonly #clock: Clock
  readonly #limitMs: number
  /** By the accepted socket. Over a unix socket clients have no addresses that would tell them apart. */
  readonly #open: Map<unknown, Handshake>

  /** `limitMs`: from the connection on, until a client that has not completed its handshake is cut. */
  constructor(listener: Listener, clock: Clock, limitMs: number) {
    this.#listener = listener
    this.#clock = clock
    this.#limitMs = limitMs
    this.#open = new Map()
  }

  begin(socket: Socket): void {
    const handshake = new Handshake(socket, this.#clock.now + this.#limitMs)
    this.#open.set(socket, handshake)
    this.#listener.add(handshake)
    this.#clock.add(handshake)
    socket.once('close', () => this.#forget(socket))
  }

  /** The handshake is complete: the connection is somebody else's to end. */
  end(socket: Socket | TLSSocket): void {
    this.#forget(wrappedBy(socket))
  }

  #forget(socket: unknown): void {
    const handshake = this.#open.get(socket)
    if (handshake === undefined) return
    this.#open.delete(socket)
    this.#clock.remove(handshake)
    this.#listener.remove(handshake)
  }
}

class Handshake implements Drainable, Expiring {
  readonly #socket: Socket
  /** Milliseconds of the clock. */
  readonly #deadline: number

  constructor(socket: Socket, deadline: number) {
    this.#socket = socket
    this.#deadline = deadline
  }

  drain(): void {}

  hold(): void {}

  release(): void {}

  closeIdle(): void {
    this.#socket.destroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  onTick(now: number): void {
    if (now >= this.#deadline) this.#socket.destroy()
  }
}

/** The accepted socket below one of TLS, which Node.js keeps and does not document. */
function wrappedBy(socket: Socket | TLSSocket): unknown {
  return Reflect.get(socket, '_parent')
}
