import type { HttpScope, WebSocketScope } from '../asgi/scope.ts'
import type { Observers } from './observers.ts'

/** Follows one request for the observers; made only when somebody watches. */
export class Watch {
  readonly #observers: Observers
  readonly #scope: HttpScope | WebSocketScope
  readonly #began: number
  #over: boolean

  constructor(observers: Observers, scope: HttpScope | WebSocketScope) {
    this.#observers = observers
    this.#scope = scope
    this.#began = performance.now()
    this.#over = false
    observers.started(scope)
  }

  /** The response is complete, or never will be; only the first call counts. */
  end(status: number | null, bytesSent: number): void {
    if (this.#over) return
    this.#over = true
    const scope = this.#scope
    const query = scope.query_string.length === 0 ? '' : `?${latin1(scope.query_string)}`
    this.#observers.ended({
      kind: scope.type,
      client: scope.client === null ? '-' : scope.client.join(':'),
      method: scope.type === 'http' ? scope.method : 'WEBSOCKET',
      path: `${latin1(scope.raw_path)}${query}`,
      version: scope.http_version,
      status,
      bytesSent,
      milliseconds: performance.now() - this.#began,
    })
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
