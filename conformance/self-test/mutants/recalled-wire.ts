import { calls, type Dict } from '../sabotage/application.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What one request leaves behind on its connection for the next (RFC 9112 §9). */
export const recalledWireMutants: readonly Mutant[] = [
  {
    id: 'recalled/pending-receive-robs-successor',
    property: 'http/receive/left-pending',
    clause: 'http/receive/request-event',
    breaks: 'a receive() that its response left pending takes the first event of the next request',
    slow: true,
    sabotage: pendingReceiveRobs(),
  },
  {
    id: 'recalled/successor-of-close-served',
    property: 'wire/rfc9112/close-with-successor',
    clause: 'wire/rfc9112/no-request-after-close',
    breaks: 'a request that stands behind one that says close is served too',
    sabotage: requests((bytes) =>
      SUCCEEDED.test(bytes) ? bytes.replace('\r\nConnection: close', '') : bytes,
    ),
  },
  {
    id: 'recalled/successor-of-close-disconnects',
    property: 'wire/rfc9112/close-with-successor',
    clause: 'wire/rfc9112/no-request-after-close',
    breaks: 'bytes behind a request that says close are told to it as http.disconnect',
    sabotage: calls('http', ({ receive, tap }) => ({
      receive: () =>
        SUCCEEDED.test(tap?.head ?? '') ? Promise.resolve({ type: 'http.disconnect' }) : receive(),
    })),
  },
  {
    id: 'recalled/idle-timer-of-first-response',
    property: 'config/timeout-keep-alive/in-use',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'a request that was there before the response ahead of it does not stop the idle timer',
    sabotage: idleSince(1, () => true),
  },
  {
    id: 'recalled/idle-timer-of-second-response',
    property: 'config/timeout-keep-alive/in-use',
    clause: 'config/timeout-keep-alive',
    breaks: 'the idle timer of the second response on a connection is never stopped',
    sabotage: idleSince(2, () => true),
  },
  {
    id: 'recalled/idle-timer-survives-upgrade',
    property: 'config/timeout-keep-alive/upgraded',
    clause: 'config/timeout-keep-alive-upgraded',
    breaks: 'a connection that became a WebSocket is ended by the time-out of idle connections',
    sabotage: idleSince(1, (tap) => tap.upgraded),
  },
]

/** A whole request that says close with the line of another one behind it, in one segment. */
const SUCCEEDED = /\r\nConnection: close\r\n[^]*\r\n\r\n[^]*GET \S+ HTTP\/1\.1\r\n/

/** Milliseconds after which most servers drop an idle connection. */
const IDLE = 5_000

/** All requests of a connection share one place to wait: who came first is served first. */
function pendingReceiveRobs(): Mutant['sabotage'] {
  const waiting = new WeakMap<Tap, (event: Dict) => void>()
  return calls('http', ({ receive, tap }) => ({
    receive: async () => {
      const event = await receive()
      if (tap === null) return event
      if (event['type'] === 'http.disconnect')
        return await new Promise((resolve) => waiting.set(tap, resolve))
      const robber = waiting.get(tap)
      if (robber === undefined) return event
      waiting.delete(tap)
      robber(event)
      return { type: 'http.disconnect' }
    },
  }))
}

/** Ends a connection some time after that response of it, unless another response came meanwhile. */
function idleSince(response: number, ends: (tap: Tap) => boolean): Mutant['sabotage'] {
  const counts = new WeakMap<Tap, number>()
  return calls('http', ({ send, tap }) => ({
    send: async (message) => {
      await send(message)
      if (message['type'] !== 'http.response.body' || tap === null) return
      const count = 1 + (counts.get(tap) ?? 0)
      counts.set(tap, count)
      if (count !== response) return
      setTimeout(() => {
        if (counts.get(tap) === response && ends(tap)) tap.end()
      }, IDLE).unref()
    },
  }))
}
