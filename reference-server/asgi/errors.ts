/** The root of failures of the operating system's kind, as Python's `OSError` is to an ASGI application. */
class OSError extends Error {
  override readonly name: string = 'OSError'
  /** As Node.js names it: `ECONNRESET`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Raised by `send()` once the client is gone (www.rst, "Disconnected Client - send exception"). */
export class ClientDisconnected extends OSError {
  override readonly name = 'ClientDisconnected'

  constructor() {
    super('ECONNRESET', 'The client closed the connection before the response was complete.')
  }
}

/** Raised by `send()` for an event that the specification forbids (asgi.rst, "Error Handling"). */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent'
  readonly code = 'asgi/invalid-event'
}
