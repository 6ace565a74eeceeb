import {
  bytesOf,
  type Dict,
  events,
  headersOf,
  messages,
  scopes,
  sends,
  withHeaders,
  without,
} from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Mutant } from './mutant.ts'

/** What a server of HTTP/2 tells its application wrongly, and what it makes of its messages. */
export const http2ApplicationMutants: readonly Mutant[] = [
  {
    id: 'http2/pseudo-header-kept',
    property: 'http/scope/pseudo-headers-removed',
    clause: 'http/scope/pseudo-headers-removed',
    breaks: ':method stays among the headers of a request over HTTP/2',
    sabotage: overHttp2((scope) =>
      withHeaders(scope, [...headersOf(scope), [':method', String(scope['method'])]]),
    ),
  },
  {
    id: 'http2/version-2.0',
    property: 'http/scope/pseudo-headers-removed',
    clause: 'http/scope/http-version',
    breaks: 'HTTP/2 is announced as "2.0"',
    sabotage: overHttp2((scope) => ({ ...scope, http_version: '2.0' })),
  },
  {
    id: 'http2/authority-dropped',
    property: 'http/scope/authority-as-host',
    clause: 'http/scope/authority-as-host',
    breaks: 'no host header stands for :authority',
    sabotage: overHttp2((scope) =>
      withHeaders(
        scope,
        headersOf(scope).filter(([name]) => name !== 'host'),
      ),
    ),
  },
  {
    id: 'http2/authority-twice',
    property: 'http/scope/authority-as-host',
    clause: 'http/scope/authority-as-host',
    breaks: 'the host header that stands for :authority comes beside the one that is there',
    sabotage: overHttp2((scope) => {
      const headers = headersOf(scope)
      return withHeaders(scope, [...headers.filter(([name]) => name === 'host'), ...headers])
    }),
  },
  {
    id: 'http2/cookie-last-only',
    property: 'http/scope/cookie-http2-split',
    clause: 'http/scope/cookie-http2-split',
    breaks: 'of a split Cookie header only the last piece is passed on',
    sabotage: overHttp2((scope) => {
      const cookies = headersOf(scope).filter(([name]) => name === 'cookie')
      const others = headersOf(scope).filter(([name]) => name !== 'cookie')
      return withHeaders(scope, [...others, ...cookies.slice(-1)])
    }),
  },
  {
    id: 'http2/client-port-as-text',
    property: 'http/scope/http2-addresses',
    clause: 'http/scope/client',
    breaks: "over HTTP/2 the client's port is a Unicode string",
    sabotage: overHttp2((scope) => ({
      ...scope,
      client: Array.isArray(scope['client']) ? scope['client'].map(String) : null,
    })),
  },
  {
    id: 'http2/scope-shared',
    property: 'http/send/multiplexed-to-its-stream',
    clause: 'http/scope/different-per-stream',
    breaks: 'streams of one connection get the path of the first of them',
    sabotage: firstPathOfAll(),
  },
  {
    id: 'http2/content-cut',
    property: 'http/receive/http2-content',
    clause: 'http/receive/body-concatenation',
    breaks: 'the last byte of each DATA frame is lost',
    sabotage: events((event) =>
      event['body'] instanceof Uint8Array
        ? { ...event, body: event['body'].subarray(0, -1) }
        : event,
    ),
  },
  {
    id: 'http2/complete-too-early',
    property: 'http/receive/http2-unfinished',
    clause: 'http/receive/more-body',
    breaks: 'the first DATA frame completes the request',
    sabotage: events((event) => without(event, 'more_body')),
  },
  {
    id: 'http2/reset-untold',
    property: 'http/receive/http2-reset-alone',
    clause: 'http/receive/disconnect-after-stream-lost',
    breaks: 'RST_STREAM is told as the end of the content',
    sabotage: events(noDisconnect),
  },
  {
    id: 'http2/loss-untold',
    property: 'http/receive/http2-connection-lost',
    clause: 'http/receive/disconnect-after-stream-lost',
    breaks: 'the loss of the connection is told as the end of the content',
    sabotage: events(noDisconnect),
  },
  {
    id: 'http2/no-disconnect-after-response',
    property: 'http/receive/http2-after-response',
    clause: 'http/receive/disconnect-after-response',
    breaks: 'after the response receive() yields content again',
    sabotage: events(noDisconnect),
  },
  {
    id: 'http2/late-send-silent',
    property: 'http/send/http2-disconnected-oserror',
    clause: 'http/send/disconnected-oserror',
    breaks: 'send() on a stream that was reset returns as if the client were there',
    sabotage: sends((message, { send }) => send(message).catch(() => undefined)),
  },
  {
    id: 'http2/headers-reversed',
    property: 'http/send/http2-response',
    clause: 'http/send/headers-in-order',
    breaks: 'response headers are sent in reverse order',
    sabotage: messages((message) =>
      Array.isArray(message['headers'])
        ? { ...message, headers: message['headers'].toReversed() }
        : message,
    ),
  },
  {
    id: 'http2/body-held-back',
    property: 'http/send/http2-body-flushed',
    clause: 'http/send/body-flushed',
    breaks: 'content is kept until the response ends',
    slow: true,
    sabotage: heldBack(),
  },
  {
    id: 'http2/content-cut-at-the-window',
    property: 'http/send/http2-large',
    clause: 'http/send/body-concatenated',
    breaks: 'content beyond the first window is dropped',
    slow: true,
    sabotage: messages((message) =>
      message['body'] instanceof Uint8Array
        ? { ...message, body: message['body'].subarray(0, 65_535) }
        : message,
    ),
  },
  {
    id: 'http2/early-hint-swallowed',
    property: 'extension/early-hint/http2',
    clause: 'extension/early-hint/attempted',
    breaks: 'early hints are accepted and not sent',
    sabotage: swallowing('http.response.early_hint'),
  },
  {
    id: 'http2/push-swallowed',
    property: 'extension/push/attempted',
    clause: 'extension/push/attempted',
    breaks: 'pushes are accepted and never promised',
    slow: true,
    sabotage: swallowing('http.response.push'),
  },
  {
    id: 'http2/query-lost',
    property: 'http/scope/same-over-http2',
    clause: 'http/scope/query-string',
    breaks: 'over HTTP/2 the query is lost',
    sabotage: overHttp2((scope) => ({ ...scope, query_string: Buffer.alloc(0) })),
  },
  {
    id: 'http2/websocket-version',
    property: 'wire/rfc8441/extended-connect',
    clause: 'websocket/scope/http-version',
    breaks: 'a WebSocket over HTTP/2 is announced as one over HTTP/1.1',
    sabotage: scopes((scope) => ({ ...scope, http_version: '1.1' }), 'websocket'),
  },
]

function overHttp2(edit: (scope: Dict) => Dict): Sabotage {
  return scopes((scope) => (scope['http_version'] === '2' ? edit(scope) : scope))
}

function noDisconnect(event: Dict): Dict {
  return event['type'] === 'http.disconnect'
    ? { type: 'http.request', body: bytesOf(''), more_body: false }
    : event
}

function swallowing(type: string): Sabotage {
  return sends((message, { send }) =>
    message['type'] === type ? Promise.resolve() : send(message),
  )
}

function firstPathOfAll(): Sabotage {
  const paths = new Map<string, unknown>()
  return overHttp2((scope) => {
    const connection = String(scope['client'])
    if (!paths.has(connection)) paths.set(connection, scope['path'])
    return { ...scope, path: paths.get(connection) }
  })
}

/** Bodies are joined to the last one. */
function heldBack(): Sabotage {
  const held = new WeakMap<object, Uint8Array[]>()
  return sends((message, { send, scope }) => {
    if (message['type'] !== 'http.response.body') return send(message)
    const parts = held.get(scope) ?? []
    held.set(scope, parts)
    if (message['body'] instanceof Uint8Array) parts.push(message['body'])
    if (message['more_body'] === true) return Promise.resolve()
    return send({ ...message, body: Buffer.concat(parts) })
  })
}
