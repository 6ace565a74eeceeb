import { closeFrames } from '../sabotage/frames.ts'
import type { Mutant } from './mutant.ts'

/** How a server takes leave of its WebSocket connections (RFC 6455 §7.3). */
export const websocketFarewellMutants: readonly Mutant[] = [
  {
    id: 'websocket-farewell/no-close',
    property: 'process/websocket-farewell',
    clause: 'wire/rfc6455/server-close-starts-handshake',
    breaks: 'at shutdown the TCP connection of a WebSocket ends, and no Close goes before it',
    sabotage: closeFrames(() => null),
  },
]
