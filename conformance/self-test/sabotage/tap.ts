import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import type { Dict } from './application.ts'
import type { Sabotage } from './sabotage.ts'

/** A connection that the server has accepted, with a hand on both directions. */
export class Tap {
  /** The last request head that was heard, whole or in part, before any change. */
  head = ''
  /** Frames of WebSocket have taken the place of HTTP. */
  upgraded = false
  readonly #socket: Socket
  readonly #write: (bytes: Buffer) => boolean

  constructor(socket: Socket, write: (bytes: Buffer) => boolean) {
    this.#socket = socket
    this.#write = write
  }

  /** Puts bytes on the wire behind the server's back. */
  inject(bytes: string): void {
    this.#write(Buffer.from(bytes, 'latin1'))
  }

  end(): void {
    this.#socket.end()
  }

  /** Answers what has come in place of the server, and ends the connection. */
  refuse(status: number): void {
    this.inject(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
    this.end()
  }

  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** From now on the server ends the connection in vain. */
  keepOpen(): void {
    const socket = this.#socket
    for (const name of ['end', 'destroy', 'destroySoon'])
      Object.defineProperty(socket, name, { value: () => socket })
  }
}

const taps = new Map<number, Tap>()

/** The connection of a scope, found by the client's port. */
export function tapOf(scope: Dict): Tap | null {
  const client = scope['client']
  return (Array.isArray(client) ? taps.get(Number(client[1])) : undefined) ?? null
}

/** Cuts every connection that is open. */
export function resetAll(): void {
  for (const one of taps.values()) one.reset()
}

/** From now on every connection that a listener of this process accepts passes through the sabotage. */
export function tapConnections(sabotage: Sabotage): void {
  subscribe('net.server.socket', (message) => {
    const socket =
      typeof message === 'object' && message !== null && 'socket' in message ? message.socket : null
    if (socket instanceof Socket) tap(socket, sabotage)
  })
}

function tap(socket: Socket, sabotage: Sabotage): void {
  const write = socket.write.bind(socket)
  const own = new Tap(socket, (bytes) => write(bytes))
  const port = socket.remotePort ?? 0
  taps.set(port, own)
  socket.once('close', () => taps.delete(port))
  tapWrites(socket, own, sabotage)
  tapReads(socket, own, sabotage)
}

function tapWrites(socket: Socket, own: Tap, { outgoing }: Sabotage): void {
  const write = socket.write.bind(socket)
  Object.defineProperty(socket, 'write', {
    value: (bytes: Uint8Array, ...rest: readonly (() => void)[]) => {
      const text = Buffer.from(bytes).toString('latin1')
      const changed = outgoing === undefined ? text : outgoing(text, own)
      if (text.startsWith('HTTP/1.1 101 ')) own.upgraded = true
      return write(Buffer.from(changed ?? '', 'latin1'), ...rest)
    },
  })
}

function tapReads(socket: Socket, own: Tap, { incoming }: Sabotage): void {
  const emit = socket.emit.bind(socket)
  Object.defineProperty(socket, 'emit', {
    value: (event: string, ...details: readonly unknown[]) => {
      const [bytes] = details
      if (event !== 'data' || !(bytes instanceof Uint8Array)) return emit(event, ...details)
      const text = Buffer.from(bytes).toString('latin1')
      if (!own.upgraded && text.includes(' HTTP/1.')) own.head = text
      const changed = incoming === undefined ? text : incoming(text, own)
      return changed === '' || emit('data', Buffer.from(changed, 'latin1'))
    },
  })
}
