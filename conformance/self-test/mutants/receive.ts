import { bytesOf, calls, type Dict, events, headersOf, textOf } from '../sabotage/application.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Request content, delivered wrongly (www.rst, "Request - receive event"). */
export const receiveMutants: readonly Mutant[] = [
  {
    id: 'receive/event-misnamed',
    property: 'http/receive/body-bytes',
    clause: 'http/receive/request-event',
    breaks: 'content arrives in events of the type http.request.body',
    sabotage: contents((event) => ({ ...event, type: 'http.request.body' })),
  },
  {
    id: 'receive/body-as-text',
    property: 'http/receive/body-bytes',
    clause: 'asgi/types/strings-and-bytes',
    breaks: 'body is a Unicode string',
    sabotage: contents((event) => ({ ...event, body: textOf(event['body']) })),
  },
  {
    id: 'receive/last-byte-lost',
    property: 'http/receive/body-bytes',
    clause: 'http/receive/body-bytes',
    breaks: 'the last byte of each event is lost',
    sabotage: contents((event) => withBody(event, textOf(event['body']).slice(0, -1))),
  },
  {
    id: 'receive/high-bytes-replaced',
    property: 'http/receive/body-bytes',
    clause: 'http/receive/body-bytes',
    breaks: 'bytes above 127 are replaced by a question mark',
    sabotage: contents((event) =>
      withBody(event, textOf(event['body']).replaceAll(/[\x80-\xff]/g, '?')),
    ),
  },
  {
    id: 'receive/chunk-framing-kept',
    property: 'http/receive/dechunked',
    clause: 'http/receive/dechunked',
    breaks: 'the first chunk-size line is handed to the application as content',
    sabotage: events((event, turn, scope) =>
      turn > 0 || !isChunked(scope) || textOf(event['body']) === ''
        ? event
        : withBody(
            event,
            `${textOf(event['body']).length.toString(16)}\r\n${textOf(event['body'])}`,
          ),
    ),
  },
  {
    id: 'receive/many-chunks-refused',
    property: 'http/receive/many-chunks',
    clause: 'http/receive/dechunked',
    breaks: 'every chunk-size line counts as if it had an extension, and all of them are limited',
    sabotage: refusingChunksBeyond(8192),
  },
  {
    id: 'receive/chunked-content-doubled',
    property: 'http/receive/framing-twins',
    clause: 'http/receive/dechunked',
    breaks: 'chunked content is delivered twice',
    sabotage: events((event, _, scope) =>
      isChunked(scope) ? withBody(event, textOf(event['body']).repeat(2)) : event,
    ),
  },
  {
    id: 'receive/complete-too-early',
    property: 'http/receive/streamed',
    clause: 'http/receive/more-body',
    breaks: 'the first event says that no more content comes',
    sabotage: contents((event) => ({ ...event, more_body: false })),
  },
  {
    id: 'receive/more-body-as-number',
    property: 'http/receive/body-bytes',
    clause: 'http/receive/more-body',
    breaks: 'more_body is 0 or 1',
    sabotage: contents((event) => ({ ...event, more_body: event['more_body'] === true ? 1 : 0 })),
  },
  {
    id: 'receive/raises',
    property: 'http/receive/body-bytes',
    clause: 'http/receive/request-event',
    breaks: 'receive() raises an exception instead of yielding an event',
    sabotage: calls('http', () => ({
      receive: () => Promise.reject(new Error('nothing to receive')),
    })),
  },
  {
    id: 'receive/unread-body-becomes-request',
    property: 'http/receive/untouched-body',
    clause: 'http/scope/one-per-request',
    breaks: 'content that the application did not read is taken for the next request',
    sabotage: requests((bytes) =>
      bytes
        .replace(/\r\nContent-Length: [1-9]\d*/, '\r\nContent-Length: 0')
        .replace('\r\nTransfer-Encoding: chunked', '\r\nX-Coding: chunked'),
    ),
  },
  {
    id: 'receive/content-cut-off-completes',
    property: 'http/receive/incomplete-body',
    clause: 'wire/rfc9112/incomplete-body-no-completion',
    breaks: 'content that breaks off is presented as complete',
    sabotage: events((event) =>
      event['type'] === 'http.disconnect'
        ? { type: 'http.request', body: bytesOf(''), more_body: false }
        : event,
    ),
  },
]

function refusingChunksBeyond(most: number): Mutant['sabotage'] {
  const read = new WeakMap<Tap, number>()
  return requests((bytes, tap) => {
    const chunks = (read.get(tap) ?? 0) + (bytes.match(/\n1\r/g)?.length ?? 0)
    read.set(tap, chunks)
    if (chunks <= most) return bytes
    tap.refuse(413)
    return ''
  })
}

function contents(edit: (event: Dict) => Dict): Mutant['sabotage'] {
  return events((event) => (event['type'] === 'http.request' ? edit(event) : event))
}

function withBody(event: Dict, body: string): Dict {
  return { ...event, body: bytesOf(body) }
}

function isChunked(scope: Dict): boolean {
  return headersOf(scope).some(([name]) => name === 'transfer-encoding')
}
