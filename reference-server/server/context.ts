import type { ASGIApplication } from '../asgi/application.ts'
import type { State } from '../asgi/scope.ts'
import type { ExchangeLog } from '../http/exchange.ts'
import type { RequestLimits } from '../http1/limits.ts'
import type { WebSocketLimits } from '../websocket/limits.ts'
import type { Clock } from './clock.ts'
import type { ServerLog } from './log.ts'

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
  /** Unsent response bytes of one connection above which `send()` waits, and buffered request bytes above which the client waits. */
  readonly highWaterMark: number
  readonly rootPath: string
  readonly scheme: 'http' | 'https'
  /** `server: assay` CR LF, or null. */
  readonly serverLine: Uint8Array | null
  readonly sendDate: boolean
}
