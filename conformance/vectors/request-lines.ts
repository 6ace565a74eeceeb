import fc, { type Arbitrary } from 'fast-check'
import { word } from '../arbitraries/http.ts'
import {
  either,
  HOST,
  like,
  type Message,
  message,
  refused,
  served,
  type VectorGroup,
} from './vector.ts'

const INVALID = 'wire/rfc9112/invalid-request-line'
const NOT_THREE = 'wire/rfc9112/request-line'
const USERINFO = 'wire/rfc9110/userinfo-is-error'
const AUTOCORRECTED = 'wire/rfc9112/no-autocorrection'
const LENIENT = 'wire/rfc9112/request-line-lenient'
const ASTERISK_ONLY = 'wire/rfc9112/asterisk-form-options-only'
const AUTHORITY_ONLY = 'wire/rfc9112/authority-form-connect-only'
const VERSION = 'wire/rfc9112/version-syntax'
const MISMATCH = 'wire/rfc9112/grammar-mismatch'
const ABSOLUTE = 'wire/rfc9112/absolute-form'
const EMPTY_LINE = 'wire/rfc9112/leading-empty-line'
const METHOD_CASE = 'wire/rfc9110/method-case-sensitive'

const lines = (requestLines: Arbitrary<string>, host = HOST): Arbitrary<Message> =>
  requestLines.map((line) => message(line, [host]))

const plain = word.map((path) => ({
  ...message(`GET /${path} HTTP/1.1`, [HOST]),
  reading: { content: '', path: `/${path}`, method: 'GET' },
}))

/** Octets that no method, target or version may hold; beside them all else is as it should be. */
const control = fc.constantFrom('\x00', '\x01', '\x08', '\x0e', '\x1b', '\x7f')

const WRONG_DIGITS = ['1', '1.', '.1', '01.1', '1.01', '01.01', '11', '1,1', '1.1.1', '257.1']
  .concat('1.257', '+1.1', 'a.b', '1.1x')
  .map((digits) => `HTTP/${digits}`)
const WRONG_NAMES = ['http/1.1', 'Http/1.1', 'HTTP-1.1', 'HTTP1.1', 'XHTTP/1.1', 'HTTPS/1.1']

const UNENCODED = ['/a#fragment', '/a\\b', '/a"b', '/a<b>', '/a^b', '/a`b', '/a{b}', '/a|b']
const UNUSUAL = ['//a', '/../a', '/%', '/%zz', '/%00', '/a%0d%0aX-Injected:%201', '/?a%b']
const NOT_UTF8 = ['/caf\xc3\xa9', '/\xc0\xaf', '/%c0%af', '/%ff']

/** RFC 9112 §2.3, §3 and §3.2: the request line. */
export const requestLineVectors: readonly VectorGroup[] = [
  {
    id: INVALID,
    law: 'a request line that is not method, target in the form for it and version is refused, not mended',
    clauses: [INVALID, AUTOCORRECTED, LENIENT, NOT_THREE, ASTERISK_ONLY, AUTHORITY_ONLY],
    families: [
      served('request-line/plain', INVALID, plain),
      refused(
        'request-line/part-missing',
        INVALID,
        lines(fc.constantFrom('GET HTTP/1.1', 'GET / ', 'GET /', '/ HTTP/1.1', 'GET', 'HTTP/1.1')),
      ),
      refused(
        'request-line/not-three-parts',
        NOT_THREE,
        lines(fc.constantFrom('GET', 'HTTP/1.1', 'GET / one two HTTP/1.1')),
      ),
      refused(
        'request-line/relative-target',
        INVALID,
        lines(word.map((path) => `GET ${path} HTTP/1.1`)),
      ),
      refused(
        'request-line/asterisk-form',
        ASTERISK_ONLY,
        lines(fc.constantFrom('GET', 'POST').map((method) => `${method} * HTTP/1.1`)),
      ),
      refused(
        'request-line/authority-form',
        AUTHORITY_ONLY,
        // With a name in place of the address these were absolute URIs, of a scheme of that name (RFC 3986 §4.3).
        lines(
          fc.constantFrom('GET 127.0.0.1:80', 'POST [::1]:443').map((start) => `${start} HTTP/1.1`),
        ),
      ),
      refused(
        'request-line/space-in-target',
        AUTOCORRECTED,
        lines(fc.tuple(word, word).map(([one, two]) => `GET /${one} ${two} HTTP/1.1`)),
      ),
      refused(
        'request-line/text-around',
        AUTOCORRECTED,
        lines(
          fc
            .tuple(word, fc.boolean())
            .map(([text, before]) =>
              before ? `${text} GET / HTTP/1.1` : `GET / HTTP/1.1 ${text}`,
            ),
        ),
      ),
      // RFC 9112 §3.2: no form of a target has a fragment.
      either(
        'request-line/fragment',
        AUTOCORRECTED,
        fc.tuple(word, word).map(([path, fragment]) => ({
          ...message(`GET /${path}#${fragment} HTTP/1.1`, [HOST]),
          readings: [{ content: '', path: `/${path}#${fragment}`, method: 'GET' }],
        })),
      ),
      either(
        'request-line/other-whitespace',
        LENIENT,
        fc
          .tuple(word, fc.constantFrom('  ', '\t', ' \t ', '\x0b', '\x0c', '\r'), fc.boolean())
          .map(([path, space, first]) => ({
            ...message(first ? `GET${space}/${path} HTTP/1.1` : `GET /${path}${space}HTTP/1.1`, [
              HOST,
            ]),
            readings: [{ content: '', path: `/${path}`, method: 'GET' }],
          })),
      ),
    ],
  },
  {
    id: VERSION,
    law: 'a version is HTTP, a slash, a digit, a dot and a digit; anything else is refused',
    clauses: [VERSION],
    families: [
      served('version/plain', VERSION, plain),
      refused(
        'version/malformed',
        VERSION,
        lines(
          fc.constantFrom(...WRONG_DIGITS, ...WRONG_NAMES).map((version) => `GET / ${version}`),
        ),
      ),
      refused(
        'version/spaced',
        VERSION,
        lines(fc.constantFrom('GET / HTTP/ 1.1', 'GET / HTTP /1.1')),
      ),
      either(
        'version/other-major',
        VERSION,
        lines(fc.constantFrom('2.0', '3.0', '9.9', '0.9').map((v) => `GET / HTTP/${v}`)).map(
          (one) => ({
            ...one,
            readings: [{ content: '', method: 'GET' }],
          }),
        ),
      ),
    ],
  },
  {
    id: MISMATCH,
    law: 'octets that no method or target may hold, and what is no HTTP at all, are refused',
    clauses: [MISMATCH, METHOD_CASE],
    families: [
      served('start/plain', MISMATCH, plain),
      refused(
        'start/control-in-target',
        MISMATCH,
        lines(fc.tuple(word, control).map(([path, octet]) => `GET /${path}${octet}x HTTP/1.1`)),
      ),
      refused(
        'start/control-in-method',
        MISMATCH,
        lines(control.map((octet) => `G${octet}ET / HTTP/1.1`)),
      ),
      refused(
        'start/method-no-token',
        MISMATCH,
        lines(
          fc
            .constantFrom(
              'G(T',
              'GET:',
              'G"T',
              'G/T',
              'G,T',
              'G[T',
              '{GET}',
              'G@T',
              'G\xc9T',
              '\xa0GET',
            )
            .map((method) => `${method} / HTTP/1.1`),
        ),
      ),
      refused('start/garbage', MISMATCH, garbage()),
      either(
        'start/lower-case-method',
        METHOD_CASE,
        lines(fc.constantFrom('get', 'Get', 'gET').map((method) => `${method} /m HTTP/1.1`)).map(
          (one) => ({
            ...one,
            readings: ['GET', 'get', 'Get', 'gET'].map((method) => ({
              content: '',
              path: '/m',
              method,
            })),
          }),
        ),
      ),
      either('start/doubtful-target', MISMATCH, doubtfulTargets()),
    ],
  },
  {
    id: ABSOLUTE,
    law: 'a target in absolute form is accepted; other forms out of place are refused or passed on whole',
    clauses: [
      ABSOLUTE,
      USERINFO,
      'wire/rfc9112/asterisk-form',
      'wire/rfc9110/connect-invalid-port',
    ],
    families: [
      served(
        'target/absolute',
        ABSOLUTE,
        fc.tuple(word, fc.constantFrom('http', 'HTTP')).map(([path, scheme]) => ({
          ...message(`GET ${scheme}://a/${path} HTTP/1.1`, [HOST]),
          reading: { content: '', method: 'GET' },
        })),
      ),
      served(
        'target/absolute-without-path',
        ABSOLUTE,
        fc.constantFrom('http://a', 'http://a?x=1', 'http://a:80', 'HTTP://a?').map((target) => ({
          ...message(`GET ${target} HTTP/1.1`, [HOST]),
          reading: { content: '', method: 'GET', query: target.split('?')[1] ?? '' },
        })),
      ),
      either(
        'target/absolute-other-host',
        ABSOLUTE,
        fc.constantFrom('http://b/', 'http://user@a/', 'https://a/', 'ftp://a/').map((target) => ({
          ...message(`GET ${target} HTTP/1.1`, [HOST]),
          readings: [{ content: '', method: 'GET' }],
        })),
      ),
      // Refused as an error; a server that passes targets on leaves the error to the application.
      either(
        'target/userinfo',
        USERINFO,
        fc.constantFrom('user', 'user:secret', 'good.example').map((user) => ({
          ...message(`GET http://${user}@a/ HTTP/1.1`, [HOST]),
          readings: [{ content: '', method: 'GET', fields: [['host', 'a'] as const] }],
        })),
      ),
      either(
        'target/asterisk',
        'wire/rfc9112/asterisk-form',
        fc.constant({
          ...message('OPTIONS * HTTP/1.1', [HOST]),
          readings: [{ content: '', method: 'OPTIONS' }],
        }),
      ),
      either(
        'target/authority',
        'wire/rfc9110/connect-invalid-port',
        fc.constantFrom('CONNECT a:443', 'CONNECT a:', 'CONNECT a', 'CONNECT a:x').map((start) => ({
          ...message(`${start} HTTP/1.1`, [HOST]),
          readings: [{ content: '' }],
        })),
      ),
    ],
  },
  {
    id: EMPTY_LINE,
    law: 'an empty line before the request line is ignored',
    clauses: [EMPTY_LINE],
    families: [
      served('start/plain-again', EMPTY_LINE, plain),
      served(
        'start/one-empty-line',
        EMPTY_LINE,
        plain.map((one) => ({ ...one, head: `\r\n${one.head}` })),
      ),
      served(
        'start/empty-line-between',
        EMPTY_LINE,
        word.map((path) => ({
          ...message(
            'POST /vector HTTP/1.1',
            [HOST, 'Content-Length: 2'],
            `hi\r\n${getText(path)}`,
          ),
          reading: { content: 'hi', path: '/vector', next: `/${path}` },
        })),
      ),
      like(
        'start/one-empty-line',
        either(
          'start/many-empty-lines',
          EMPTY_LINE,
          fc.tuple(plain, fc.integer({ min: 2, max: 9 })).map(([{ reading, ...one }, count]) => ({
            ...one,
            head: `${'\r\n'.repeat(count)}${one.head}`,
            readings: [reading],
          })),
        ),
      ),
    ],
  },
]

function getText(path: string): string {
  return `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`
}

/** Bytes of other protocols, and of none. */
function garbage(): Arbitrary<Message> {
  return fc
    .oneof(
      fc.constantFrom(
        'SSH-2.0-OpenSSH_9.6\r\n',
        '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'.padEnd(170, '\x2a'),
        '*1\r\n$4\r\nPING\r\n',
        'EHLO a\r\n',
        'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n',
        '{"jsonrpc": "2.0"}\r\n',
      ),
      fc
        .uint8Array({ minLength: 8, maxLength: 256 })
        .map((bytes) => `\x00${Buffer.from(bytes).toString('latin1')}\r\n`),
    )
    .map((head) => ({ head, content: '' }))
}

/** Outside the grammar of a target, yet taken by many servers without harm: refused or passed on whole. */
function doubtfulTargets(): Arbitrary<Message & { readings: readonly { content: string }[] }> {
  return fc.constantFrom(...UNENCODED, ...UNUSUAL, ...NOT_UTF8).map((target) => ({
    ...message(`GET ${target} HTTP/1.1`, [HOST]),
    readings: [{ content: '', method: 'GET', absent: ['x-injected'] }],
  }))
}
