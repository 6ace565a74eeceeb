/** The part of autocannon 9 that is used; it brings no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  /** One connection. `request` is emitted before each request is written. */
  interface Client extends EventEmitter {
    on(event: 'request', listener: () => void): this
    on(event: 'headers', listener: (message: { headers: readonly string[] }) => void): this
    on(event: 'response', listener: (status: number, bytes: number, ms: number) => void): this
    on(event: 'connError', listener: (error: NodeJS.ErrnoException) => void): this
    /** Closes the connection and sends no more. */
    destroy(): void
  }

  interface Options {
    readonly url: string
    readonly method: string
    readonly body?: string
    readonly connections: number
    /** Seconds. */
    readonly duration: number
    readonly timeout: number
    /** Milliseconds between the looks at whether to stop. */
    readonly sampleInt: number
    readonly setupClient: (client: Client) => void
  }

  interface Run extends PromiseLike<unknown> {
    stop(): void
  }

  function autocannon(options: Options): Run

  export { autocannon as default, type Client }
}
