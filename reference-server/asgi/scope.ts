import type { Headers } from './messages.ts'

export interface AsgiVersions {
  readonly version: '3.0'
  readonly spec_version: string
}

/** Shared by all scopes of one server process; each scope gets a shallow copy (lifespan.rst, "Lifespan State"). */
export type State = Record<string, unknown>

/** www.rst, "HTTP Connection Scope". */
export interface HttpScope {
  readonly type: 'http'
  readonly asgi: AsgiVersions
  readonly http_version: '1.0' | '1.1' | '2'
  readonly method: string
  readonly scheme: string
  readonly path: string
  readonly raw_path: Uint8Array
  readonly query_string: Uint8Array
  readonly root_path: string
  readonly headers: Headers
  readonly client: readonly [host: string, port: number] | null
  readonly server: readonly [host: string, port: number | null] | null
  readonly state?: State
  readonly extensions: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** www.rst, "Websocket Connection Scope". */
export interface WebSocketScope extends Omit<HttpScope, 'type' | 'method'> {
  readonly type: 'websocket'
  /** What the client offered, in its order. */
  readonly subprotocols: readonly string[]
}

/** lifespan.rst, "Scope". */
export interface LifespanScope {
  readonly type: 'lifespan'
  readonly asgi: AsgiVersions
  readonly state: State
}

export type Scope = HttpScope | WebSocketScope | LifespanScope
