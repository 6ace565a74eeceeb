import cluster from 'node:cluster'
import { once } from 'node:events'
import type { ListenOptions, Server } from 'node:net'
import type { Settings } from '../config/settings.ts'
import { ListenFailed } from './errors.ts'
import { pathOfSocket } from './socket-path.ts'
import { removeStaleSocket } from './stale-socket.ts'

/** Where a server listens. The path of a unix socket that was inherited cannot be told everywhere: null there. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string | null }

/** A connection of any protocol, as far as stopping the server is concerned. */
export interface Drainable {
  /** Takes nothing new after what is in progress. */
  drain(): void
  /** Reads no more until `release`, so that no client gets an answer and comes again. */
  hold(): void
  release(): void
  /** Ends it if nothing is in progress or on its way. */
  closeIdle(): void
  destroy(): void
}

/** How long an idle connection may still bring the request that was on its way when draining began. */
const IDLE_GRACE_MS = 250

/** A client that was answered just now may be on its way back for so long. */
const RETURN_MS = 100

/** How long returning clients are waited for when draining begins, as others may never pause. */
const MOST_RETURN_MS = 500

/** How a socket that other processes accept from as well is left. */
export interface Departure {
  /** They go on: nothing that waits to be accepted is lost. */
  readonly othersListen: boolean
  /** Called when this process listens no more; resolves when none does. */
  released(): Promise<void>
  /** Called when no request is left: all that comes now is the application's own shutdown. */
  drained(): void
}

export const ALONE: Departure = {
  othersListen: false,
  released: async () => {},
  drained: () => {},
}

/** A listening socket and the connections that came from it. */
export class Listener {
  readonly #server: Server
  readonly #connections: Set<Drainable>
  #emptied: () => void
  #draining: boolean
  #holding: boolean
  /** Nothing is waited for any more: not even what is accepted from now on. */
  #hurried: boolean
  #accepted: number
  /** Of an inherited unix socket. */
  #path: string | null

  constructor(server: Server) {
    this.#server = server
    this.#holding = false
    this.#accepted = 0
    server.on('connection', () => {
      this.#accepted += 1
    })
    this.#connections = new Set()
    this.#emptied = () => {}
    this.#draining = false
    this.#hurried = false
    this.#path = null
  }

  get address(): Address {
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string')
      return { kind: 'unix', path: bound ?? this.#path }
    return { kind: 'tcp', host: bound.address, port: bound.port }
  }

  /** Rejects with ListenFailed. */
  async listen(settings: Settings): Promise<void> {
    const failed = (error: unknown): ListenFailed => new ListenFailed(nameOf(settings), error)
    try {
      if (settings.uds !== null) {
        checkLength(settings.uds)
        await removeStaleSocket(settings.uds)
      }
      const listening = once(this.#server, 'listening', { signal: forsaken() })
      this.#server.listen(listenOptions(settings))
      await listening
    } catch (error) {
      throw failed(error)
    }
    // Before the first connection: nothing was awaited since.
    if (this.#server.address() === null) this.#path = pathOfSocket(this.#server)
  }

  add(connection: Drainable): void {
    this.#connections.add(connection)
    if (this.#hurried) {
      connection.destroy()
      return
    }
    if (this.#draining) connection.drain()
    if (this.#holding) connection.hold()
  }

  remove(connection: Drainable): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#emptied()
  }

  /** Accepts no more, lets every request in progress or on its way finish, cuts what outlasts the time. */
  async drain(limitMs: number, departure: Departure): Promise<void> {
    this.#draining = true
    for (const connection of this.#connections) connection.drain()
    const closed = await this.#stopListening(departure)
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve
    })
    const grace = setTimeout(() => void this.#closeIdle(), Math.min(IDLE_GRACE_MS, limitMs))
    const limit = setTimeout(() => this.#destroyAll(), limitMs)
    if (this.#connections.size > 0) await emptied
    clearTimeout(grace)
    clearTimeout(limit)
    await closed.done
  }

  /**
   * The kernel resets connections that nobody has accepted when the socket closes, with the requests
   * in them: so they are accepted first. Meanwhile no request is answered, as every answer could bring
   * another connection.
   */
  async #stopListening(departure: Departure): Promise<{ readonly done: Promise<void> }> {
    if (departure.othersListen) return { done: this.#close() }
    this.#holding = true
    for (const connection of this.#connections) connection.hold()
    await this.#acceptWaiting()
    const done = this.#close()
    await departure.released()
    this.#holding = false
    for (const connection of this.#connections) connection.release()
    return { done }
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  /** Each turn of the event loop accepts a connection if one waits: the last turn is one without. */
  async #acceptWaiting(): Promise<void> {
    const began = performance.now()
    let accepted = -1
    let last = began
    while (!this.#hurried) {
      const now = performance.now()
      const isQuiet = accepted === this.#accepted
      if (!isQuiet) last = now
      else if (now - last >= RETURN_MS || now - began >= MOST_RETURN_MS) return
      accepted = this.#accepted
      await nextTurn()
    }
  }

  /** What arrived while this process had no time is read before a connection counts as idle. */
  async #closeIdle(): Promise<void> {
    await nextTurn()
    for (const connection of this.#connections) connection.closeIdle()
  }

  /** Cuts every connection; where the server is draining, also those that it still accepts. */
  abort(): void {
    this.#hurried = this.#draining
    this.#destroyAll()
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }
}

/** Aborted when the supervisor of a worker ends: it is who listens, and would never answer. */
function forsaken(): AbortSignal {
  const gone = new AbortController()
  if (!cluster.isWorker) return gone.signal
  if (process.connected) process.once('disconnect', () => gone.abort())
  else gone.abort()
  return gone.signal
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function listenOptions(settings: Settings): ListenOptions & { fd?: number } {
  const { host, port, uds, fd, backlog } = settings
  if (fd !== null) return { fd, backlog }
  if (uds !== null) return { path: uds, backlog }
  return { host, port, backlog }
}

/** The kernel's `sun_path`. Node.js cuts what is longer, and listens elsewhere. */
const MOST_PATH_BYTES = process.platform === 'linux' ? 108 : 104

function checkLength(path: string): void {
  if (Buffer.byteLength(path) <= MOST_PATH_BYTES) return
  throw Object.assign(new Error(`The path has more than ${MOST_PATH_BYTES} bytes.`), {
    code: 'ENAMETOOLONG',
  })
}

function nameOf({ host, port, uds, fd }: Settings): string {
  if (fd !== null) return `file descriptor ${fd}`
  return uds ?? `${host}:${port}`
}

/** `http://127.0.0.1:8000`, `https://[::1]:8443`, `unix:/run/app.sock` */
export function urlOf(address: Address, scheme: 'http' | 'https'): string {
  if (address.kind === 'unix') return `unix:${address.path ?? ''}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${scheme}://${host}:${address.port}`
}
