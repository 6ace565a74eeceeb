import fc, { type Arbitrary } from 'fast-check'
import { word } from '../arbitraries/http.ts'
import {
  chunked,
  either,
  faulty,
  INJECTED,
  type Message,
  post,
  served,
  type VectorGroup,
  withReading,
  withReadings,
} from './vector.ts'

const SIZE = 'wire/rfc9112/chunk-size-invalid'
const OVERFLOW = 'wire/rfc9112/chunk-size-overflow'
const TERMINATOR = 'wire/rfc9112/chunk-data-terminator'
const DECODED = 'wire/rfc9112/chunked-decoded'
const EXTENSIONS = 'wire/rfc9112/chunk-extensions-ignored'
const TRAILERS = 'wire/rfc9112/trailers-not-merged'
const INCOMPLETE = 'wire/rfc9112/incomplete-chunked'
const BARE_CR = 'wire/rfc9112/bare-cr'

const END = '0\r\n\r\n'

const body = (text: string): Arbitrary<Message> => post(['Transfer-Encoding: chunked'], text)
const bodies = (texts: Arbitrary<string>): Arbitrary<Message> => texts.chain(body)
const hello = { content: 'hello' }

const plain = word.chain((text) => withReading(body(chunked(text)), { content: text }))

/** What number parsers take and `1*HEXDIG` does not. */
const SIGNED_OR_PREFIXED = ['+5', '-5', '-0', '+0', '-1', '0x5', '0X5', '0x0']
const WITH_OTHER_DIGITS = ['5_0', '1_0', '5.0', '5h', 'g', 'hello', '5 5', '', '5,', '"5"']
const WITH_OTHER_OCTETS = [' 5', '\t5', '\x0b5', '\x005', '5\x00', '5\x0c', '5\xa0', '\x855']
const notHex = fc.constantFrom(...SIGNED_OR_PREFIXED, ...WITH_OTHER_DIGITS, ...WITH_OTHER_OCTETS)

/** Read in 32 or 64 bits each of these is five. */
const tooLarge = fc
  .tuple(fc.constantFrom(8, 16, 32), fc.nat(9))
  .map(([digits, high]) => `${(high + 1).toString(16)}${'5'.padStart(digits, '0')}`)

const NAMED = [';a', ';a=b', ';a-b', ';a;b=c', ';5']
const QUOTED = [';a="b"', ';a=";"', ';a="\\""', ';a="0"']
/** One behind another, in any order: the grammar sets no end to them. */
const extension = fc
  .array(fc.constantFrom(...NAMED, ...QUOTED), { minLength: 1, maxLength: 3 })
  .map((all) => all.join(''))

/** RFC 9112 §7.1: the chunked coding. */
export const chunkVectors: readonly VectorGroup[] = [
  {
    id: SIZE,
    law: 'a chunk size that is not hexadecimal digits ends in no complete body',
    clauses: [SIZE, BARE_CR, EXTENSIONS],
    families: [
      served('chunk/plain', SIZE, plain),
      faulty(
        'chunk/size-malformed',
        SIZE,
        bodies(notHex.map((size) => `${size}\r\nhello\r\n${END}`)),
      ),
      faulty(
        'chunk/last-size-malformed',
        SIZE,
        bodies(
          fc
            .constantFrom('', '-0', '+0', '0x0', 'x', '0x', '00x')
            .map((size) => `5\r\nhello\r\n${size}\r\n\r\n`),
        ),
      ),
      faulty(
        'chunk/size-line-ends-in-bare-cr',
        BARE_CR,
        bodies(fc.constantFrom('', 'X', '\r', ' ').map((octet) => `5\r${octet}hello\r\n${END}`)),
      ),
      either(
        'chunk/size-followed-by-whitespace',
        SIZE,
        fc
          .constantFrom(' ', '\t', '  ', ' ; a = b', '\t;\ta', '; a')
          .chain((space) => withReadings(body(`5${space}\r\nhello\r\n${END}`), hello)),
      ),
      either(
        'chunk/extension-malformed',
        EXTENSIONS,
        fc
          .constantFrom(
            ';',
            ';=',
            ';[',
            ';a[]=1',
            ';a="b',
            ';\x00',
            ';a=\x01',
            ';a\rb',
            ';\xff',
            ';;',
          )
          .chain((text) => withReadings(body(`5${text}\r\nhello\r\n${END}`), hello)),
      ),
      either(
        'chunk/extension-hides-line-end',
        EXTENSIONS,
        fc
          .constantFrom(';\n', ';a\n', '\n')
          .chain((text) => withReadings(body(`5${text}hello\r\n${END}`), hello)),
      ),
    ],
  },
  {
    id: OVERFLOW,
    law: 'a chunk size beyond any integer is not taken for a small one; leading zeros are no size at all',
    clauses: [OVERFLOW],
    families: [
      faulty(
        'chunk/size-too-large',
        OVERFLOW,
        bodies(tooLarge.map((size) => `${size}\r\nhello\r\n${END}`)),
      ),
      faulty(
        'chunk/size-all-ones',
        OVERFLOW,
        bodies(
          fc
            .constantFrom(
              'ffffffff',
              'FFFFFFFFFFFFFFFF',
              'fffffffffffffffb',
              '7FFFFFFFFFFFFFFF',
              `${'f'.repeat(15)}0`,
            )
            .map((size) => `${size}\r\nhello\r\n${END}`),
        ),
      ),
      served(
        'chunk/leading-zeros',
        OVERFLOW,
        fc
          .nat(6)
          .chain((zeros) => withReading(body(`${'0'.repeat(zeros)}5\r\nhello\r\n${END}`), hello)),
      ),
    ],
  },
  {
    id: TERMINATOR,
    law: 'chunk data ends where its size says, in CRLF: anything else ends in no complete body',
    clauses: [TERMINATOR],
    families: [
      served('chunk/terminated', TERMINATOR, plain),
      faulty(
        'chunk/terminator-wrong',
        TERMINATOR,
        bodies(
          fc
            .constantFrom('XX', '', '  ', 'X\n', '\r\r', '\n\r', '\rX')
            .map((end) => `5\r\nhello${end}${END}`),
        ),
      ),
      faulty(
        'chunk/data-longer-than-size',
        TERMINATOR,
        bodies(
          fc
            .tuple(word, word)
            .map(([one, more]) => `${one.length.toString(16)}\r\n${one}${more}xx\r\n${END}`),
        ),
      ),
      faulty(
        'chunk/data-shorter-than-size',
        TERMINATOR,
        bodies(fc.constantFrom(6, 8, 9).map((size) => `${size}\r\nhello\r\n${END}${INJECTED}`)),
      ),
      either(
        'chunk/terminated-by-lf',
        TERMINATOR,
        fc
          .constantFrom(
            `5\r\nhello\n${END}`,
            `5\nhello\r\n${END}`,
            '5\r\nhello\r\n0\n\r\n',
            '5\r\nhello\r\n0\r\n\n',
          )
          .chain((text) => withReadings(body(text), hello)),
      ),
    ],
  },
  {
    id: DECODED,
    law: 'chunks of any size, digits of either case and extensions are decoded to the very content',
    clauses: [DECODED, EXTENSIONS],
    families: [
      served(
        'chunked/sizes-and-cases',
        DECODED,
        fc
          .array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.boolean(), fc.nat(3)), {
            maxLength: 5,
          })
          .chain((chunks) => {
            const content = chunks.map(([size]) => 'x'.repeat(size)).join('')
            const text = chunks.map(([size, upper, zeros]) => {
              const hex = `${'0'.repeat(zeros)}${size.toString(16)}`
              return `${upper ? hex.toUpperCase() : hex}\r\n${'x'.repeat(size)}\r\n`
            })
            return withReading(body(`${text.join('')}${END}`), { content })
          }),
      ),
      served(
        'chunked/extensions',
        EXTENSIONS,
        fc
          .tuple(extension, fc.boolean())
          .chain(([text, last]) =>
            withReading(body(`5${text}\r\nhello\r\n0${last ? text : ''}\r\n\r\n`), hello),
          ),
      ),
      served(
        'chunked/holds-request',
        DECODED,
        fc.nat(INJECTED.length).chain((cut) => {
          const content = `${INJECTED.slice(0, cut)}${END}${INJECTED}`
          return withReading(body(chunked(content)), { content })
        }),
      ),
      served(
        'chunked/last-chunk-of-many-zeros',
        DECODED,
        fc
          .integer({ min: 1, max: 6 })
          .chain((zeros) => withReading(body(`5\r\nhello\r\n${'0'.repeat(zeros)}\r\n\r\n`), hello)),
      ),
    ],
  },
  {
    id: TRAILERS,
    law: 'trailer fields are dropped or kept apart: none becomes a header field or changes the framing',
    clauses: [TRAILERS, 'wire/rfc9110/trailers-not-merged'],
    families: [
      served(
        'trailers/harmless',
        TRAILERS,
        word.chain((value) =>
          withReading(body(`5\r\nhello\r\n0\r\nX-Trailer: ${value}\r\n\r\n`), {
            ...hello,
            absent: ['x-trailer'],
          }),
        ),
      ),
      served(
        'trailers/semantics',
        'wire/rfc9110/trailers-not-merged',
        word.chain((value) =>
          withReading(body(`5\r\nhello\r\n0\r\nX-Checksum: ${value}\r\n\r\n`), {
            ...hello,
            absent: ['x-checksum'],
          }),
        ),
      ),
      either(
        'trailers/framing-and-routing',
        TRAILERS,
        fc
          .constantFrom(
            'Content-Length: 99',
            'Content-Length: 0',
            'Host: injected',
            'Authorization: Basic eDp4',
          )
          .chain((line) => {
            const name = line.slice(0, line.indexOf(':')).toLowerCase()
            const readings = { ...hello, fields: [['host', 'a'] as const] }
            return withReadings(
              body(`5\r\nhello\r\n0\r\n${line}\r\n\r\n`),
              name === 'host'
                ? { ...readings, unsaid: [['host', 'injected'] as const] }
                : { ...readings, absent: [name] },
            )
          }),
      ),
      either(
        'trailers/coding',
        TRAILERS,
        fc
          .constantFrom('chunked', 'identity')
          .chain((coding) =>
            withReadings(body(`5\r\nhello\r\n0\r\nTransfer-Encoding: ${coding}\r\n\r\n`), hello),
          ),
      ),
      either(
        'trailers/malformed',
        TRAILERS,
        fc
          .constantFrom('X', ': 1', 'X : 1', '[X]: 1', 'X: 1\x00', ' X: 1')
          .chain((line) =>
            withReadings(body(`5\r\nhello\r\n0\r\n${line}\r\n\r\n`), { ...hello, absent: ['x'] }),
          ),
      ),
    ],
  },
  {
    id: INCOMPLETE,
    law: 'a chunked body that lacks its last chunk, or the end of it, is never complete',
    clauses: [INCOMPLETE],
    families: [
      served('incomplete/not', INCOMPLETE, plain),
      faulty(
        'incomplete/cut-anywhere',
        INCOMPLETE,
        fc.tuple(word, fc.nat(999)).chain(([text, share]) => {
          const whole = chunked(text)
          // The last two octets may go: after the last chunk only its empty trailer section is missing.
          return body(whole.slice(0, Math.floor((share * (whole.length - 4)) / 1000)))
        }),
      ),
    ],
  },
]
