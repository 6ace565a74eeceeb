import type { ASGIApplication } from '../asgi/application.ts'
import type { State } from '../asgi/scope.ts'
import type { Settings } from '../config/settings.ts'
import type { RequestLimits } from '../http1/limits.ts'
import type { WebSocketLimits } from '../websocket/limits.ts'
import { Admission } from './admission.ts'
import { Clock } from './clock.ts'
import { DefaultHeaders } from './default-headers.ts'
import type { ServerLog } from './log.ts'
import { Observers } from './observers.ts'
import { ProxyTrust } from './proxy-trust.ts'

/** Deadlines of one connection, in milliseconds. */
export interface Timeouts {
  /** From the first byte of a request head, or from the connection on, to its last. */
  readonly headerMs: number
  /** An idle connection between two requests. */
  readonly keepAliveMs: number
  /** A request body or a response of which no byte moves. */
  readonly stallMs: number
  /** From the first signal until connections that are still busy are cut. */
  readonly shutdownMs: number
}

/** What the server says of applications that misbehave. */
export interface ExchangeLog {
  applicationFailed(error: unknown): void
  applicationLeftEarly(rule: string): void
}

/** What all connections of a server share. */
export interface ServerContext {
  readonly application: ASGIApplication
  readonly state: State
  readonly clock: Clock
  readonly log: ServerLog
  readonly exchangeLog: ExchangeLog
  readonly limits: RequestLimits
  readonly timeouts: Timeouts
  readonly webSocket: WebSocketLimits
  /**
   * Unsent response bytes of one connection above which `send()` waits, and buffered request bytes
   * above which the client waits.
   */
  readonly highWaterMark: number
  readonly rootPath: string
  /** Fields that the server adds to every response. */
  readonly defaults: DefaultHeaders
  readonly admission: Admission
  /** Null unless proxy headers are believed. */
  readonly proxies: ProxyTrust | null
  /** Access log, metrics and diagnostics. */
  readonly observers: Observers
}

const HIGH_WATER_MARK = 64 * 1024

/** All but the state, which is known after the start-up; a UsageError says which setting is wrong. */
export function contextOf(
  application: ASGIApplication,
  log: ServerLog,
  settings: Settings,
): Omit<ServerContext, 'state'> {
  const clock = new Clock()
  return {
    application,
    clock,
    log,
    exchangeLog: {
      applicationFailed: (error) => log.error('The application raised an exception.', error),
      applicationLeftEarly: (rule) => log.error(rule),
    },
    limits: requestLimits(settings),
    timeouts: timeouts(settings),
    webSocket: webSocketLimits(settings),
    highWaterMark: HIGH_WATER_MARK,
    rootPath: settings.rootPath,
    defaults: new DefaultHeaders(settings, clock),
    admission: new Admission(settings),
    proxies: settings.proxyHeaders ? new ProxyTrust(settings.trustedProxies) : null,
    observers: new Observers(settings, log),
  }
}

/** A limit of 0 lifts it. */
function orInfinite(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit
}

function requestLimits(settings: Settings): RequestLimits {
  return {
    requestLineBytes: settings.limitRequestLine,
    headerBytes: settings.limitHeaderBytes,
    headerCount: settings.limitHeaderCount,
    bodyBytes: orInfinite(settings.limitBody),
  }
}

function timeouts(settings: Settings): Timeouts {
  return {
    headerMs: 1000 * settings.timeoutHeader,
    keepAliveMs: 1000 * settings.timeoutKeepAlive,
    stallMs: 1000 * settings.timeoutStall,
    shutdownMs: 1000 * settings.timeoutShutdown,
  }
}

function webSocketLimits(settings: Settings): WebSocketLimits {
  return {
    enabled: settings.websocket,
    messageBytes: settings.wsMaxSize,
    fragments: settings.wsMaxFragments,
    queueBytes: settings.wsMaxQueue,
    pingIntervalMs: 1000 * settings.wsPingInterval,
    pingTimeoutMs: 1000 * settings.wsPingTimeout,
    closeTimeoutMs: 5_000,
    compression: settings.wsCompression,
  }
}
