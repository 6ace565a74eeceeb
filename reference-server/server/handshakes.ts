import type { Socket } from 'node:net'
import type { Drainable, Listener } from './listener.ts'

/**
 * Connections that are accepted and not yet secure. Node.js counts them when it closes the listening
 * socket, so that one client which connects and says nothing would hold up the shutdown.
 */
export class Handshakes {
  readonly #listener: Listener
  /** By the client's address: the socket of TLS does not tell which other one it wraps. */
  readonly #open: Map<string, Drainable>

  constructor(listener: Listener) {
    this.#listener = listener
    this.#open = new Map()
  }

  begin(socket: Socket): void {
    const key = keyOf(socket)
    const handshake: Drainable = {
      drain: () => undefined,
      hold: () => undefined,
      release: () => undefined,
      closeIdle: () => socket.destroy(),
      destroy: () => socket.destroy(),
    }
    this.#open.set(key, handshake)
    this.#listener.add(handshake)
    socket.once('close', () => {
      if (this.#open.get(key) === handshake) this.#forget(key)
    })
  }

  /** The handshake is complete: the connection is somebody else's to end. */
  end(socket: Socket): void {
    this.#forget(keyOf(socket))
  }

  #forget(key: string): void {
    const handshake = this.#open.get(key)
    if (handshake === undefined) return
    this.#open.delete(key)
    this.#listener.remove(handshake)
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
