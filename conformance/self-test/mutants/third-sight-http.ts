import { calls, type Dict, headersOf, scopes, sends, withHeaders } from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { heads } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Defects in what one version of HTTP, or one kind of response, has of its own. */
export const thirdSightHttpMutants: readonly Mutant[] = [
  {
    id: 'third-sight/octets-as-text-over-http2',
    property: 'http/scope/pseudo-headers-removed',
    clause: 'http/scope/headers-as-provided',
    breaks: 'over HTTP/2 octets of a field value beyond US-ASCII are taken for characters of UTF-8',
    sabotage: scopes((scope) =>
      scope['http_version'] === '2'
        ? withHeaders(
            scope,
            headersOf(scope).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
          )
        : scope,
    ),
  },
  {
    id: 'third-sight/state-shared-by-streams',
    property: 'lifespan/state/shallow-copy',
    clause: 'lifespan/state/shallow-copy',
    breaks: 'requests over HTTP/2 have one state',
    sabotage: sharedState(),
  },
  {
    id: 'third-sight/no-space-without-reason',
    property: 'http/send/status',
    clause: 'wire/rfc9112/status-line',
    breaks: 'a status line without a reason ends with its status code',
    sabotage: heads((head) => ({ ...head, statusLine: head.statusLine.trimEnd() })),
  },
  {
    id: 'third-sight/content-lost-within-response',
    property: 'http/send/http2-large',
    clause: 'http/receive/body-concatenation',
    breaks: 'content that is received once the response has begun is lost beyond the first window',
    slow: true,
    sabotage: lostWithinResponse(),
  },
  {
    id: 'third-sight/trailers-behind-length',
    property: 'http/send/trailers-nowhere',
    clause: 'wire/rfc9112/message-framing',
    breaks: 'trailers follow a content that is delimited by its length',
    sabotage: trailersBehindLength(),
  },
  {
    id: 'third-sight/own-server-over-http2',
    property: 'wire/rfc9110/field-line-not-repeated',
    clause: 'http/send/headers-bytes-exact',
    breaks:
      'over HTTP/2 the server writes its own Server and Date in place of those of the application',
    sabotage: sends((message, { scope, send }) =>
      send(
        scope['http_version'] === '2' && message['type'] === 'http.response.start'
          ? withHeaders(
              message,
              headersOf(message).filter(([name]) => name !== 'server' && name !== 'date'),
            )
          : message,
      ),
    ),
  },
]

function sharedState(): Sabotage {
  let first: unknown = null
  return scopes((scope) => {
    if (scope['http_version'] !== '2') return scope
    first ??= scope['state']
    return { ...scope, state: first }
  })
}

function lostWithinResponse(): Sabotage {
  return calls('http', ({ receive, send }) => {
    let begun = false
    let received = 0
    return {
      send: async (message) => {
        await send(message)
        begun = true
      },
      receive: async () => {
        const event = await receive()
        const { body } = event
        if (!begun || !(body instanceof Uint8Array)) return event
        received += body.length
        return received > 65_535 ? { ...event, body: body.subarray(0, 0) } : event
      },
    }
  })
}

function trailersBehindLength(): Sabotage {
  const sized = new WeakSet<Dict>()
  return sends(async (message, { scope, send, tap }) => {
    await send(message)
    if (headersOf(message).some(([name]) => name === 'content-length')) sized.add(scope)
    if (message['type'] === 'http.response.trailers' && sized.has(scope)) chunkEnd(tap)
  })
}

function chunkEnd(tap: Tap | null): void {
  tap?.inject('0\r\nx-sum: 1\r\n\r\n')
}
