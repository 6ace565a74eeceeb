import { bytesOf, calls, textOf } from '../sabotage/application.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Connections that live too long, too short, or in disorder (RFC 9112 §9, RFC 9110 §10.1.1). */
export const connectionMutants: readonly Mutant[] = [
  {
    id: 'connection/closed-without-notice',
    property: 'wire/rfc9112/persistence',
    clause: 'wire/rfc9112/persistence',
    breaks: 'every connection is closed after one response that does not say so',
    sabotage: calls('http', ({ send, tap }) => ({
      send: async (message) => {
        await send(message)
        if (message['type'] === 'http.response.body' && message['more_body'] !== true) tap?.end()
      },
    })),
  },
  {
    id: 'connection/answers-confused',
    property: 'wire/rfc9112/pipelining-order',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'an answer carries the content of the one before it on the connection',
    sabotage: answersConfused(),
  },
  {
    id: 'connection/close-ignored',
    property: 'wire/rfc9112/close-honoured',
    clause: 'wire/rfc9112/close-honoured',
    breaks: 'the close option of a request is ignored',
    slow: true,
    sabotage: requests((bytes) => bytes.replace(/\r\nConnection:/i, '\r\nX-Connection:')),
  },
  {
    id: 'connection/http10-kept-open',
    property: 'wire/rfc9112/http10-close',
    clause: 'wire/rfc9112/http10-close',
    breaks: 'a connection of HTTP/1.0 is kept open after the response',
    slow: true,
    sabotage: requests((bytes) => bytes.replace(' HTTP/1.0\r\n', ' HTTP/1.1\r\n')),
  },
  {
    id: 'connection/chunked-to-http10',
    property: 'wire/rfc9112/http10-close',
    clause: 'wire/rfc9112/no-transfer-encoding-to-http10',
    breaks: 'a client of HTTP/1.0 gets chunked responses',
    sabotage: requests((bytes) =>
      bytes.replace(' HTTP/1.0\r\n', ' HTTP/1.1\r\nConnection: close\r\n'),
    ),
  },
  {
    id: 'connection/continue-swallowed',
    property: 'wire/rfc9110/expect-100',
    clause: 'wire/rfc9110/expect-100',
    breaks: 'a client that waits for 100 (Continue) never gets it',
    slow: true,
    sabotage: { outgoing: (bytes) => (bytes.startsWith('HTTP/1.1 100') ? null : bytes) },
  },
  {
    id: 'connection/expectation-alone-in-its-line',
    property: 'wire/rfc9110/expect-100-in-list',
    clause: 'wire/rfc9110/expect-100-in-list',
    breaks: 'an expectation that is one of a list is none',
    slow: true,
    sabotage: requests((bytes) => bytes.replace(/\r\nExpect:(?=[^\r]*,)/, '\r\nX-Expect:')),
  },
  {
    id: 'connection/continue-misnumbered',
    property: 'wire/rfc9110/expect-100',
    clause: 'wire/rfc9110/expect-100',
    breaks: 'a client that waits for 100 (Continue) gets 102',
    sabotage: { outgoing: (bytes) => bytes.replace('HTTP/1.1 100 ', 'HTTP/1.1 102 ') },
  },
  {
    id: 'connection/continue-to-http10',
    property: 'wire/rfc9110/expect-100-http10',
    clause: 'wire/rfc9110/expect-100-http10',
    breaks: 'a client of HTTP/1.0 gets 100 (Continue)',
    sabotage: {
      outgoing: (bytes, tap) =>
        tap.head.includes(' HTTP/1.0\r\n') && bytes.startsWith('HTTP/1.1 2')
          ? `HTTP/1.1 100 Continue\r\n\r\n${bytes}`
          : bytes,
    },
  },
]

function answersConfused(): Mutant['sabotage'] {
  const last = new WeakMap<object, string>()
  return calls('http', ({ send, tap }) => ({
    send: async (message) => {
      if (message['type'] !== 'http.response.body' || tap === null) return await send(message)
      const content = textOf(message['body'])
      const stale = last.get(tap) ?? content
      last.set(tap, content)
      await send({ ...message, body: bytesOf(stale) })
    },
  }))
}
