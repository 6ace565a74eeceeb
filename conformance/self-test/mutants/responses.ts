import { events, headersOf, messages, scopes, withHeaders } from '../sabotage/application.ts'
import { both } from '../sabotage/sabotage.ts'
import { heads, isNamed, requests, segments } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'

/** What a server adds to responses, and requests that come in pieces or with trouble behind them. */
export const responseMutants: readonly Mutant[] = [
  {
    id: 'responses/downgraded',
    property: 'wire/rfc9110/response-version',
    clause: 'wire/rfc9112/no-needless-downgrade',
    breaks: 'every response is of HTTP/1.0',
    sabotage: heads((head) => ({
      ...head,
      statusLine: head.statusLine.replace('HTTP/1.1', 'HTTP/1.0'),
    })),
  },
  {
    id: 'responses/ended-by-close',
    property: 'wire/rfc9112/self-delimited',
    clause: 'wire/rfc9112/self-delimited',
    breaks: 'responses end with the connection where they could say where they end',
    sabotage: requests((bytes) => bytes.replace(' HTTP/1.1\r\n', ' HTTP/1.0\r\n')),
  },
  {
    id: 'responses/head-length-wrong',
    property: 'wire/rfc9110/head-content-length',
    clause: 'wire/rfc9110/head-content-length',
    breaks: 'a response to HEAD has another Content-Length than that to GET',
    sabotage: heads((head, tap) =>
      tap.head.startsWith('HEAD ')
        ? {
            ...head,
            lines: [
              ...head.lines.filter((line) => !isNamed(line, 'content-length')),
              'content-length: 4711',
            ],
          }
        : head,
    ),
  },
  {
    id: 'responses/close-said-and-not-done',
    property: 'wire/rfc9112/sent-close-honoured',
    clause: 'wire/rfc9112/sent-close-honoured',
    breaks: 'a response says close, and the connection goes on',
    sabotage: both(
      messages((message) =>
        message['type'] === 'http.response.start'
          ? withHeaders(
              message,
              headersOf(message).map(([name, value]) => [
                name === 'connection' ? 'x-connection' : name,
                value,
              ]),
            )
          : message,
      ),
      heads((head) => ({
        ...head,
        lines: head.lines.map((line) => line.replace(/^x-connection:/, 'connection:')),
      })),
    ),
  },
  {
    id: 'responses/before-the-request-is-whole',
    property: 'wire/rfc9110/whole-header-section-first',
    clause: 'wire/rfc9110/whole-header-section-first',
    breaks: 'a header section that has not fully arrived is refused at once',
    sabotage: segments((bytes, tap) => {
      if (bytes.startsWith('G') && !bytes.includes('\r\n\r\n')) tap.inject(BAD_REQUEST)
      return bytes
    }),
  },
  {
    id: 'responses/unread-content-served',
    property: 'wire/rfc9112/whole-body-read-or-close',
    clause: 'wire/rfc9112/whole-body-read-or-close',
    breaks: 'a request inside content that nobody read is served',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nContent-Length: [1-9]\d*/, '\r\nContent-Length: 0'),
    ),
  },
  {
    id: 'responses/refusal-overtakes',
    property: 'wire/rfc9112/pipelining-broken-successor',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'the refusal of a broken request overtakes the response to the one ahead of it',
    sabotage: requests((bytes, tap) => {
      if (/GET\r\n\r\n|: :\r\n|A B: 1/.test(bytes)) tap.inject(BAD_REQUEST)
      return bytes
    }),
  },
  {
    id: 'responses/request-after-close-served',
    property: 'wire/rfc9112/no-request-after-close',
    clause: 'wire/rfc9112/no-request-after-close',
    breaks: 'a request behind one that says close is served',
    sabotage: requests((bytes) => bytes.replaceAll(/\r\nConnection:/gi, '\r\nX-Connection:')),
  },
  {
    id: 'websocket/receive-misnamed',
    property: 'websocket/receive/event',
    clause: 'websocket/receive/event',
    breaks: 'messages arrive in events of the type websocket.message',
    sabotage: events(
      (event) =>
        event['type'] === 'websocket.receive' ? { ...event, type: 'websocket.message' } : event,
      'websocket',
    ),
  },
  {
    id: 'websocket-scope/state-lost',
    property: 'websocket/scope/state',
    clause: 'websocket/scope/state',
    breaks: 'WebSocket connections see an empty state',
    sabotage: scopes((scope) => ({ ...scope, state: {} }), 'websocket'),
  },
  {
    id: 'websocket-scope/unix-server-as-address',
    property: 'websocket/scope/server-unix',
    clause: 'websocket/scope/server-unix',
    breaks: 'server of a WebSocket on a unix socket is a host and a port',
    sabotage: scopes((scope) => ({ ...scope, server: ['127.0.0.1', 80] }), 'websocket'),
  },
]
