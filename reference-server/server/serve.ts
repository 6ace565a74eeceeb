import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { ASGIApplication } from '../asgi/application.ts'
import { Http1Connection } from '../http1/connection.ts'
import { DEFAULT_LIMITS, type RequestLimits } from '../http1/limits.ts'
import { Lifespan, type LifespanMode } from '../lifespan/lifespan.ts'
import { DEFAULT_WEBSOCKET_LIMITS, type WebSocketLimits } from '../websocket/limits.ts'
import { Clock } from './clock.ts'
import type { ServerContext, Timeouts } from './context.ts'
import { ListenFailed, StartupFailed } from './errors.ts'
import { type ServerLog, stderrLog } from './log.ts'

export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 8000; 0 takes any free one. */
  readonly port?: number
  readonly lifespan?: LifespanMode
  readonly rootPath?: string
  readonly backlog?: number
  readonly limits?: Partial<RequestLimits>
  readonly timeouts?: Partial<Timeouts>
  readonly webSocket?: Partial<WebSocketLimits>
  /** Bytes; see ServerContext. Default 64 KiB. */
  readonly highWaterMark?: number
  readonly log?: ServerLog
}

export interface RunningServer {
  readonly address: { readonly host: string; readonly port: number }
  /** `http://127.0.0.1:8000` */
  readonly url: string
  /** Finishes what is in progress, runs the lifespan's shutdown, and frees the port. */
  close(): Promise<void>
  /** Cuts every connection; a `close()` under way then ends soon. */
  abort(): void
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  headerMs: 20_000,
  keepAliveMs: 60_000,
  stallMs: 60_000,
  shutdownMs: 30_000,
}

/** How long an idle connection may still bring the request that was on its way when draining began. */
const IDLE_GRACE_MS = 250

/**
 * Serves an ASGI application. Resolves once connections are accepted, after the lifespan's start-up;
 * rejects with StartupFailed or ListenFailed.
 */
export async function serve(
  application: ASGIApplication,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const log = options.log ?? stderrLog
  const lifespan = new Lifespan(application, options.lifespan ?? 'auto')
  const startup = await lifespan.startup()
  if (startup.outcome === 'failed') throw new StartupFailed(startup.message)
  const context = contextOf(application, startup.state, log, options)
  const listener = new Listener(context)
  try {
    await listener.listen(
      options.host ?? '127.0.0.1',
      options.port ?? 8000,
      options.backlog ?? 2048,
    )
  } catch (error) {
    context.clock.stop()
    await lifespan.shutdown()
    throw error
  }
  return {
    address: listener.address,
    url: listener.url,
    close: () => closeInOrder(listener, lifespan, context),
    abort: () => listener.destroyAll(),
  }
}

async function closeInOrder(
  listener: Listener,
  lifespan: Lifespan,
  context: ServerContext,
): Promise<void> {
  await listener.drain(context.timeouts.shutdownMs)
  context.clock.stop()
  const shutdown = await lifespan.shutdown()
  if (shutdown.outcome === 'failed') {
    context.log.error(`The application's shutdown failed: ${shutdown.message}`)
  }
}

function contextOf(
  application: ASGIApplication,
  state: ServerContext['state'],
  log: ServerLog,
  options: ServeOptions,
): ServerContext {
  return {
    application,
    state,
    clock: new Clock(),
    log,
    exchangeLog: {
      applicationFailed: (error) => log.error('The application raised an exception.', error),
      applicationLeftEarly: (rule) => log.error(rule),
    },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    webSocket: { ...DEFAULT_WEBSOCKET_LIMITS, ...options.webSocket },
    highWaterMark: options.highWaterMark ?? 64 * 1024,
    rootPath: options.rootPath ?? '',
    scheme: 'http',
    serverLine: Buffer.from('server: assay\r\n'),
    sendDate: true,
  }
}

/** The listening socket and the connections that came from it. */
class Listener {
  readonly #context: ServerContext
  readonly #server: Server
  readonly #connections: Set<Http1Connection>
  #emptied: () => void

  constructor(context: ServerContext) {
    this.#context = context
    this.#connections = new Set()
    this.#emptied = () => {}
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, highWaterMark: context.highWaterMark },
      (socket) => this.#accept(socket),
    )
  }

  get address(): { host: string; port: number } {
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string') return { host: bound ?? '', port: 0 }
    return { host: bound.address, port: bound.port }
  }

  get url(): string {
    const { host, port } = this.address
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  async listen(host: string, port: number, backlog: number): Promise<void> {
    this.#server.listen({ host, port, backlog })
    try {
      await once(this.#server, 'listening')
    } catch (error) {
      throw new ListenFailed(`${host}:${port}`, error)
    }
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort, localAddress, localPort } = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy()
      return
    }
    const connection = new Http1Connection(this.#context, socket, {
      client: [remoteAddress, remotePort],
      server: localAddress === undefined ? null : [localAddress, localPort ?? null],
    })
    this.#connections.add(connection)
    socket.once('close', () => this.#forget(connection))
  }

  #forget(connection: Http1Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#emptied()
  }

  /** Accepts no more, lets every request in progress or on its way finish, cuts what outlasts the time. */
  async drain(limitMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve
    })
    for (const connection of this.#connections) connection.drain()
    const grace = setTimeout(() => this.#closeIdle(), Math.min(IDLE_GRACE_MS, limitMs))
    const limit = setTimeout(() => this.destroyAll(), limitMs)
    if (this.#connections.size > 0) await emptied
    clearTimeout(grace)
    clearTimeout(limit)
    await closed
  }

  #closeIdle(): void {
    for (const connection of this.#connections) connection.closeIdle()
  }

  destroyAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }
}
