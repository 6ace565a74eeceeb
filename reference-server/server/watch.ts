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
    this.#observers.ended({
      kind: scope.type,
      client: addressOf(scope.client),
      method: scope.type === 'http' ? scope.method : 'WEBSOCKET',
      path: targetOf(scope.raw_path, scope.query_string),
      version: scope.http_version,
      status,
      bytesSent,
      milliseconds: performance.now() - this.#began,
    })
  }
}

/** `127.0.0.1:50112`, or `-` where there is none. */
export function addressOf(client: HttpScope['client']): string {
  return client === null ? '-' : client.join(':')
}

/** The target of a request as it was sent. */
export function targetOf(rawPath: Uint8Array, queryString: Uint8Array): string {
  return queryString.length === 0 ? latin1(rawPath) : `${latin1(rawPath)}?${latin1(queryString)}`
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
