import fc, { type Arbitrary } from 'fast-check'
import {
  either,
  get,
  HOST,
  type Message,
  message,
  post,
  served,
  type VectorGroup,
  withReading,
  withReadings,
} from './vector.ts'

const FIELDS = 'wire/rfc9110/fields-too-large'
const TARGET = 'wire/rfc9112/target-too-long'
const LINE_8000 = 'wire/rfc9112/request-line-8000'
const METHOD = 'wire/rfc9112/method-too-long'
const EXTENSIONS = 'wire/rfc9112/chunk-extensions-limited'
const UPGRADE = 'wire/rfc9110/upgrade-only-to-offered'
const UPGRADE_10 = 'wire/rfc9110/upgrade-http10-ignored'
const UNKNOWN_FIELDS = 'wire/rfc9110/unknown-fields-ignored'

/** Around the usual limits of 4, 8, 16 and 64 KiB; sizes shrink to the smallest that shows it. */
const size = fc.oneof(
  fc.integer({ min: 3900, max: 9000 }),
  fc.integer({ min: 16_000, max: 17_000 }),
  fc.constant(70_000),
)

const sized = (make: (length: number) => Message): Arbitrary<Message> => size.map(make)
const GET = 'GET /vector HTTP/1.1'

/** RFC 9112 §3, RFC 9110 §5.4 and §7.8: what is large, and what asks for another protocol. */
export const limitVectors: readonly VectorGroup[] = [
  {
    id: FIELDS,
    law: 'fields of any size are passed on whole or refused: never cut, never met with silence',
    clauses: [FIELDS, UNKNOWN_FIELDS, EXTENSIONS],
    families: [
      served(
        'limits/unknown-fields',
        UNKNOWN_FIELDS,
        fc.integer({ min: 1, max: 30 }).chain((count) =>
          withReading(get(Array.from({ length: count }, (_, i) => `X-Unknown-${i}: ${i}`)), {
            content: '',
            fields: [[`x-unknown-${count - 1}`, String(count - 1)]],
          }),
        ),
      ),
      either(
        'limits/long-value',
        FIELDS,
        size.map((length) => ({
          ...message(GET, [HOST, `X-Long: ${'v'.repeat(length)}`]),
          readings: [{ content: '', fields: [['x-long', 'v'.repeat(length)] as const] }],
        })),
      ),
      either(
        'limits/long-name',
        FIELDS,
        size.map((length) => ({
          ...message(GET, [HOST, `${'x'.repeat(length)}: 1`]),
          readings: [{ content: '', fields: [['x'.repeat(length), '1'] as const] }],
        })),
      ),
      either(
        'limits/many-fields',
        FIELDS,
        fc.integer({ min: 50, max: 3000 }).map((count) => ({
          ...message(GET, [HOST, ...Array.from({ length: count }, (_, i) => `X-${i}: 1`)]),
          readings: [{ content: '', fields: [[`x-${count - 1}`, '1'] as const] }],
        })),
      ),
      either(
        'limits/long-chunk-extension',
        EXTENSIONS,
        size.chain((length) =>
          withReadings(
            post(['Transfer-Encoding: chunked'], `5;a=${'e'.repeat(length)}\r\nhello\r\n0\r\n\r\n`),
            { content: 'hello' },
          ),
        ),
      ),
    ],
  },
  {
    id: LINE_8000,
    law: 'request lines of 8000 octets are served; longer ones are passed on whole or refused',
    clauses: [LINE_8000, TARGET, METHOD],
    families: [
      served(
        'limits/line-within-8000',
        LINE_8000,
        fc.integer({ min: 4000, max: 7985 }).map((length) => ({
          ...message(`GET /${'p'.repeat(length - 1)} HTTP/1.1`, [HOST]),
          reading: { content: '', path: `/${'p'.repeat(length - 1)}` },
        })),
      ),
      either(
        'limits/long-target',
        TARGET,
        size.map((length) => ({
          ...message(`GET /${'p'.repeat(length)} HTTP/1.1`, [HOST]),
          readings: [{ content: '', path: `/${'p'.repeat(length)}` }],
        })),
      ),
      either(
        'limits/long-method',
        METHOD,
        sized((length) => message(`${'M'.repeat(length)} / HTTP/1.1`, [HOST])).map((one) => ({
          ...one,
          readings: [{ content: '', path: '/' }],
        })),
      ),
    ],
  },
  {
    id: UPGRADE,
    law: 'an Upgrade to a protocol that does not exist, or in HTTP/1.0, is ignored',
    clauses: [UPGRADE, UPGRADE_10],
    families: [
      served(
        'upgrade/unknown-protocol',
        UPGRADE,
        fc
          .constantFrom('x-unknown', 'HTTP/9.9', 'websocket-ng', 'TLS/9.9, x-unknown')
          .chain((protocol) =>
            withReading(get([`Upgrade: ${protocol}`, 'Connection: upgrade']), { content: '' }),
          ),
      ),
      either(
        'upgrade/in-http10',
        UPGRADE_10,
        fc.constant({
          ...message('GET /vector HTTP/1.0', [
            HOST,
            'Connection: Upgrade',
            'Upgrade: websocket',
            'Sec-WebSocket-Version: 13',
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          ]),
          readings: [{ content: '' }],
        }),
      ),
      either(
        'upgrade/not-announced',
        UPGRADE,
        get(['Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']).map((one) => ({
          ...one,
          readings: [{ content: '' }],
        })),
      ),
      either(
        'upgrade/http2-preface',
        UPGRADE,
        fc.constant({
          head: 'PRI * HTTP/2.0\r\n',
          content: 'SM\r\n\r\n',
          readings: [{ content: '' }],
        }),
      ),
    ],
  },
]
