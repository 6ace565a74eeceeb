import {
  calls,
  type Dict,
  headersOf,
  messages,
  scopes,
  sends,
  textOf,
  withHeaders,
} from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests, segments } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Defects that show only behind another request, in a later place, or where something comes twice. */
export const secondSightHttpMutants: readonly Mutant[] = [
  {
    id: 'second-sight/offer-remembered',
    property: 'http/scope/one-per-request/neighbours',
    clause: 'http/scope/one-per-request',
    breaks: 'trailers are offered to every request behind one that takes them',
    sabotage: offeredFromThenOn(),
  },
  {
    id: 'second-sight/head-read-on',
    property: 'wire/rfc9112/pipelining-order/neighbours',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'a request that stands behind a HEAD in the same segment loses a part of its target',
    sabotage: requests((bytes) => bytes.replace(/((?:^|\n)HEAD [^]*?\r\n\r\n[A-Z]+ \/)\d+-/, '$1')),
  },
  {
    id: 'second-sight/twin-lines-once',
    property: 'http/scope/headers-values-in-order',
    clause: 'http/scope/headers-duplicates',
    breaks: 'a field line that is the same as the one before it is dropped',
    sabotage: scopes((scope) =>
      withHeaders(
        scope,
        headersOf(scope).filter((pair, at, all) => String(all[at - 1]) !== String(pair)),
      ),
    ),
  },
  {
    id: 'second-sight/tab-as-space',
    property: 'http/scope/headers-values-in-order',
    clause: 'http/scope/headers-as-provided',
    breaks: 'a tab inside a field value is a space in the scope',
    sabotage: requests((bytes) => bytes.replaceAll(/(?<=\r\n[^:\r]*: ?[^ \r][^\r]*)\t/g, ' ')),
  },
  {
    id: 'second-sight/many-headers-reversed',
    property: 'http/send/response',
    clause: 'http/send/headers-in-order',
    breaks: 'more than 16 headers of a response leave in reverse',
    sabotage: messages((message) => {
      const headers = headersOf(message)
      return headers.length > 16 ? withHeaders(message, headers.toReversed()) : message
    }),
  },
  {
    id: 'second-sight/unknown-type-in-content',
    property: 'asgi/error/invalid-event-raises',
    clause: 'asgi/error/invalid-event-raises',
    breaks: 'a message of unknown type is ignored once the content has begun',
    sabotage: takenInContent(),
  },
  {
    id: 'second-sight/trailers-of-any-type',
    property: 'asgi/error/invalid-event-raises/extensions',
    clause: 'asgi/error/invalid-event-raises',
    breaks: 'trailers whose values are no bytes are dropped in silence',
    sabotage: messages((message) =>
      message['type'] === 'http.response.trailers' ? { ...message, headers: [] } : message,
    ),
  },
  {
    id: 'second-sight/second-link-splits',
    property: 'http/send/split-header-value/extensions',
    clause: 'wire/rfc9112/field-syntax',
    breaks: 'links of early hints are written as they come, with their line breaks',
    sabotage: calls('http', ({ send, tap }) => ({
      send: async (message) => {
        if (message['type'] !== 'http.response.early_hint') return await send(message)
        tap?.inject(`HTTP/1.1 103 Early Hints\r\n${linksOf(message)}\r\n`)
      },
    })),
  },
  {
    id: 'second-sight/terminator-by-length',
    property: 'wire/rfc9112/chunk-data-terminator',
    clause: 'wire/rfc9112/chunk-data-terminator',
    breaks:
      'what ends the data of a chunk is passed over unread where it comes in segments of its own',
    sabotage: terminatorsPassedOver(),
  },
]

function offeredFromThenOn(): Sabotage {
  const taking = new WeakSet<Tap>()
  return calls('http', ({ scope, tap }) => {
    const extensions: Dict = Object(scope['extensions'])
    if (tap === null) return {}
    if ('http.response.trailers' in extensions) taking.add(tap)
    return taking.has(tap)
      ? { scope: { ...scope, extensions: { ...extensions, 'http.response.trailers': {} } } }
      : {}
  })
}

function takenInContent(): Sabotage {
  const begun = new WeakSet<Dict>()
  return sends(async (message, { scope, send }) => {
    if (begun.has(scope) && !KNOWN.has(String(message['type']))) return
    await send(message)
    if (message['type'] === 'http.response.body') begun.add(scope)
  })
}

const KNOWN = new Set(['http.response.start', 'http.response.body'])

function linksOf(message: Dict): string {
  const links = message['links']
  return (Array.isArray(links) ? links : [])
    .map((link: unknown) => `link: ${textOf(link)}\r\n`)
    .join('')
}

/** An octet that comes alone, behind a CR that did, is the LF that should be there. */
function terminatorsPassedOver(): Sabotage {
  const before = new WeakMap<Tap, string>()
  return segments((bytes, tap) => {
    const changed = bytes.length === 1 && before.get(tap) === '\r' ? '\n' : bytes
    before.set(tap, bytes)
    return changed
  })
}
