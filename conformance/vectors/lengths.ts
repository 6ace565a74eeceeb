import fc, { type Arbitrary } from 'fast-check'
import { word } from '../arbitraries/http.ts'
import {
  anyCase,
  either,
  faulty,
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

const INVALID = 'wire/rfc9112/invalid-content-length'
const OVERFLOW = 'wire/rfc9110/content-length-overflow'
const CONFLICT = 'wire/rfc9112/conflicting-content-length'
const REPEATED = 'wire/rfc9110/content-length-repeated'
const DELIMITS = 'wire/rfc9112/content-length-delimits'
const AFTER_CLOSE = 'wire/rfc9112/no-request-after-close'
const NO_LENGTH = 'wire/rfc9112/no-length-no-body'

const withLength = (value: Arbitrary<string>, content: string): Arbitrary<Message> =>
  fc
    .tuple(value, anyCase('Content-Length'))
    .chain(([length, name]) => post([`${name}: ${length}`], content))

/** What number parsers take and RFC 9110 §8.6 does not: signs, other bases, separators, fractions. */
const SIGNED = ['+5', '-5', '-0', '-1']
const OF_OTHER_BASE = ['0x5', '0o5', '0b101', '5e0', '1e1', '5.0', '5_0', '1_0', 'NaN']
const WITH_OTHER_CHARACTERS = ['abc', '5a', 'a5', '5 5', '5\t5', '"5"', '5;', '=5', '', ' ']
const WITH_CONTROLS = ['\x005', '5\x00', '\x0b5', '5\x0c']
const notDigits = fc.constantFrom(
  ...SIGNED,
  ...OF_OTHER_BASE,
  ...WITH_OTHER_CHARACTERS,
  ...WITH_CONTROLS,
)

const SMUGGLED = String(INJECTED.length)
/** `3_9`: int() of Python reads it as 39. */
const SEPARATED = `${SMUGGLED.slice(0, 1)}_${SMUGGLED.slice(1)}`

/** One of these can be read as five in 32 or 64 bits, or with the precision of a double. */
const tooLarge = fc.constantFrom(
  '4294967301',
  '18446744073709551621',
  '340282366920938463463374607431768211461',
  '99999999999999999999',
  '9223372036854775813',
  '9007199254740993',
)

const methods = fc.constantFrom('POST', 'PUT', 'PATCH', 'QUERY')
const bodilessMethods = fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'DELETE')

/** RFC 9112 §6.3, rules 5 to 7: where a body ends that has a length. */
export const lengthVectors: readonly VectorGroup[] = [
  {
    id: INVALID,
    law: 'a Content-Length that is not plain digits is refused and the connection closed',
    clauses: [INVALID, OVERFLOW],
    families: [
      refused('length/malformed', INVALID, withLength(notDigits, 'hello'), {
        closes: true,
      }),
      refused(
        'length/malformed-smuggles',
        INVALID,
        fc
          .constantFrom(...['+', '-', '0x', '\x0b'].map((p) => `${p}${SMUGGLED}`), SEPARATED)
          .chain((length) => withLength(fc.constant(length), INJECTED)),
        { closes: true },
      ),
      faulty('length/too-large', OVERFLOW, withLength(tooLarge, 'hello')),
      served(
        'length/zero',
        INVALID,
        withReading(withLength(fc.constantFrom('0'), ''), { content: '' }),
      ),
      served(
        'length/plain',
        INVALID,
        fc.nat(40).chain((size) => {
          const content = 'x'.repeat(size)
          return withReading(withLength(fc.constant(String(size)), content), { content })
        }),
      ),
      either(
        'length/leading-zeros',
        INVALID,
        fc
          .constantFrom('05', '005', '0000000005', '00000000000000000000000005')
          .chain((length) =>
            withReadings(post([`Content-Length: ${length}`], 'hello'), { content: 'hello' }),
          ),
      ),
    ],
  },
  {
    id: CONFLICT,
    law: 'Content-Length values that differ are refused and the connection closed',
    clauses: [CONFLICT, REPEATED],
    families: [
      refused('length/two-lines', CONFLICT, different(lengthLines), { closes: true }),
      refused('length/two-in-list', CONFLICT, different(lengthList), { closes: true }),
      refused(
        'length/two-lines-smuggle',
        CONFLICT,
        fc
          .tuple(fc.boolean(), anyCase('Content-Length'))
          .chain(([longFirst, name]) =>
            post(
              longFirst
                ? [`Content-Length: ${INJECTED.length + 4}`, `${name}: 4`]
                : [`Content-Length: 4`, `${name}: ${INJECTED.length + 4}`],
              `body${INJECTED}`,
            ),
          ),
        { closes: true },
      ),
      either(
        'length/equal-values',
        REPEATED,
        fc
          .constantFrom(['5, 5'], ['5,5'], ['5, 5, 5'], ['5', '5'], ['5', '5', '5'])
          .chain((values) =>
            withReadings(
              post(
                values.map((value) => `Content-Length: ${value}`),
                'hello',
              ),
              {
                content: 'hello',
              },
            ),
          ),
      ),
      served(
        'length/one-line',
        CONFLICT,
        withReading(withLength(fc.constant('5'), 'hello'), { content: 'hello' }),
      ),
    ],
  },
  {
    id: DELIMITS,
    law: 'Content-Length says where a body ends, whatever the method and whatever is in it',
    clauses: [DELIMITS],
    families: [
      served(
        'body/holds-request',
        DELIMITS,
        fc.tuple(methods, word, fc.nat(INJECTED.length)).map(([method, path, cut]) => {
          const content = `${INJECTED}${INJECTED.slice(0, cut)}`
          return {
            ...message(
              `${method} /${path} HTTP/1.1`,
              [HOST, `Content-Length: ${content.length}`],
              content,
            ),
            reading: { content, method, path: `/${path}` },
          }
        }),
      ),
      served(
        'body/next-request-behind',
        DELIMITS,
        fc.tuple(methods, word, word).map(([method, content, next]) => ({
          ...message(
            `${method} /vector HTTP/1.1`,
            [HOST, `Content-Length: ${content.length}`],
            `${content}GET /${next} HTTP/1.1\r\nHost: a\r\n\r\n`,
          ),
          reading: { content, method, path: '/vector', next: `/${next}` },
        })),
      ),
      either(
        'body/of-method-without-use-for-it',
        DELIMITS,
        fc.tuple(bodilessMethods, fc.nat(INJECTED.length)).map(([method, cut]) => {
          const content = `${INJECTED}${INJECTED.slice(0, cut)}`
          return {
            ...message(
              `${method} /vector HTTP/1.1`,
              [HOST, `Content-Length: ${content.length}`],
              content,
            ),
            readings: [{ content, method }],
          }
        }),
      ),
      either(
        'body/beside-underscored-name',
        DELIMITS,
        fc
          .constantFrom('Content_Length: 1', 'Transfer_Encoding: chunked')
          .chain((line) =>
            withReadings(post([line, 'Content-Length: 5'], 'hello'), { content: 'hello' }),
          ),
      ),
    ],
  },
  {
    id: NO_LENGTH,
    law: 'a request without a length has no body: what follows is the next request',
    clauses: [NO_LENGTH],
    families: [
      served('no-body/no-framing', NO_LENGTH, nextBehind([])),
      served(
        'no-body/old-version',
        NO_LENGTH,
        methods.map((method) => ({
          ...message(`${method} /vector HTTP/1.0`, [HOST], ''),
          reading: { content: '', method },
        })),
      ),
      served('no-body/length-zero', NO_LENGTH, nextBehind(['Content-Length: 0'])),
      served(
        'no-body/chunked-empty',
        NO_LENGTH,
        fc.tuple(methods, word).map(([method, next]) => ({
          ...message(
            `${method} /vector HTTP/1.1`,
            [HOST, 'Transfer-Encoding: chunked'],
            `0\r\n\r\nGET /${next} HTTP/1.1\r\nHost: a\r\n\r\n`,
          ),
          reading: { content: '', method, next: `/${next}` },
        })),
      ),
    ],
  },
  {
    id: AFTER_CLOSE,
    law: 'what follows a request with the close option is never processed',
    clauses: [AFTER_CLOSE],
    families: [
      either(
        'close/request-behind',
        AFTER_CLOSE,
        fc.constantFrom('close', 'Close').chain((option) =>
          withReadings(post([`Connection: ${option}`, 'Content-Length: 2'], `hi${INJECTED}`), {
            content: 'hi',
          }),
        ),
        { closedBy: AFTER_CLOSE },
      ),
      served('close/not-asked-for', AFTER_CLOSE, nextBehind(['Connection: x-other'])),
    ],
  },
]

function different(lines: (one: number, two: number) => readonly string[]): Arbitrary<Message> {
  return fc
    .tuple(fc.nat(9), fc.nat(9))
    .filter(([one, two]) => one !== two)
    .chain(([one, two]) => post(lines(one, two), 'x'.repeat(Math.max(one, two))))
}

function lengthLines(one: number, two: number): readonly string[] {
  return [`Content-Length: ${one}`, `Content-Length: ${two}`]
}

function lengthList(one: number, two: number): readonly string[] {
  return [`Content-Length: ${one}, ${two}`]
}

function nextBehind(
  framing: readonly string[],
): Arbitrary<Message & { reading: { content: string; method: string; next: string } }> {
  return fc.tuple(methods, word).map(([method, next]) => ({
    ...message(
      `${method} /vector HTTP/1.1`,
      [HOST, ...framing],
      `GET /${next} HTTP/1.1\r\nHost: a\r\n\r\n`,
    ),
    reading: { content: '', method, next: `/${next}` },
  }))
}
