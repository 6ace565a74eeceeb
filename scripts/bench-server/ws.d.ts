/** The server of the `ws` library, which the yardstick for WebSockets is made of. */
declare module 'ws' {
  import type { Server } from 'node:net'

  interface Peer {
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this
    send(data: Buffer, options: { binary: boolean }): void
  }

  export class WebSocketServer {
    constructor(options: { server: Server })
    on(event: 'connection', listener: (socket: Peer) => void): this
  }
}
