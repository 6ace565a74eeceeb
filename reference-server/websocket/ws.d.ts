/** The parts of the `ws` library that this server builds on: its framing, without its sockets. */
declare module 'ws' {
  import type { IncomingMessage } from 'node:http'
  import type { Duplex, Writable } from 'node:stream'

  type Extensions = Record<string, PerMessageDeflate>

  /** Takes bytes by `write`, emits `message`, `ping`, `pong`, `conclude` and `error`. */
  export class Receiver extends Writable {
    constructor(options: {
      isServer: boolean
      extensions: Extensions
      maxPayload: number
      maxFragments: number
      maxBufferedChunks: number
    })
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
    on(event: 'ping' | 'pong', listener: (data: Buffer) => void): this
    on(event: 'conclude', listener: (code: number, reason: Buffer) => void): this
    on(event: 'error', listener: (error: Error & { readonly code?: string }) => void): this
    on(event: 'drain', listener: () => void): this
  }

  export class Sender {
    constructor(socket: Duplex, extensions: Extensions, generateMask?: (mask: Buffer) => void)
    send(
      data: string | Uint8Array,
      options: { binary: boolean; compress: boolean; fin: boolean; mask: boolean },
      written?: (error?: Error | null) => void,
    ): void
    ping(data: Uint8Array, mask: boolean, written?: (error?: Error | null) => void): void
    pong(data: Uint8Array, mask: boolean): void
    close(
      code: number | undefined,
      data: string | undefined,
      mask: boolean,
      written?: (error?: Error | null) => void,
    ): void
  }

  /** The client, for tests. */
  export class WebSocket {
    readonly protocol: string
    readonly extensions: string
    readonly bufferedAmount: number
    constructor(
      url: string,
      protocols: readonly string[],
      options?: { perMessageDeflate?: boolean; maxPayload?: number },
    )
    on(event: 'open', listener: () => void): this
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
    on(event: 'close', listener: (code: number, reason: Buffer) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'ping' | 'pong', listener: (data: Buffer) => void): this
    on(
      event: 'unexpected-response',
      listener: (request: unknown, response: IncomingMessage) => void,
    ): this
    send(data: string | Uint8Array, options?: { fin?: boolean; compress?: boolean }): void
    ping(data: string): void
    close(code?: number, reason?: string): void
    terminate(): void
  }

  type Offers = Record<string, Record<string, (string | true)[]>[]>

  export class PerMessageDeflate {
    static readonly extensionName: 'permessage-deflate'
    constructor(options: { isServer: boolean; maxPayload: number; threshold: number })
    accept(offers: Offers[string]): Record<string, (string | true)[] | string | number | boolean>
    cleanup(): void
  }

  export const extension: {
    parse(header: string): Offers
    format(extensions: Record<string, unknown>): string
  }

  export const subprotocol: {
    parse(header: string): Set<string>
  }
}
