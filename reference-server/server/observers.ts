import { channel } from 'node:diagnostics_channel'
import type { Settings } from '../config/settings.ts'
import type { ServerLog } from './log.ts'
import type { Metrics } from './metrics.ts'

/** One finished request, or one WebSocket that is over. */
export interface Served {
  readonly kind: 'http' | 'websocket'
  readonly client: string
  readonly method: string
  readonly path: string
  readonly version: string
  /** Null when there was no response: the client left first. An accepted WebSocket has 101, over HTTP/2 200. */
  readonly status: number | null
  /** Of the content of the response; messages of a WebSocket are none. */
  readonly bytesSent: number
  readonly milliseconds: number
}

const requestStart = channel('assay.server.request.start')
const requestEnd = channel('assay.server.request.end')

/**
 * Tells of requests: to the access log, to the metrics, and to whoever subscribed to the channels
 * `assay.server.request.start` (the ASGI scope) and `assay.server.request.end` (a Served); one that is refused
 * has an end alone. A request that nobody watches costs one comparison.
 */
export class Observers {
  readonly #accessLog: ServerLog | null
  metrics: Metrics | null

  constructor(settings: Pick<Settings, 'accessLog'>, log: ServerLog) {
    this.#accessLog = settings.accessLog ? log : null
    this.metrics = null
  }

  get watching(): boolean {
    return (
      this.#accessLog !== null ||
      this.metrics !== null ||
      requestEnd.hasSubscribers ||
      requestStart.hasSubscribers
    )
  }

  started(scope: object): void {
    this.metrics?.started()
    requestStart.publish(scope)
  }

  /** A request that the server answered itself before any application was called: nobody was told of its start. */
  refused(served: Served): void {
    this.metrics?.started()
    this.ended(served)
  }

  ended(served: Served): void {
    this.#accessLog?.access(served)
    this.metrics?.ended(served)
    requestEnd.publish(served)
  }
}
