/** Whether WebSocket is spoken, and what one connection may cost. */
export interface WebSocketLimits {
  /** False: a handshake is served like any other request. */
  readonly enabled: boolean
  /** Bytes of a message, after decompression; beyond: close 1009. */
  readonly messageBytes: number
  /** Frames of a message; beyond: close 1008. */
  readonly fragments: number
  /** Bytes of complete messages that the application has not received; beyond: the client waits. */
  readonly queueBytes: number
  /** Milliseconds between pings; 0 sends none. */
  readonly pingIntervalMs: number
  /** Milliseconds until a ping must be answered; beyond: the connection is lost. */
  readonly pingTimeoutMs: number
  /** Milliseconds until the client must have answered a close frame. */
  readonly closeTimeoutMs: number
  /** Offer permessage-deflate (RFC 7692) to clients that want it. */
  readonly compression: boolean
}
