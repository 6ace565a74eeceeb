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

/** www.rst, "Connect - receive event". */
export interface WebSocketConnect {
  readonly type: 'websocket.connect'
}

/** Exactly one of `bytes` and `text` is not null. */
export interface WebSocketReceive {
  readonly type: 'websocket.receive'
  readonly bytes: Uint8Array | null
  readonly text: string | null
}

export interface WebSocketDisconnect {
  readonly type: 'websocket.disconnect'
  readonly code: number
  readonly reason: string
}

export interface WebSocketAccept {
  readonly type: 'websocket.accept'
  readonly subprotocol?: string | null
  readonly headers?: Headers
}

/** Exactly one of `bytes` and `text` is given and not null. */
export interface WebSocketSend {
  readonly type: 'websocket.send'
  readonly bytes?: Uint8Array | null
  readonly text?: string | null
}

export interface WebSocketClose {
  readonly type: 'websocket.close'
  readonly code?: number
  readonly reason?: string | null
}

/** Extension websocket.http.response: an HTTP response instead of the handshake. */
export interface WebSocketDenialStart extends Omit<HttpResponseStart, 'type' | 'trailers'> {
  readonly type: 'websocket.http.response.start'
}

export interface WebSocketDenialBody extends Omit<HttpResponseBody, 'type'> {
  readonly type: 'websocket.http.response.body'
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
  | WebSocketConnect
  | WebSocketReceive
  | WebSocketDisconnect
  | LifespanStartup
  | LifespanShutdown

export type SendEvent =
  | HttpResponseStart
  | HttpResponseBody
  | WebSocketAccept
  | WebSocketSend
  | WebSocketClose
  | WebSocketDenialStart
  | WebSocketDenialBody
  | LifespanStartupComplete
  | LifespanStartupFailed
  | LifespanShutdownComplete
  | LifespanShutdownFailed
