import { calls } from '../sabotage/application.ts'
import type { Tap } from '../sabotage/tap.ts'
import { heads, isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Connections whose state outlives its cause, or is lost too early (RFC 9110 §7, RFC 9112 §9). */
export const recalledWireMutants: readonly Mutant[] = [
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
    clause: 'http/receive/request-event',
    breaks: 'bytes behind a request that says close are told to it as http.disconnect',
    sabotage: calls('http', ({ receive, tap }) => ({
      receive: () =>
        SUCCEEDED.test(tap?.head ?? '') ? Promise.resolve({ type: 'http.disconnect' }) : receive(),
    })),
  },
  {
    id: 'recalled/close-known-in-one-form',
    property: 'wire/rfc9110/connection-options',
    clause: 'wire/rfc9110/connection-options',
    breaks: 'the close option is known in small letters and by itself only',
    programs: 1,
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nConnection: (?!close\r)/, '\r\nX-Connection: '),
    ),
  },
  {
    id: 'recalled/date-of-first-response',
    property: 'wire/rfc9110/date-advances',
    clause: 'wire/rfc9110/date-approximates-now',
    breaks: 'every response of a connection has the Date of the first',
    programs: 1,
    sabotage: dateOfFirst(),
  },
  {
    id: 'recalled/garbage-unanswered',
    property: 'wire/rfc9112/grammar-mismatch-answered',
    clause: 'wire/rfc9112/grammar-mismatch-answered',
    breaks: 'what is no request ends the connection without a response',
    sabotage: { outgoing: (bytes) => (bytes.startsWith('HTTP/1.1 400 ') ? null : bytes) },
  },
  {
    id: 'recalled/offer-refused',
    property: 'wire/rfc9110/upgrade-optional',
    clause: 'wire/rfc9110/upgrade-optional',
    breaks: 'a request that offers a protocol which is not known is refused',
    sabotage: requests((bytes, tap) => {
      if (!/\r\nUpgrade: (?!websocket)/i.test(bytes)) return bytes
      tap.inject('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      tap.end()
      return ''
    }),
  },
  {
    id: 'recalled/idle-timer-forgotten',
    property: 'config/timeout-keep-alive/in-use',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'the time-out of idle connections runs on from the first response, whatever follows',
    programs: 1,
    sabotage: idleFromFirst(() => true),
  },
  {
    id: 'recalled/idle-timer-survives-upgrade',
    property: 'config/timeout-keep-alive/upgraded',
    clause: 'config/timeout-keep-alive',
    breaks: 'a connection that became a WebSocket is ended by the time-out of idle connections',
    programs: 1,
    sabotage: idleFromFirst((tap) => tap.upgraded),
  },
]

/** A whole request that says close with the line of another one behind it, in one segment. */
const SUCCEEDED = /\r\nConnection: close\r\n[^]*\r\n\r\n[^]*GET \S+ HTTP\/1\.1\r\n/

/** Milliseconds after which most servers drop an idle connection. */
const IDLE = 5_000

function dateOfFirst(): Mutant['sabotage'] {
  const dates = new WeakMap<Tap, string>()
  return heads((head, tap) => {
    const own = head.lines.find((line) => isNamed(line, 'date'))
    const date = dates.get(tap) ?? own
    if (date === undefined) return head
    dates.set(tap, date)
    return { ...head, lines: head.lines.map((line) => (line === own ? date : line)) }
  })
}

/** Ends a connection that long after its first response, if it is then as it says. */
function idleFromFirst(ends: (tap: Tap) => boolean): Mutant['sabotage'] {
  const timed = new WeakSet<Tap>()
  return calls('http', ({ send, tap }) => ({
    send: async (message) => {
      await send(message)
      if (message['type'] !== 'http.response.body' || tap === null || timed.has(tap)) return
      timed.add(tap)
      setTimeout(() => {
        if (ends(tap)) tap.end()
      }, IDLE).unref()
    },
  }))
}
