import { WebSocket } from 'ws'

/** What a client saw of its WebSocket, in order. */
export type Seen =
  | { readonly what: 'message'; readonly data: Buffer; readonly isBinary: boolean }
  | { readonly what: 'close'; readonly code: number; readonly reason: string }
  | { readonly what: 'refused'; readonly status: number; readonly body: string }

/** A WebSocket client whose events are awaited one by one. */
export class WebSocketClient {
  readonly raw: WebSocket
  #seen: Seen[]
  #waiting: ((seen: Seen) => void)[]

  constructor(
    port: number,
    protocols: readonly string[] = [],
    perMessageDeflate = false,
    target = '/ws?x=1',
  ) {
    this.raw = new WebSocket(`ws://127.0.0.1:${port}${target}`, protocols, { perMessageDeflate })
    this.#seen = []
    this.#waiting = []
    this.raw.on('message', (data, isBinary) => this.#put({ what: 'message', data, isBinary }))
    this.raw.on('close', (code, reason) =>
      this.#put({ what: 'close', code, reason: reason.toString() }),
    )
    this.raw.on('error', () => {})
    this.raw.on('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (bytes: Buffer) => {
        body += bytes.toString()
      })
      response.on('end', () =>
        this.#put({ what: 'refused', status: response.statusCode ?? 0, body }),
      )
    })
  }

  /** Resolves once the handshake is complete. */
  opened(): Promise<void> {
    return new Promise((resolve) => {
      this.raw.on('open', resolve)
    })
  }

  next(): Promise<Seen> {
    const seen = this.#seen.shift()
    if (seen !== undefined) return Promise.resolve(seen)
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  #put(seen: Seen): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) waiting(seen)
    else this.#seen.push(seen)
  }
}
