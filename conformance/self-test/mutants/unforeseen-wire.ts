import { FRAME } from '../../http2/frame.ts'
import { HpackDecoder } from '../../http2/hpack.ts'
import { calls, scopes } from '../sabotage/application.ts'
import { serverFrames2 } from '../sabotage/http2.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { resetAll, type Tap } from '../sabotage/tap.ts'
import { heads, isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Defects of the kind that a change brings in by accident: late, at an edge, or in one combination only. */
export const unforeseenWireMutants: readonly Mutant[] = [
  {
    id: 'unforeseen/counted-over-requests',
    property: 'http/scope/one-per-request/repeated',
    clause: 'http/scope/one-per-request',
    breaks: 'what requests bring with them is counted over the connection, until it is too much',
    sabotage: refusesFrom(7, 'POST ', 413),
  },
  {
    id: 'unforeseen/extension-behind-quoted',
    property: 'wire/rfc9112/chunked-decoded',
    clause: 'wire/rfc9112/chunk-extensions-ignored',
    breaks: 'a chunk extension behind one with a quoted value is refused',
    sabotage: requests((bytes) => bytes.replace(/(\n5;[^\r]*=")([^"\r]*");/, '$1$2\x00;')),
  },
  {
    id: 'unforeseen/expectation-in-lower-case-only',
    property: 'wire/rfc9110/expect-100',
    clause: 'wire/rfc9110/expect-100',
    breaks: '100-Continue is no expectation, as its case is another',
    slow: true,
    sabotage: requests((bytes) => bytes.replace(/\r\nExpect: 100-C/, '\r\nX-Expect: 100-C')),
  },
  {
    id: 'unforeseen/last-connection-line',
    property: 'wire/rfc9110/connection-options',
    clause: 'wire/rfc9110/connection-options',
    breaks: 'of several Connection lines only the last counts',
    sabotage: requests((bytes) =>
      bytes.replaceAll(/\r\nConnection: [^\r]*(?=[^]*\r\nConnection: )/gi, ''),
    ),
  },
  {
    id: 'unforeseen/chunks-for-kept-http10',
    property: 'wire/rfc9112/http10-close',
    clause: 'wire/rfc9112/no-transfer-encoding-to-http10',
    breaks: 'a client of HTTP/1.0 that asks for keep-alive gets the chunked coding',
    sabotage: heads((head, tap) =>
      isKept10(tap)
        ? {
            ...head,
            lines: [
              ...head.lines.filter((line) => !isNamed(line, 'content-length')),
              'transfer-encoding: chunked',
            ],
            rest: `${head.rest === '' ? '' : `${head.rest.length.toString(16)}\r\n${head.rest}\r\n`}0\r\n\r\n`,
          }
        : head,
    ),
  },
  {
    id: 'unforeseen/error-to-head-with-content',
    property: 'asgi/error/app-exception-terminates',
    clause: 'wire/rfc9110/head-no-content',
    breaks: 'the error response in answer to HEAD has content',
    sabotage: heads((head, tap) =>
      tap.head.startsWith('HEAD ') && head.statusLine.includes(' 500 ')
        ? { ...head, rest: 'The application failed.\n' }
        : head,
    ),
  },
  {
    id: 'unforeseen/pipeline-forgotten',
    property: 'wire/rfc9112/pipelining-order/backlog',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'of a pipeline no more than 64 KiB are read',
    slow: true,
    sabotage: upTo(65_536),
  },
  {
    id: 'unforeseen/query-of-bare-authority',
    property: 'wire/rfc9112/absolute-form',
    clause: 'wire/rfc9112/absolute-form',
    breaks: 'a target in absolute form without a path loses its query',
    sabotage: requests((bytes) => bytes.replace(/^(GET https?:\/\/[^/? ]+)\?[^ ]* /i, '$1 ')),
  },
  {
    id: 'unforeseen/one-mark-no-token',
    property: 'wire/rfc9110/field-name-token',
    clause: 'wire/rfc9110/field-name-token',
    breaks: 'one of the marks of a token is refused in field names',
    sabotage: requests((bytes) => bytes.replace(/(\r\nX[a-z]*)~:/, '$1(:')),
  },
  {
    id: 'unforeseen/no-invitation-over-http2',
    property: 'wire/rfc9110/expect-100/http2',
    clause: 'wire/rfc9110/expect-100',
    breaks: 'a client of HTTP/2 that waits for 100 (Continue) waits in vain',
    slow: true,
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.headers && isStatus(frame.payload, 100) ? [] : [frame],
    ),
  },
  {
    id: 'unforeseen/denial-cut-over-http2',
    property: 'extension/denial/http2',
    clause: 'extension/denial/after-connect',
    breaks: 'pieces of a denial over HTTP/2 lose their last octet',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.data ? [{ ...frame, payload: frame.payload.subarray(0, -1) }] : [frame],
    ),
  },
  {
    id: 'unforeseen/streams-cut-at-sigterm',
    property: 'process/sigterm-drains/http2',
    clause: 'process/sigterm-drains',
    breaks: 'SIGTERM cuts the connections of HTTP/2 with the streams on them',
    sabotage: { process: () => process.once('SIGTERM', resetAll) },
  },
  {
    id: 'unforeseen/method-as-sent',
    property: 'http/scope/method',
    clause: 'http/scope/method',
    breaks: 'a method in lower case stays as it is',
    sabotage: calls('http', ({ scope, tap }) => {
      const [method = ''] = (tap?.head ?? '').split(' ')
      return method === '' ? {} : { scope: { ...scope, method } }
    }),
  },
  {
    id: 'unforeseen/accept-headers-in-utf8',
    property: 'websocket/accept/headers-bytes-exact',
    clause: 'websocket/accept/headers-bytes-exact',
    breaks: 'headers of websocket.accept are written in UTF-8',
    sabotage: {
      outgoing: (bytes) =>
        bytes.startsWith('HTTP/1.1 101 ') ? Buffer.from(bytes, 'utf8').toString('latin1') : bytes,
    },
  },
  {
    id: 'unforeseen/mount-point-by-its-letters',
    property: 'config/root-path-in-path',
    clause: 'config/root-path-in-path',
    breaks: 'a path counts as mounted when its first letters are those of the root path',
    sabotage: scopes((scope) => ({
      ...scope,
      path: String(scope['path']).replace(/^(\/[^/]+|\/api\/v1)(?=\1s\/)/, ''),
    })),
  },
]

/** From the so-manieth request of this beginning on a connection, an answer of the server's own. */
function refusesFrom(turn: number, beginning: string, status: number): Sabotage {
  const turns = new WeakMap<Tap, number>()
  return requests((bytes, tap) => {
    if (!bytes.startsWith(beginning)) return bytes
    const count = (turns.get(tap) ?? 0) + 1
    turns.set(tap, count)
    if (count < turn) return bytes
    tap.refuse(status)
    return ''
  })
}

function upTo(most: number): Sabotage {
  const read = new WeakMap<Tap, number>()
  return requests((bytes, tap) => {
    const before = read.get(tap) ?? 0
    read.set(tap, before + bytes.length)
    return bytes.slice(0, Math.max(0, most - before))
  })
}

/** A field block that begins with this status, in a form of its own. */
function isStatus(block: Buffer, status: number): boolean {
  const [first] = new HpackDecoder().decode(block)
  return first?.[1] === String(status)
}

function isKept10({ head }: Tap): boolean {
  return /^\S+ \S+ HTTP\/1\.0\r\n/.test(head) && /\r\nConnection: keep-alive\r\n/i.test(head)
}
