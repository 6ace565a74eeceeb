import fc, { type Arbitrary } from 'fast-check'
import { word } from '../arbitraries/http.ts'
import {
  anyCase,
  chunked,
  either,
  HOST,
  INJECTED,
  type Message,
  message,
  post,
  refused,
  served,
  type VectorGroup,
  withReading,
  withReadings,
} from './vector.ts'

const BOTH = 'wire/rfc9112/te-and-cl'
const OVERRIDES = 'wire/rfc9112/te-overrides-cl'
const NOT_FINAL = 'wire/rfc9112/te-chunked-not-final'
const UNKNOWN = 'wire/rfc9112/te-unknown'
const LISTS = 'wire/rfc9110/te-lists'
const EMPTY_ELEMENTS = 'wire/rfc9110/empty-list-elements'
const HTTP10 = 'wire/rfc9112/te-in-http10'
const PARSED = 'wire/rfc9112/chunked-parsed'
const PARAMETERS = 'wire/rfc9112/chunked-parameters'

const plain = word.chain((text) =>
  withReading(post(['Transfer-Encoding: chunked'], chunked(text)), { content: text }),
)

const coded = (lines: readonly string[]): Arbitrary<Message> => post(lines, chunked('hello'))

/** Codings that are not chunked, however much they look like it. */
const SIMILAR = ['xchunked', 'chunkedx', 'chunke', '"chunked"', 'chunked chunked', 'chun ked']
const DISGUISED = [
  '\x0bchunked',
  '\x0cchunked',
  'chunked\x00',
  '\x00chunked',
  'chunked\x0b',
  'chunked\xa0',
]
const notChunked = fc.constantFrom('identity', 'cow', '', ...SIMILAR, ...DISGUISED)

/** RFC 9112 §6.1 and §6.3, rules 3 and 4: transfer codings, and what beats what. */
export const codingVectors: readonly VectorGroup[] = [
  {
    id: BOTH,
    law: 'with both Transfer-Encoding and Content-Length the former is read, or neither, and the connection closed',
    clauses: [BOTH, OVERRIDES],
    families: [
      served('coding/alone', BOTH, plain),
      either(
        'both/agreeing-or-not',
        OVERRIDES,
        fc
          .tuple(anyCase('Transfer-Encoding'), fc.nat(30), fc.boolean(), word)
          .chain(([name, length, first, text]) =>
            withReadings(
              post(pair(`${name}: chunked`, `Content-Length: ${length}`, first), chunked(text)),
              { content: text },
            ),
          ),
        { closedBy: BOTH },
      ),
      either('both/request-behind-the-end', OVERRIDES, behindTheEnd('chunked'), { closedBy: BOTH }),
      either(
        'both/request-behind-the-end-disguised',
        OVERRIDES,
        fc
          .constantFrom('Chunked', 'chunked ', '\tchunked', 'chunked,', ', chunked')
          .chain(behindTheEnd),
        { closedBy: BOTH },
      ),
      either(
        'both/request-in-a-chunk',
        OVERRIDES,
        fc.tuple(fc.boolean(), anyCase('Content-Length')).chain(([first, name]) => {
          const size = INJECTED.length.toString(16)
          const lines = pair('Transfer-Encoding: chunked', `${name}: ${size.length + 2}`, first)
          return withReadings(post(lines, chunked(INJECTED)), { content: INJECTED })
        }),
        { closedBy: BOTH },
      ),
      either(
        'both/stray-octet-behind',
        OVERRIDES,
        fc
          .constantFrom(6, 30)
          .chain((length) =>
            withReadings(
              post(['Transfer-Encoding: chunked', `Content-Length: ${length}`], '0\r\n\r\nG'),
              { content: '' },
            ),
          ),
        { closedBy: BOTH },
      ),
      either(
        'both/length-malformed',
        OVERRIDES,
        fc
          .constantFrom('+5', 'x', '-1', '5, 6')
          .chain((length) =>
            withReadings(
              post(
                [`Content-Length: ${length}`, 'Transfer-Encoding: chunked'],
                `0\r\n\r\n${INJECTED}`,
              ),
              { content: '' },
            ),
          ),
        { closedBy: BOTH },
      ),
    ],
  },
  {
    id: NOT_FINAL,
    law: 'a Transfer-Encoding that does not end in chunked is refused and the connection closed',
    clauses: [NOT_FINAL, UNKNOWN, LISTS, EMPTY_ELEMENTS, PARSED, PARAMETERS],
    families: [
      served('coding/plain', PARSED, plain),
      served(
        'coding/any-case',
        PARSED,
        fc
          .tuple(
            anyCase('Transfer-Encoding'),
            fc.constantFrom('Chunked', 'CHUNKED', 'chunked', 'cHuNkEd'),
            fc.constantFrom('', ' '),
          )
          .chain(([name, coding, space]) =>
            withReading(coded([`${name}:${space}${coding}`]), { content: 'hello' }),
          ),
      ),
      refused(
        'coding/not-chunked',
        NOT_FINAL,
        fc
          .tuple(notChunked, fc.boolean())
          .chain(([coding, sized]) =>
            coded([`Transfer-Encoding: ${coding}`, ...(sized ? ['Content-Length: 5'] : [])]),
          ),
        { closes: true },
      ),
      refused(
        'coding/chunked-not-last',
        NOT_FINAL,
        fc
          .constantFrom(
            ['chunked, gzip'],
            ['chunked, identity'],
            ['chunked', 'identity'],
            ['chunked', 'gzip'],
          )
          .chain((values) => coded(values.map((value) => `Transfer-Encoding: ${value}`))),
        { closes: true },
      ),
      refused(
        'coding/unknown-before-chunked',
        UNKNOWN,
        fc
          .constantFrom(
            ['gzip, chunked'],
            ['cow, chunked'],
            ['cow', 'chunked'],
            ['deflate , chunked'],
          )
          .chain((values) => coded(values.map((value) => `Transfer-Encoding: ${value}`))),
      ),
      either(
        'coding/chunked-twice',
        LISTS,
        fc
          .constantFrom(
            ['chunked, chunked'],
            ['chunked', 'chunked'],
            ['identity', 'chunked'],
            ['identity, chunked'],
          )
          .chain((values) =>
            withReadings(coded(values.map((value) => `Transfer-Encoding: ${value}`)), {
              content: 'hello',
            }),
          ),
      ),
      either(
        'coding/empty-elements',
        EMPTY_ELEMENTS,
        fc
          .constantFrom(', chunked', 'chunked,', ',chunked', 'chunked , ', ',, chunked ,')
          .chain((value) =>
            withReadings(coded([`Transfer-Encoding: ${value}`]), { content: 'hello' }),
          ),
      ),
      refused(
        'coding/parameters',
        PARAMETERS,
        fc
          .constantFrom('chunked;a=b', 'chunked; q=1')
          .chain((value) => coded([`Transfer-Encoding: ${value}`])),
      ),
    ],
  },
  {
    id: HTTP10,
    law: 'Transfer-Encoding in HTTP/1.0 makes the framing faulty: the connection closes after it',
    clauses: [HTTP10],
    families: [
      served(
        'http10/with-length',
        HTTP10,
        word.map((content) => ({
          ...message('POST /vector HTTP/1.0', [HOST, `Content-Length: ${content.length}`], content),
          reading: { content },
        })),
      ),
      either(
        'http10/coding',
        HTTP10,
        fc
          .tuple(fc.constantFrom('close', 'keep-alive', 'Keep-Alive'), fc.boolean(), fc.boolean())
          .map(([option, sized, smuggled]) => {
            const body = smuggled ? `0\r\n\r\n${INJECTED}` : chunked('hello')
            const framing = [
              'Transfer-Encoding: chunked',
              ...(sized ? [`Content-Length: ${body.length}`] : []),
            ]
            return {
              ...message(
                'POST /vector HTTP/1.0',
                [HOST, `Connection: ${option}`, ...framing],
                body,
              ),
              readings: ['', 'hello', body].map((content) => ({ content })),
            }
          }),
        { closedBy: HTTP10 },
      ),
    ],
  },
]

function pair(one: string, two: string, inOrder: boolean): readonly string[] {
  return inOrder ? [one, two] : [two, one]
}

/** Read by its length the body holds a request; read by its coding the request stands behind the body. */
function behindTheEnd(
  coding: string,
): Arbitrary<Message & { readings: readonly { content: string }[] }> {
  const body = `0\r\n\r\n${INJECTED}`
  return fc
    .boolean()
    .chain((first) =>
      withReadings(
        post(pair(`Transfer-Encoding: ${coding}`, `Content-Length: ${body.length}`, first), body),
        { content: '' },
      ),
    )
}
