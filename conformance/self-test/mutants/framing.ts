import { heads, isNamed } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Responses whose bytes break the grammar or the framing of HTTP/1.1 (RFC 9112 §4 to §7). */
export const framingMutants: readonly Mutant[] = [
  {
    id: 'framing/status-line-malformed',
    property: 'http/send/response',
    clause: 'wire/rfc9112/status-line',
    breaks: 'the status code has four digits',
    sabotage: heads((head) => ({
      ...head,
      statusLine: head.statusLine.replace(/ (\d{3})/, ' 0$1'),
    })),
  },
  {
    id: 'framing/space-before-colon',
    property: 'http/send/response',
    clause: 'wire/rfc9112/field-syntax',
    breaks: 'a space stands before the colon of each response header',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.map((line) =>
        isNamed(line, 'content-length') || isNamed(line, 'transfer-encoding')
          ? line
          : line.replace(':', ' :'),
      ),
    })),
  },
  {
    id: 'framing/length-beside-chunked',
    property: 'http/send/response',
    clause: 'wire/rfc9112/no-content-length-beside-te',
    breaks: 'chunked responses carry a Content-Length too',
    sabotage: heads((head) =>
      head.lines.some((line) => isNamed(line, 'transfer-encoding'))
        ? { ...head, lines: [...head.lines, 'content-length: 0'] }
        : head,
    ),
  },
  {
    id: 'framing/two-lengths',
    property: 'http/send/response',
    clause: 'wire/rfc9112/message-framing',
    breaks: 'a second Content-Length that differs follows the first',
    sabotage: heads((head) =>
      head.lines.some((line) => isNamed(line, 'content-length'))
        ? { ...head, lines: [...head.lines, 'content-length: 4711'] }
        : head,
    ),
  },
  {
    id: 'framing/chunk-size-wrong',
    property: 'http/send/response',
    clause: 'wire/rfc9112/message-framing',
    breaks: 'the sizes of chunks are one too small',
    sabotage: {
      outgoing: (bytes) =>
        bytes.replace(/(^|\r\n)([1-9a-f][0-9a-f]?)\r\n/, (_, before: string, size: string) => {
          return `${before}${(Number.parseInt(size, 16) - 1).toString(16)}\r\n`
        }),
    },
  },
  {
    id: 'framing/content-after-head-request',
    property: 'wire/rfc9110/head-no-content',
    clause: 'wire/rfc9110/head-no-content',
    breaks: 'a response to HEAD carries content',
    sabotage: heads((head, tap) =>
      tap.head.startsWith('HEAD ') ? { ...head, rest: 'content' } : head,
    ),
  },
  {
    id: 'framing/content-after-204',
    property: 'wire/rfc9110/204-no-content',
    clause: 'wire/rfc9110/204-no-content',
    breaks: 'a 204 response carries content',
    sabotage: contentAfter(204),
  },
  {
    id: 'framing/content-after-304',
    property: 'wire/rfc9110/304-no-content',
    clause: 'wire/rfc9110/304-no-content',
    breaks: 'a 304 response carries content',
    sabotage: contentAfter(304),
  },
  {
    id: 'framing/length-in-204',
    property: 'wire/rfc9110/204-no-content',
    clause: 'wire/rfc9110/no-content-length-in-204',
    breaks: 'a 204 response has a Content-Length',
    sabotage: lineIn(204, 'content-length: 0'),
  },
  {
    id: 'framing/chunked-in-204',
    property: 'wire/rfc9110/204-no-content',
    clause: 'wire/rfc9112/no-transfer-encoding-in-204-1xx',
    breaks: 'a 204 response has a Transfer-Encoding',
    sabotage: lineIn(204, 'transfer-encoding: chunked'),
  },
  {
    id: 'framing/date-absent',
    property: 'wire/rfc9110/date',
    clause: 'wire/rfc9110/date',
    breaks: 'responses have no Date',
    sabotage: dates(() => []),
  },
  {
    id: 'framing/date-iso-8601',
    property: 'wire/rfc9110/date',
    clause: 'wire/rfc9110/imf-fixdate',
    breaks: 'Date is written as ISO 8601',
    sabotage: dates((line) => [`date: ${new Date(line.slice(5)).toISOString()}`]),
  },
]

function contentAfter(status: number): Mutant['sabotage'] {
  return heads((head) =>
    head.statusLine.includes(` ${status} `) ? { ...head, rest: 'content' } : head,
  )
}

function lineIn(status: number, line: string): Mutant['sabotage'] {
  return heads((head) =>
    head.statusLine.includes(` ${status} `) ? { ...head, lines: [...head.lines, line] } : head,
  )
}

function dates(edit: (line: string) => readonly string[]): Mutant['sabotage'] {
  return heads((head) => ({
    ...head,
    lines: head.lines.flatMap((line) => (isNamed(line, 'date') ? edit(line) : [line])),
  }))
}
