import { InvalidEvent } from '../asgi/errors.ts'
import type { ResponseStart } from './response-events.ts'

/** Holds an application to the content-length that it declared, before a byte too many leaves. */
export class DeclaredLength {
  /** -1 without one. */
  readonly #declared: number
  #sent: number

  constructor(start: ResponseStart) {
    this.#declared = start.contentLength
    this.#sent = 0
  }

  /** Counts the bytes of one body event, or refuses the event and counts nothing. */
  admit(bytes: number, last: boolean): void {
    this.check(bytes, last)
    this.#sent += bytes
  }

  /** Refuses an event of so many bytes that does not fit. */
  check(bytes: number, last: boolean): void {
    if (this.#declared === -1) return
    const sent = this.#sent + bytes
    if (sent > this.#declared) {
      throw new InvalidEvent(`The body is longer than its content-length, ${this.#declared}.`)
    }
    if (last && sent < this.#declared) {
      throw new InvalidEvent(`The body is shorter than its content-length, ${this.#declared}.`)
    }
  }
}

/** RFC 9110 §6.4.1: responses to HEAD, and these two statuses, never have content on the wire. */
export function carriesBody(status: number, isHead: boolean): boolean {
  return !isHead && status !== 204 && status !== 304
}
