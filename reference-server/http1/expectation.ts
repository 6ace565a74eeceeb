import type { ResponseStart } from '../http/response-events.ts'

/**
 * The client's `Expect: 100-continue` (RFC 9110 §10.1.1). A final head that comes before the
 * application asked for the body is held back: `100 Continue` could still precede it.
 */
export class Expectation {
  #owed: boolean
  #held: ResponseStart | null

  constructor() {
    this.#owed = false
    this.#held = null
  }

  begin(owed: boolean): void {
    this.#owed = owed
    this.#held = null
  }

  /** The client waits for an interim response before it sends its body. */
  get owed(): boolean {
    return this.#owed
  }

  hold(start: ResponseStart): void {
    this.#held = start
  }

  /** The interim response was sent, or comes too late, or nobody waits for it. The head that may leave now. */
  settle(): ResponseStart | null {
    this.#owed = false
    const held = this.#held
    this.#held = null
    return held
  }
}
