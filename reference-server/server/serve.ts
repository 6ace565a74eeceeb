import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { apart } from '../asgi/apart.ts'
import type { ASGIApplication } from '../asgi/application.ts'
import { SETTING_NAMES, SETTINGS, type Settings } from '../config/settings.ts'
import { NONE, type Origin } from '../http/scope.ts'
import { Http1Connection } from '../http1/connection.ts'
import { Http2Gateway } from '../http2/gateway.ts'
import { Lifespan } from '../lifespan/lifespan.ts'
import { ReloadableTls } from '../tls/tls-server.ts'
import { contextOf, type ServerContext } from './context.ts'
import { StartupFailed } from './errors.ts'
import { Handshakes } from './handshakes.ts'
import { type Address, ALONE, type Departure, type Drainable, Listener, urlOf } from './listener.ts'
import { createLog, type ServerLog } from './log.ts'
import { Metrics } from './metrics.ts'

/** Any of the settings, and where to log; everything else has its default. */
export interface ServeOptions extends Partial<Settings> {
  readonly log?: ServerLog
}

export interface RunningServer {
  readonly address: Address
  /** `http://127.0.0.1:8000` */
  readonly url: string
  /** What was served so far; null unless metrics are on. */
  readonly metrics: Metrics | null
  /** Finishes what is in progress, runs the lifespan's shutdown, and frees the address. */
  close(departure?: Departure): Promise<void>
  /** Cuts every connection; a `close()` under way waits for nothing any more, not even the lifespan's shutdown. */
  abort(): void
  /** Reads key and certificate again; connections that are open keep the old ones. */
  reloadCertificates(): void
  /** Calls back once, when `limitMaxRequests` was reached. */
  onRetire(retire: () => void): void
}

/**
 * Serves an ASGI application. Resolves once connections are accepted, after the lifespan's start-up;
 * rejects with StartupFailed, ListenFailed, or a UsageError for settings that cannot work.
 */
export async function serve(
  given: ASGIApplication,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const application = apart(given)
  const settings = completed(options)
  const log = options.log ?? createLog(settings)
  // Whatever the settings make impossible, the application has not begun by then.
  const tls = ReloadableTls.of(settings, STREAM)
  const server = tls === null ? createServer(STREAM) : tls.server
  const stateless = contextOf(application, log, settings)
  const lifespan = new Lifespan(application, settings.lifespan)
  const startup = await lifespan.startup()
  if (startup.outcome === 'failed') {
    stateless.clock.stop()
    throw new StartupFailed(startup.message)
  }
  const context = { ...stateless, state: startup.state }
  if (settings.metricsPort !== null) context.observers.metrics = new Metrics()
  const listener = new Listener(server)
  const http2 = settings.http2 ? new Http2Gateway(context) : null
  accept(server, listener, context, tls, http2)
  try {
    await listener.listen(settings)
  } catch (error) {
    await endLifespan(lifespan, context, never)
    throw error
  }
  let hurry: () => void = ignore
  return {
    address: listener.address,
    url: urlOf(listener.address, tls === null ? 'http' : 'https'),
    metrics: context.observers.metrics,
    close: async (departure = ALONE) => {
      const hurried = new Promise<void>((resolve) => {
        hurry = resolve
      })
      const isDue = pause(context.timeouts.shutdownMs, undefined, { ref: false })
      await listener.drain(context.timeouts.shutdownMs, departure)
      // An application may clean up behind its response (asgi.rst, "Applications").
      await Promise.race([context.admission.emptied(), isDue, hurried])
      departure.drained()
      await endLifespan(lifespan, context, hurried)
    },
    abort: () => {
      listener.abort()
      hurry()
    },
    reloadCertificates: () => tls?.reload(),
    onRetire: (retire) => {
      context.admission.onRetire = retire
    },
  }
}

/** RFC 9112 §9.6: a client may end its side and still read, so we end ours ourselves. */
const STREAM = { allowHalfOpen: true, noDelay: true, highWaterMark: 64 * 1024 } as const

function completed(options: ServeOptions): Settings {
  const defaults: Settings = Object.fromEntries(
    SETTING_NAMES.map((name): unknown[] => [name, SETTINGS[name].default]),
  )
  return { ...defaults, ...options }
}

function accept(
  server: Server,
  listener: Listener,
  context: ServerContext,
  tls: ReloadableTls | null,
  http2: Http2Gateway | null,
): void {
  const secure = tls !== null
  const handshakes = new Handshakes(listener, context.clock, context.timeouts.headerMs)
  server.on('connection', (socket: Socket) => {
    // Errors of a handshake that fails, or of a client that is gone at once, concern nobody else.
    socket.on('error', () => socket.destroy())
    if (secure) handshakes.begin(socket)
  })
  const keep = (socket: Socket, connection: Drainable): void => {
    listener.add(connection)
    if (secure) handshakes.end(socket)
    socket.once('close', () => listener.remove(connection))
  }
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket | TLSSocket) => {
    const encryption = tls !== null && 'getCipher' in socket ? tls.extension(socket) : null
    const origin: Origin = {
      ...addressesOf(socket, listener.address),
      extensions: () => (encryption === null ? NONE : { tls: encryption() }),
      scheme: secure ? 'https' : 'http',
    }
    if (http2 !== null && 'alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
      keep(socket, http2.open(socket, origin))
      return
    }
    const connection = new Http1Connection(
      context,
      socket,
      origin,
      http2 === null || secure
        ? null
        : (same) => {
            listener.remove(connection)
            keep(same, http2.open(same, origin))
          },
    )
    keep(socket, connection)
  })
}

function addressesOf(socket: Socket, listening: Address): Pick<Origin, 'client' | 'server'> {
  if (listening.kind === 'unix') {
    const { path } = listening
    return { client: null, server: path === null ? null : [path, null] }
  }
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  return {
    client: remoteAddress === undefined ? null : [remoteAddress, remotePort ?? 0],
    server: localAddress === undefined ? null : [localAddress, localPort ?? null],
  }
}

/** lifespan.rst, "Shutdown Failed": the message is for the log. `hurried` resolves where nothing is waited for. */
async function endLifespan(
  lifespan: Lifespan,
  context: ServerContext,
  hurried: Promise<void>,
): Promise<void> {
  context.clock.stop()
  const shutdown = await Promise.race([lifespan.shutdown(), hurried])
  if (shutdown === undefined) {
    context.log.warn("The application's shutdown is not waited for any longer.")
  } else if (shutdown.outcome === 'failed') {
    context.log.error(`The application's shutdown failed: ${shutdown.message}`)
  }
}

const never = new Promise<void>(() => {})

function ignore(): void {}
