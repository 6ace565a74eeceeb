import type { Headers } from '../asgi/messages.ts'

/** The peer broke the protocol: what to answer, and the clause that says so. The connection ends. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code = 'http1/refused'
  /** Status of the answer; it always carries `connection: close`. */
  readonly status: number
  /** `RFC 9112 §6.1`. */
  readonly clause: string

  /** Fields of the answer that its status calls for. */
  readonly headers: Headers

  constructor(status: number, clause: string, rule: string, headers: Headers = []) {
    super(rule)
    this.status = status
    this.clause = clause
    this.headers = headers
  }
}

/**
 * The connection does not begin as one of HTTP/1: with the preface of HTTP/2 (RFC 9113 §3.4), or with a
 * line that has nothing of HTTP/1. The bytes are untouched, for HTTP/2 to judge; the answer is for where
 * HTTP/2 is not spoken.
 */
export class NotHttp1 extends ProtocolError {}

/** Our own side asked the machine for a step that its transition table does not have: a defect here. */
export class LocalProtocolError extends Error {
  override readonly name = 'LocalProtocolError'
  readonly code = 'http1/illegal-step'
}
