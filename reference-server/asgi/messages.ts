import type { FileHandle } from 'node:fs/promises'

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

/** Extension http.response.trailers. */
export interface HttpResponseTrailers {
  readonly type: 'http.response.trailers'
  readonly headers: Headers
  readonly more_trailers?: boolean
}

/** Extension http.response.early_hint: values of Link fields (RFC 8297). */
export interface HttpResponseEarlyHint {
  readonly type: 'http.response.early_hint'
  readonly links: Iterable<Uint8Array>
}

/** Extension http.response.pathsend: the file is the whole rest of the body. */
export interface HttpResponsePathSend {
  readonly type: 'http.response.pathsend'
  /** Absolute. */
  readonly path: string
}

/** Extension http.response.zerocopysend, with a FileHandle for Python's file object. */
export interface HttpResponseZeroCopySend {
  readonly type: 'http.response.zerocopysend'
  readonly file: FileHandle
  /** Default: the file's own position. */
  readonly offset?: number | null
  /** Default: up to the end. */
  readonly count?: number | null
  readonly more_body?: boolean
}

/** Extension http.response.push (HTTP/2). */
export interface HttpResponsePush {
  readonly type: 'http.response.push'
  readonly path: string
  readonly headers: Headers
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
  | HttpResponseTrailers
  | HttpResponseEarlyHint
  | HttpResponsePathSend
  | HttpResponseZeroCopySend
  | HttpResponsePush
  | WebSocketAccept
  | WebSocketSend
  | WebSocketClose
  | WebSocketDenialStart
  | WebSocketDenialBody
  | LifespanStartupComplete
  | LifespanStartupFailed
  | LifespanShutdownComplete
  | LifespanShutdownFailed
