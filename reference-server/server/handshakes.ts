import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Drainable, Listener } from './listener.ts'

/**
 * Connections that are accepted and not yet secure. Node.js counts them when it closes the listening
 * socket, so that one client which connects and says nothing would hold up the shutdown.
 */
export class Handshakes {
  readonly #listener: Listener
  /** By the accepted socket. Over a unix socket clients have no addresses that would tell them apart. */
  readonly #open: Map<unknown, Drainable>

  constructor(listener: Listener) {
    this.#listener = listener
    this.#open = new Map()
  }

  begin(socket: Socket): void {
    const handshake: Drainable = {
      drain: () => undefined,
      hold: () => undefined,
      release: () => undefined,
      closeIdle: () => socket.destroy(),
      destroy: () => socket.destroy(),
    }
    this.#open.set(socket, handshake)
    this.#listener.add(handshake)
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
    this.#listener.remove(handshake)
  }
}

/** The accepted socket below one of TLS, which Node.js keeps and does not document. */
function wrappedBy(socket: Socket | TLSSocket): unknown {
  return Reflect.get(socket, '_parent')
}
