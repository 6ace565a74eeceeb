import fc, { type Arbitrary } from 'fast-check'
import { word } from '../arbitraries/http.ts'
import { anyCase, either, like, message, refused, served, type VectorGroup } from './vector.ts'

const MISSING = 'wire/rfc9112/missing-host'
const DUPLICATE = 'wire/rfc9112/duplicate-host'
const INVALID = 'wire/rfc9112/invalid-host'

function with11(lines: Arbitrary<readonly string[]>): ReturnType<typeof ofVersion> {
  return ofVersion('1.1', lines)
}

function ofVersion(
  version: '1.0' | '1.1',
  lines: Arbitrary<readonly string[]>,
): Arbitrary<{ head: string; content: string }> {
  return fc.tuple(word, lines).map(([path, all]) => message(`GET /${path} HTTP/${version}`, all))
}

const whole = { content: '', method: 'GET' }
const others = fc.constantFrom([], ['X-Other: 1'], ['X-Host: a'], ['Accept: */*', 'Hos: a'])

/** RFC 3986 §3.2.2: names, addresses, percent-encoding, and a port that may be empty. */
const validHost = fc.constantFrom(
  'a',
  'a.example',
  'a:8000',
  'a:',
  '127.0.0.1:80',
  '[::1]',
  '[2001:db8::1]:443',
  '[::ffff:192.0.2.1]',
  'caf%C3%A9.example',
  "a!$&'()*+;=b",
  'a_b.example',
)

/** Neither a host of RFC 3986 nor a port behind it: user information, paths, spaces, broken brackets. */
const invalidHost = fc.oneof(
  fc.constantFrom('user@a', 'a:b@c', 'a/path', 'a?query', 'a#fragment', 'http://a/'),
  fc.constantFrom('a b', 'a, b', 'a\tb', '[::1', '::1]', '[::1]x', 'a:80:80', 'a:8x', 'a:-1'),
  fc.constantFrom('a\\b', 'a<b', 'a"b', 'a^b', 'a{b}', 'a|b', 'a%', 'a%zz', 'caf\xc3\xa9'),
)

/** RFC 3986 §3.2.2, `IP-literal`: an IPv6 address, or what begins with a version; a zone is RFC 6874's. */
const invalidLiteral = fc
  .tuple(
    fc.constantFrom('hello', '1:2:3', '1.2.3.4', ':::::', '1::2::3', '12345::1', '::1.2.3', ''),
    fc.constantFrom('', ':80'),
  )
  .map(([address, port]) => `[${address}]${port}`)

/** RFC 9112 §3.2: one Host line with a valid value in every request of HTTP/1.1. */
export const hostVectors: readonly VectorGroup[] = [
  {
    id: MISSING,
    law: 'an HTTP/1.1 request without Host is refused; with one it is served',
    clauses: [MISSING],
    families: [
      refused('host/missing', MISSING, with11(others)),
      // RFC 9112 §3.2: any request, and §3.2.2 says that a target with an authority needs a Host as well.
      like(
        'host/missing',
        refused(
          'host/missing-beside-authority',
          MISSING,
          fc
            .tuple(word, others)
            .map(([path, all]) => message(`GET http://a/${path} HTTP/1.1`, all)),
        ),
      ),
      served(
        'host/present',
        MISSING,
        with11(
          fc.constantFrom(['Host: a'], ['X-Other: 1', 'Host: a'], ['host: a'], ['HOST:\ta']),
        ).map((one) => ({ ...one, reading: { ...whole, fields: [['host', 'a'] as const] } })),
      ),
      either(
        'host/missing-in-http10',
        MISSING,
        ofVersion('1.0', others).map((one) => ({ ...one, readings: [whole] })),
      ),
    ],
  },
  {
    id: DUPLICATE,
    law: 'a request with more than one Host line is refused, even if they are equal',
    clauses: [DUPLICATE],
    families: [
      refused(
        'host/two-lines',
        DUPLICATE,
        with11(hostLines(fc.tuple(word, word).filter(([one, two]) => one !== two))),
      ),
      like(
        'host/two-lines',
        refused(
          'host/two-equal-lines',
          DUPLICATE,
          with11(hostLines(word.map((one) => [one, one]))),
        ),
      ),
      served(
        'host/one-line-beside-others',
        DUPLICATE,
        with11(fc.tuple(word, word).map(([one, two]) => [`Host: ${one}`, `X-Host: ${two}`])).map(
          (one) => ({ ...one, reading: whole }),
        ),
      ),
    ],
  },
  {
    id: INVALID,
    law: 'a Host that is no host with an optional port is refused; any form of host is served',
    clauses: [INVALID],
    families: [
      refused('host/invalid', INVALID, with11(invalidHost.map((host) => [`Host: ${host}`]))),
      like(
        'host/invalid',
        refused(
          'host/invalid-literal',
          INVALID,
          with11(invalidLiteral.map((host) => [`Host: ${host}`])),
        ),
      ),
      served(
        'host/valid',
        INVALID,
        with11(validHost.map((host) => [`Host: ${host}`])).map((one) => ({
          ...one,
          reading: whole,
        })),
      ),
      either(
        'host/empty',
        INVALID,
        with11(fc.constantFrom(['Host:'], ['Host: '], ['Host: \t'])).map((one) => ({
          ...one,
          readings: [{ ...whole, fields: [['host', ''] as const] }],
        })),
      ),
    ],
  },
]

function hostLines(values: Arbitrary<readonly string[]>): Arbitrary<readonly string[]> {
  return fc
    .tuple(values, anyCase('Host'), fc.boolean())
    .map(([[one, two], name, apart]) => [
      `Host: ${one}`,
      ...(apart ? ['X-Between: 1'] : []),
      `${name}: ${two}`,
    ])
}
