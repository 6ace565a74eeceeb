import { OPCODE } from '../../websocket/frame.ts'
import { calls, type Dict, sends } from '../sabotage/application.ts'
import { clientFrames, serverFrames } from '../sabotage/frames.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { heads, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** WebSocket connections at their edges: odd handshakes, and what crosses an ending (RFC 6455 §7). */
export const recalledWebSocketMutants: readonly Mutant[] = [
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
    id: 'recalled/blocked-send-forgotten',
    property: 'asgi/send/returns/blocked',
    clause: 'asgi/send/returns',
    breaks: 'a send() that waits for the client never comes back when that is lost',
    slow: true,
    sabotage: ofEveryKind(async (message, { send }) => {
      const started = performance.now()
      await send(message).catch(() => undefined)
      if (performance.now() - started > PROMPT_MS) await new Promise<never>(() => undefined)
    }),
  },
  {
    id: 'recalled/no-write-flow-control',
    property: 'asgi/send/returns/blocked',
    clause: 'process/write-flow-control',
    breaks: 'no send() waits for a client that reads nothing',
    slow: true,
    sabotage: ofEveryKind(async (message, { send }) => {
      const sent = send(message).catch(() => undefined)
      if (!HEAVY.has(message['type'])) await sent
    }),
  },
  {
    id: 'recalled/denial-of-two-types',
    property: 'extension/denial/content-fields',
    clause: 'extension/denial/after-connect',
    breaks: 'the server adds a content type to the one that a denial has',
    sabotage: heads((head) => ({ ...head, lines: [...head.lines, 'Content-Type: text/plain'] })),
  },
  {
    id: 'recalled/unread-messages-reset',
    property: 'wire/rfc6455/clean-close',
    clause: 'wire/rfc6455/clean-close',
    breaks: 'a Close of the server is followed by a reset where messages were not yet received',
    sabotage: resetOverUnread(),
  },
]

/** What may have to wait for the client. */
const HEAVY: ReadonlySet<unknown> = new Set(['websocket.send', 'http.response.body'])

/** Takes the place of send() for responses and messages alike. */
function ofEveryKind(send: Parameters<typeof sends>[0]): Sabotage {
  const parts = [sends(send), sends(send, 'websocket')]
  return {
    application: (app) => parts.reduce((inner, part) => part.application?.(inner) ?? inner, app),
  }
}

/** Milliseconds that no send() takes which need not wait. */
const PROMPT_MS = 20

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

/** As a socket that is closed while there is still something to read on it. */
function resetOverUnread(): Mutant['sabotage'] {
  const unread = new WeakSet<Tap>()
  return both(
    requests((bytes, tap) => {
      if (tap.upgraded && (bytes.charCodeAt(0) & 0xf) < OPCODE.close) unread.add(tap)
      return bytes
    }),
    calls('websocket', ({ receive, tap }) => ({
      receive: async () => {
        const event = await receive()
        if (event['type'] === 'websocket.receive' && tap !== null) unread.delete(tap)
        return event
      },
    })),
    serverFrames((frame, tap) => {
      if (frame.opcode === OPCODE.close && unread.has(tap)) setImmediate(() => tap.reset())
      return [frame]
    }),
  )
}
