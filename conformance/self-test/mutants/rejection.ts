import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Requests that must be refused, mended until the server takes them (RFC 9112 §3.2, §5.1, §6.3). */
export const rejectionMutants: readonly Mutant[] = [
  {
    id: 'rejection/host-not-required',
    property: 'wire/rfc9112/missing-host',
    clause: 'wire/rfc9112/missing-host',
    breaks: 'a request without Host is served',
    sabotage: requests((bytes) =>
      /\r\nHost:/i.test(bytes) ? bytes : bytes.replace('\r\n', '\r\nHost: invented\r\n'),
    ),
  },
  {
    id: 'rejection/host-not-accepted',
    property: 'wire/rfc9112/missing-host',
    clause: 'wire/rfc9112/missing-host',
    breaks: 'a request with a Host of one letter is refused',
    sabotage: requests((bytes) => bytes.replace('\r\nHost: a\r\n', '\r\n')),
  },
  {
    id: 'rejection/second-host-ignored',
    property: 'wire/rfc9112/duplicate-host',
    clause: 'wire/rfc9112/duplicate-host',
    breaks: 'a second Host line is ignored',
    sabotage: requests((bytes) => bytes.replace(/(\r\nHost: [^\r]*)\r\nHost: [^\r]*/, '$1')),
  },
  {
    id: 'rejection/space-before-colon-removed',
    property: 'wire/rfc9112/space-before-colon',
    clause: 'wire/rfc9112/space-before-colon',
    breaks: 'whitespace between field name and colon is overlooked',
    sabotage: requests((bytes) => bytes.replace(/(\r\n[\w-]+)[\t ]+:/, '$1:')),
  },
  {
    id: 'rejection/content-length-guessed',
    property: 'wire/rfc9112/invalid-content-length',
    clause: 'wire/rfc9112/invalid-content-length',
    breaks: 'a Content-Length that is no number is taken for 0',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nContent-Length: (?!\d+\r)[^\r]*/, '\r\nContent-Length: 0'),
    ),
  },
  {
    id: 'rejection/content-length-zero-refused',
    property: 'wire/rfc9112/invalid-content-length',
    clause: 'wire/rfc9112/invalid-content-length',
    breaks: 'a Content-Length of 0 is refused',
    sabotage: requests((bytes) => bytes.replace('\r\nContent-Length: 0', '\r\nContent-Length: O')),
  },
  {
    id: 'rejection/first-content-length-wins',
    property: 'wire/rfc9112/conflicting-content-length',
    clause: 'wire/rfc9112/conflicting-content-length',
    breaks: 'of two Content-Lengths that differ the first is used',
    sabotage: requests((bytes) =>
      bytes.replace(/(\r\nContent-Length: \d+)\r\nContent-Length: \d+/, '$1'),
    ),
  },
]
