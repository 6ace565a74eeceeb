import { OPCODE } from '../../websocket/frame.ts'
import { bytesOf, calls, type Dict, headersOf, scopes } from '../sabotage/application.ts'
import { clientFrames, serverFrames } from '../sabotage/frames.ts'
import { both } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** WebSocket connections at their edges: odd handshakes, and what crosses an ending (RFC 6455 §7). */
export const recalledWebSocketMutants: readonly Mutant[] = [
  {
    id: 'recalled/handshake-values-recoded',
    property: 'websocket/scope/header-values-exact',
    clause: 'websocket/scope/headers-bytes',
    breaks: 'header values of a handshake are read as Latin-1 and handed on as UTF-8',
    sabotage: scopes(
      (scope) => ({
        ...scope,
        headers: headersOf(scope).map(([name, value]) => [bytesOf(name), Buffer.from(value)]),
      }),
      'websocket',
    ),
  },
  {
    id: 'recalled/handshake-values-fatal',
    property: 'websocket/scope/header-values-exact',
    clause: 'wire/rfc9110/obs-text-opaque',
    breaks: 'a handshake with a header value beyond ASCII ends the connection without a word',
    sabotage: requests((bytes, tap) => {
      if (/\r\nX-Name: [^\r]*[\x80-\xff]/.test(bytes)) tap.reset()
      return bytes
    }),
  },
  {
    id: 'recalled/messages-lost-at-close',
    property: 'websocket/receive/before-close',
    clause: 'websocket/receive/event',
    breaks: 'messages that were not yet received are dropped when the Close arrives',
    sabotage: lostAtClose(),
  },
  {
    id: 'recalled/receive-after-denial-raises',
    property: 'websocket/disconnect/after-denial',
    clause: 'websocket/disconnect/event',
    breaks: 'receive() after a denial raises an exception',
    sabotage: raisingAfterDenial(),
  },
  {
    id: 'recalled/late-messages-reset',
    property: 'wire/rfc6455/clean-close',
    clause: 'wire/rfc6455/clean-close',
    breaks: 'a client that still sends when the server closes is reset',
    programs: 4,
    sabotage: resetWhileSending(),
  },
]

function lostAtClose(): Mutant['sabotage'] {
  const closing = new WeakSet<Tap>()
  return both(
    clientFrames((frame, tap) => {
      if (frame.opcode === OPCODE.close) closing.add(tap)
      return [frame]
    }),
    calls('websocket', ({ receive, tap }) => ({
      receive: async () => {
        for (;;) {
          const event: Dict = await receive()
          const lost = tap !== null && closing.has(tap) && event['type'] === 'websocket.receive'
          if (!lost) return event
        }
      },
    })),
  )
}

function raisingAfterDenial(): Mutant['sabotage'] {
  return calls('websocket', ({ receive, send }) => {
    let state = 'asked'
    return {
      receive: () => (state === 'denied' ? Promise.reject(new Error('no connection')) : receive()),
      send: async (message) => {
        if (state === 'asked' && message['type'] === 'websocket.close') state = 'denied'
        if (message['type'] === 'websocket.accept') state = 'accepted'
        await send(message)
      },
    }
  })
}

/** As if the socket were closed behind the Close while there was still something to read on it. */
function resetWhileSending(): Mutant['sabotage'] {
  const closed = new WeakSet<Tap>()
  return both(
    serverFrames((frame, tap) => {
      if (frame.opcode === OPCODE.close) closed.add(tap)
      return [frame]
    }),
    clientFrames((frame, tap) => {
      if (frame.opcode !== OPCODE.close && closed.has(tap)) tap.reset()
      return [frame]
    }),
  )
}
