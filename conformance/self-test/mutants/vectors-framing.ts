import { bytesOf, events, headersOf, textOf } from '../sabotage/application.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Request framing that must be refused or read just so, mended or spoilt (RFC 9112 §6 and §7). */
export const framingVectorMutants: readonly Mutant[] = [
  {
    id: 'request-framing/content-length-guessed',
    property: 'wire/rfc9112/invalid-content-length',
    clause: 'wire/rfc9112/invalid-content-length',
    breaks: 'a Content-Length that is no number is taken for 0',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nContent-Length: (?!\d+\r)[^\r]*/, '\r\nContent-Length: 0'),
    ),
  },
  {
    id: 'request-framing/content-length-zero-refused',
    property: 'wire/rfc9112/invalid-content-length',
    clause: 'wire/rfc9112/invalid-content-length',
    breaks: 'a Content-Length of 0 is refused',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nContent-Length: 0\r/i, '\r\nContent-Length: O\r'),
    ),
  },
  {
    id: 'request-framing/first-content-length-wins',
    property: 'wire/rfc9112/conflicting-content-length',
    clause: 'wire/rfc9112/conflicting-content-length',
    breaks: 'of two Content-Lengths that differ the first is used',
    sabotage: requests((bytes) =>
      bytes.replace(/(\r\nContent-Length: \d+)\r\nContent-Length: \d+/, '$1'),
    ),
  },
  {
    id: 'request-framing/length-ignored',
    property: 'wire/rfc9112/content-length-delimits',
    clause: 'wire/rfc9112/content-length-delimits',
    breaks: 'Content-Length is ignored: content is taken for the next request',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nContent-Length: [1-9]\d*/, '\r\nContent-Length: 0'),
    ),
  },
  {
    id: 'request-framing/no-length-reads-on',
    property: 'wire/rfc9112/no-length-no-body',
    clause: 'wire/rfc9112/no-length-no-body',
    breaks: 'what follows a request without a length is taken for its content',
    slow: true,
    sabotage: requests((bytes) => {
      const rest = bytes.length - bytes.indexOf('\r\n\r\n') - 4
      return /\r\n(Content-Length|Transfer-Encoding):/i.test(bytes) || rest === 0
        ? bytes
        : bytes.replace('\r\n', `\r\nContent-Length: ${rest}\r\n`)
    }),
  },
  {
    id: 'request-framing/both-kept-open',
    property: 'wire/rfc9112/te-and-cl',
    clause: 'wire/rfc9112/te-and-cl',
    breaks: 'a Content-Length beside Transfer-Encoding is ignored, and the connection kept',
    sabotage: requests((bytes) =>
      /\r\nTransfer-Encoding: chunked\r/i.test(bytes)
        ? bytes.replaceAll(/\r\nContent-Length:[^\r]*/gi, '')
        : bytes,
    ),
  },
  {
    id: 'request-framing/any-coding-is-chunked',
    property: 'wire/rfc9112/te-chunked-not-final',
    clause: 'wire/rfc9112/te-chunked-not-final',
    breaks: 'a Transfer-Encoding that does not end in chunked is taken for chunked',
    sabotage: requests((bytes) => {
      const codings = [...bytes.matchAll(/\r\nTransfer-Encoding:([^\r]*)/g)]
      return /(^|[\s,])chunked[\t ]*$/.test(codings.at(-1)?.[1] ?? 'chunked')
        ? bytes
        : bytes
            .replaceAll(/\r\n(Transfer-Encoding|Content-Length):[^\r]*/g, '')
            .replace('\r\n', '\r\nTransfer-Encoding: chunked\r\n')
    }),
  },
  {
    id: 'request-framing/http10-coding-kept-open',
    property: 'wire/rfc9112/te-in-http10',
    clause: 'wire/rfc9112/te-in-http10',
    breaks: 'Transfer-Encoding in HTTP/1.0 is read as in HTTP/1.1, and the connection kept',
    sabotage: requests((bytes) =>
      /\r\nTransfer-Encoding:/.test(bytes)
        ? bytes
            .replace(' HTTP/1.0\r\n', ' HTTP/1.1\r\n')
            .replaceAll(/\r\n(Connection|Content-Length):[^\r]*/g, '')
        : bytes,
    ),
  },
  {
    id: 'request-framing/chunk-size-guessed',
    property: 'wire/rfc9112/chunk-size-invalid',
    clause: 'wire/rfc9112/chunk-size-invalid',
    breaks: 'a chunk size that is no number is guessed from the data',
    sabotage: requests((bytes) => bytes.replace(/\r\n\r\n[^\r\n]*\r\nhello/, '\r\n\r\n5\r\nhello')),
  },
  {
    id: 'request-framing/chunk-size-wraps',
    property: 'wire/rfc9112/chunk-size-overflow',
    clause: 'wire/rfc9112/chunk-size-overflow',
    breaks: 'of a long chunk size only the last digit counts',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\n\r\n[\da-f]{7,}([\da-f]\r\nhello)/, '\r\n\r\n$1'),
    ),
  },
  {
    id: 'request-framing/chunk-end-not-read',
    property: 'wire/rfc9112/chunk-data-terminator',
    clause: 'wire/rfc9112/chunk-data-terminator',
    breaks: 'whatever stands between chunk data and the next size is skipped',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\n5\r\nhello[^0]*0\r\n\r\n$/, '\r\n5\r\nhello\r\n0\r\n\r\n'),
    ),
  },
  {
    id: 'request-framing/chunked-content-cut',
    property: 'wire/rfc9112/chunked-decoded',
    clause: 'wire/rfc9112/chunked-decoded',
    breaks: 'the last byte of chunked content is lost',
    sabotage: events((event, _, scope) =>
      headersOf(scope).some(([name]) => name === 'transfer-encoding')
        ? { ...event, body: bytesOf(textOf(event['body']).slice(0, -1)) }
        : event,
    ),
  },
  {
    id: 'request-framing/trailers-merged',
    property: 'wire/rfc9112/trailers-not-merged',
    clause: 'wire/rfc9112/trailers-not-merged',
    breaks: 'trailers appear among the headers',
    sabotage: requests((bytes) => {
      const trailer = /\r\n0\r\n(X-Trailer: [^\r]*)\r\n/.exec(bytes)?.[1]
      return trailer === undefined ? bytes : bytes.replace('\r\n', `\r\n${trailer}\r\n`)
    }),
  },
  {
    id: 'request-framing/cut-chunks-complete',
    property: 'wire/rfc9112/incomplete-chunked',
    clause: 'wire/rfc9112/incomplete-chunked',
    breaks: 'a chunked body that lacks its end is complete when the client closes',
    sabotage: events((event) =>
      event['type'] === 'http.disconnect'
        ? { type: 'http.request', body: bytesOf(''), more_body: false }
        : event,
    ),
  },
]
