import { calls, headersOf, scopes, textOf, withHeaders } from '../sabotage/application.ts'
import { heads, isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Defects that released servers really had, planted in the reference server. */
export const releaseMutants: readonly Mutant[] = [
  {
    id: 'releases/options-read-literally',
    property: 'wire/rfc9110/connection-options',
    clause: 'wire/rfc9110/connection-options',
    breaks: 'the close option is understood only where it stands alone and in lower case',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nConnection: (?!close\r\n)[^\r]*close[^\r]*/i, '\r\nX-Connection: close'),
    ),
  },
  {
    id: 'releases/upgrade-refused',
    property: 'wire/rfc9110/upgrade-optional',
    clause: 'wire/rfc9110/upgrade-optional',
    breaks: 'a request that offers another protocol than WebSocket is answered with 400',
    sabotage: requests((bytes) => bytes.replace(/\r\nUpgrade: (?!websocket)/i, '\r\nBad Name: ')),
  },
  {
    id: 'releases/date-stands-still',
    property: 'wire/rfc9110/date-advances',
    clause: 'wire/rfc9110/date-approximates-now',
    breaks: 'the Date of a connection is that of its first response',
    slow: true,
    sabotage: datesStandStill(),
  },
  {
    id: 'releases/single-header-refused',
    property: 'http/send/headers-iterable',
    clause: 'http/send/headers-iterable',
    breaks: 'headers of one pair raise out of send()',
    sabotage: calls('http', ({ send }) => ({
      send: async (message) => {
        const { headers } = message
        if (Array.isArray(headers) && headers.length === 1) throw new TypeError('no list of pairs')
        await send(message)
      },
    })),
  },
  {
    id: 'releases/tab-refused',
    property: 'http/send/header-inner-whitespace',
    clause: 'http/send/headers-bytes-exact',
    breaks: 'a tab in a response header value raises out of send()',
    sabotage: calls('http', ({ send }) => ({
      send: async (message) => {
        if (headersOf(message).some(([, value]) => value.includes('\t'))) throw new Error('a tab')
        await send(message)
      },
    })),
  },
  {
    id: 'releases/high-bytes-replaced-in-handshake',
    property: 'websocket/scope/header-values-exact',
    clause: 'websocket/scope/headers-bytes',
    breaks: 'bytes above ASCII in the headers of a handshake are replaced by a question mark',
    sabotage: scopes(
      (scope) =>
        withHeaders(
          scope,
          headersOf(scope).map(([name, value]) => [name, value.replaceAll(/[\x80-\xff]/g, '?')]),
        ),
      'websocket',
    ),
  },
  {
    id: 'releases/garbage-dropped',
    property: 'wire/rfc9112/grammar-mismatch-answered',
    clause: 'wire/rfc9112/grammar-mismatch-answered',
    breaks: 'what is no request is met with a close instead of an answer',
    sabotage: {
      outgoing: (bytes, tap) => {
        if (!bytes.startsWith('HTTP/1.1 400')) return bytes
        tap.end()
        return null
      },
    },
  },
  {
    id: 'releases/path-fixed-at-first-piece',
    property: 'http/scope/in-pieces',
    clause: 'http/scope/path',
    breaks:
      'of a request target that arrives in pieces the application gets no more than one character',
    sabotage: inPieces(),
  },
]

function datesStandStill(): Mutant['sabotage'] {
  const first = new WeakMap<object, string>()
  return heads((head, tap) => ({
    ...head,
    lines: head.lines.map((line) => {
      if (!isNamed(line, 'date')) return line
      const kept = first.get(tap) ?? line
      first.set(tap, kept)
      return kept
    }),
  }))
}

/** Connections on which a request line came without its end are remembered until their scope is made. */
function inPieces(): Mutant['sabotage'] {
  let broken = false
  return {
    incoming: (bytes) => {
      broken = broken || !bytes.includes('\r\n')
      return bytes
    },
    ...scopes((scope) => {
      if (!broken) return scope
      broken = false
      return { ...scope, path: textOf(scope['path']).slice(0, 1) }
    }),
  }
}
