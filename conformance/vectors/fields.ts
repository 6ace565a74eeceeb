import fc, { type Arbitrary } from 'fast-check'
import { word } from '../arbitraries/http.ts'
import {
  either,
  faulty,
  get,
  INJECTED,
  type Message,
  post,
  refused,
  served,
  type VectorGroup,
  withReading,
  withReadings,
} from './vector.ts'

const NAME = 'wire/rfc9110/field-name-token'
/** The 400 is followed by a close: what follows a disguised length would else be the next request. */
const MISMATCH = 'wire/rfc9112/grammar-mismatch'
const COLON = 'wire/rfc9112/space-before-colon'
const CTL = 'wire/rfc9110/field-value-ctl'
const OTHER_CTL = 'wire/rfc9110/field-value-other-ctl'
const WHITESPACE = 'wire/rfc9110/field-value-whitespace'
const OPAQUE = 'wire/rfc9110/obs-text-opaque'
const OCTETS = 'wire/rfc9112/octets'

const withLines = (lines: Arbitrary<readonly string[]>): Arbitrary<Message> => lines.chain(get)
const withLine = (line: Arbitrary<string>): Arbitrary<Message> => withLines(line.map((l) => [l]))

/**
 * Characters of a token beside letters and digits (RFC 9110 §5.6.2), without the underscore: dropping
 * such fields guards applications that take it for a hyphen.
 */
const TOKEN_MARKS = "!#$%&'*+-.^`|~"

/** Characters that end up in names by mistake or on purpose, and may stand in none. */
const DELIMITERS = '[](){}<>@,;\\"/?='.split('')
const NOT_PRINTABLE = ['\x00', '\x01', '\x0b', '\x0c', '\x7f']
const NOT_ASCII = ['\x85', '\xa0', '\xeb', '\xff', '\xc3\xab']
const notToken = fc.constantFrom(...DELIMITERS, ...NOT_PRINTABLE, ...NOT_ASCII)

/** RFC 9110 §5.5, obs-text, but for NEXT_LINE. */
const EVERY_OCTET = String.fromCharCode(
  ...Array.from({ length: 0x80 }, (_, i) => 0x80 + i).filter((code) => code !== 0x85),
)

/** To whoever decodes it as ISO 8859-1 this octet ends a line: there are reasons to refuse it. */
const NEXT_LINE = '\x85'

const space = fc.constantFrom(' ', '\t', '  ', ' \t')

/** RFC 9112 §5, RFC 9110 §5.1 and §5.5: names and values of field lines. */
export const fieldVectors: readonly VectorGroup[] = [
  {
    id: NAME,
    law: 'a field name is a token: any other is refused, and no token is',
    clauses: [NAME, MISMATCH],
    families: [
      served(
        'field-name/token',
        NAME,
        fc
          .tuple(
            word,
            fc.oneof(fc.constant(TOKEN_MARKS), fc.constantFrom(...TOKEN_MARKS.split(''))),
            word,
          )
          .chain(([one, marks, value]) =>
            withReading(get(marks.split('').map((mark) => `X${one}${mark}: ${value}`)), {
              content: '',
              fields: marks.split('').map((mark) => [`x${one}${mark}`, value] as const),
            }),
          ),
      ),
      refused(
        'field-name/not-token',
        NAME,
        withLine(
          fc
            .tuple(word, notToken, fc.boolean())
            .map(([one, mark, end]) => (end ? `X${one}${mark}: 1` : `X${mark}${one}: 1`)),
        ),
      ),
      refused(
        'field-name/empty',
        NAME,
        withLine(fc.constantFrom(': 1', ':', ': Content-Length: 5')),
      ),
      refused('field-name/no-colon', NAME, withLine(word.map((one) => `X-${one}`))),
      refused(
        'field-name/disguised-length',
        MISMATCH,
        fc
          .constantFrom(
            'Content\tLength',
            'Content Length',
            'Content-Length\xa0',
            '\x85Content-Length',
          )
          .chain((name) => post([`${name}: ${INJECTED.length}`], INJECTED)),
      ),
    ],
  },
  {
    id: COLON,
    law: 'whitespace between a field name and its colon is refused, behind the colon it is not',
    clauses: [COLON],
    families: [
      refused(
        'space-before-colon/plain',
        COLON,
        withLine(fc.tuple(word, space).map(([value, gap]) => `X-Name${gap}: ${value}`)),
      ),
      refused(
        'space-before-colon/length',
        COLON,
        space.chain((gap) =>
          post([`Content-Length${gap}: ${INJECTED.length}`, 'Content-Length: 0'], INJECTED),
        ),
      ),
      refused(
        'space-before-colon/coding',
        COLON,
        space.chain((gap) =>
          post([`Transfer-Encoding${gap}: chunked`, 'Content-Length: 5'], '0\r\n\r\n'),
        ),
      ),
      served(
        'space-before-colon/behind-it',
        COLON,
        fc.tuple(word, space).chain(([value, gap]) =>
          withReading(get([`X-Name:${gap}${value}`]), {
            content: '',
            fields: [['x-name', value]],
          }),
        ),
      ),
    ],
  },
  {
    id: CTL,
    law: 'NUL in a field value is refused or read as a space; other control characters do no harm',
    clauses: [CTL, OTHER_CTL],
    families: [
      served(
        'field-value/plain',
        CTL,
        fc.tuple(word, word).chain(([one, two]) =>
          withReading(get([`X-Value: ${one} ${two}`]), {
            content: '',
            fields: [['x-value', `${one} ${two}`]],
          }),
        ),
      ),
      either(
        'field-value/nul',
        CTL,
        fc
          .tuple(word, word, fc.constantFrom('X-Value', 'Cookie', 'Via'))
          .chain(([one, two, name]) =>
            get([`${name}: ${one}\x00${two}`]).map((m) => ({
              ...m,
              readings: [{ content: '', fields: [[name.toLowerCase(), `${one} ${two}`] as const] }],
            })),
          ),
      ),
      either(
        'field-value/other-control',
        OTHER_CTL,
        fc
          .tuple(
            word,
            fc.constantFrom('\x01', '\x07', '\x08', '\x0b', '\x0c', '\x1b', '\x1f', '\x7f'),
          )
          .chain(([one, octet]) =>
            get([`X-Value: ${one}${octet}${one}`]).map((m) => ({
              ...m,
              readings: [`${one}${octet}${one}`, `${one} ${one}`, `${one}${one}`].map((value) => ({
                content: '',
                fields: [['x-value', value] as const],
              })),
            })),
          ),
      ),
    ],
  },
  {
    id: WHITESPACE,
    law: 'whitespace around a field value is dropped, and nothing else is: octets above ASCII stay',
    clauses: [WHITESPACE, OPAQUE, OCTETS],
    families: [
      served(
        'field-value/surrounded',
        WHITESPACE,
        fc
          .tuple(
            fc.constantFrom('', ' ', '\t', '  \t'),
            word,
            fc.constantFrom('', ' ', '\t', ' \t '),
          )
          .chain(([before, value, behind]) =>
            withReading(get([`X-Value:${before}${value}${behind}`]), {
              content: '',
              fields: [['x-value', value]],
            }),
          ),
      ),
      served(
        'field-value/empty',
        WHITESPACE,
        fc
          .constantFrom('', ' ', '\t', ' \t ')
          .chain((gap) =>
            withReading(get([`X-Value:${gap}`]), { content: '', fields: [['x-value', '']] }),
          ),
      ),
      served(
        'field-value/length-surrounded',
        WHITESPACE,
        fc
          .tuple(fc.constantFrom('', '  ', '\t'), fc.constantFrom('', ' ', '\t', ' \t'))
          .chain(([before, behind]) =>
            withReading(post([`Content-Length:${before}5${behind}`], 'hello'), {
              content: 'hello',
            }),
          ),
      ),
      served(
        'field-value/obs-text',
        OPAQUE,
        fc
          .tuple(
            word,
            fc.oneof(
              fc.constant(EVERY_OCTET),
              fc.constantFrom('\xa0', '\xe9', '\xff', '\xc4\x8a', '\xe5\x98\x8a'),
            ),
            fc.boolean(),
          )
          .map(([text, octets, first]) => (first ? `${octets}${text}` : `${text}${octets}`))
          .chain((value) =>
            withReading(get([`X-Value: ${value}`]), { content: '', fields: [['x-value', value]] }),
          ),
      ),
      either(
        'field-value/next-line',
        OPAQUE,
        fc
          .tuple(word, word)
          .map(([one, other]) => `${one}${NEXT_LINE}${other}`)
          .chain((value) =>
            withReadings(get([`X-Value: ${value}`]), {
              content: '',
              fields: [['x-value', value]],
            }),
          ),
      ),
      faulty(
        'field-value/no-length-in-octets-above-ascii',
        OCTETS,
        fc
          .constantFrom('\xb2', '\xd9\xa5', '\xef\xbc\x95', '5\xa0', '\x855')
          .chain((length) => post([`Content-Length: ${length}`], 'hello')),
      ),
    ],
  },
]
