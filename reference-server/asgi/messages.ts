/**
 * The ASGI message vocabulary (asgiref specs/www.rst 2.5, lifespan.rst 2.0, docs/extensions.rst) in
 * TypeScript. Python types map so: byte string -> Uint8Array, Unicode string -> string, int -> number,
 * Iterable[[bytes, bytes]] -> readonly pairs, dict -> plain object, None -> null.
 */
export type Header = readonly [name: Uint8Array, value: Uint8Array]
export type Headers = readonly Header[]

export interface HttpRequestEvent {
  readonly type: 'http.request'
  readonly body: Uint8Array
  readonly more_body: boolean
}

export interface HttpDisconnectEvent {
  readonly type: 'http.disconnect'
}

export interface HttpResponseStart {
  readonly type: 'http.response.start'
  readonly status: number
  readonly headers?: Headers
  readonly trailers?: boolean
}

export interface HttpResponseBody {
  readonly type: 'http.response.body'
  readonly body?: Uint8Array
  readonly more_body?: boolean
}

export interface LifespanStartup {
  readonly type: 'lifespan.startup'
}

export interface LifespanShutdown {
  readonly type: 'lifespan.shutdown'
}

export interface LifespanStartupComplete {
  readonly type: 'lifespan.startup.complete'
}

export interface LifespanStartupFailed {
  readonly type: 'lifespan.startup.failed'
  readonly message?: string
}

export interface LifespanShutdownComplete {
  readonly type: 'lifespan.shutdown.complete'
}

export interface LifespanShutdownFailed {
  readonly type: 'lifespan.shutdown.failed'
  readonly message?: string
}

export type ReceiveEvent =
  | HttpRequestEvent
  | HttpDisconnectEvent
  | LifespanStartup
  | LifespanShutdown

export type SendEvent =
  | HttpResponseStart
  | HttpResponseBody
  | LifespanStartupComplete
  | LifespanStartupFailed
  | LifespanShutdownComplete
  | LifespanShutdownFailed
