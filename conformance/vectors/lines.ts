import fc from 'fast-check'
import { word } from '../arbitraries/http.ts'
import { either, HOST, INJECTED, message, refused, served, type VectorGroup } from './vector.ts'

const FOLD = 'wire/rfc9112/obs-fold'
const BEFORE_FIRST = 'wire/rfc9112/space-before-first-field'
const BARE_CR = 'wire/rfc9112/bare-cr'
const BARE_LF = 'wire/rfc9112/bare-lf'

const START = 'GET /vector HTTP/1.1'
const gap = fc.constantFrom(' ', '\t', '   ', ' \t')

const ordinary = word.map((value) => ({
  ...message(START, [HOST, `X-Value: ${value}`, 'X-Next: 1']),
  reading: { content: '', path: '/vector', fields: [['x-value', value] as const] },
}))

/** RFC 9112 §2.2 and §5.2: how lines end, and how they may not go on. */
export const lineVectors: readonly VectorGroup[] = [
  {
    id: FOLD,
    law: 'a folded field line is refused, or each fold is read as space',
    clauses: [FOLD],
    families: [
      served('fold/none', FOLD, ordinary),
      either(
        'fold/plain-value',
        FOLD,
        fc.tuple(word, gap, word, fc.boolean()).map(([one, space, two, last]) => ({
          ...message(START, [
            HOST,
            `X-Value: ${one}`,
            `${space}${two}`,
            ...(last ? [] : ['X-Next: 1']),
          ]),
          readings: [{ content: '', fields: [['x-value', `${one} ${two}`] as const] }],
        })),
      ),
      either(
        'fold/looks-like-field',
        FOLD,
        fc.tuple(word, gap).map(([one, space]) => ({
          ...message(START, [HOST, `X-Value: ${one}`, `${space}X-Injected: 1`]),
          readings: [
            {
              content: '',
              fields: [['x-value', `${one} X-Injected: 1`] as const],
              absent: ['x-injected'],
            },
          ],
        })),
      ),
      either(
        'fold/length',
        FOLD,
        gap.map((space) => ({
          ...message('POST /vector HTTP/1.1', [HOST, 'Content-Length:', `${space}5`], 'hello'),
          readings: [{ content: 'hello' }],
        })),
      ),
      either(
        'fold/coding-smuggles',
        FOLD,
        gap.map((space) => ({
          ...message(
            'POST /vector HTTP/1.1',
            [
              HOST,
              `Content-Length: ${INJECTED.length + 5}`,
              'Transfer-Encoding:',
              `${space}chunked`,
            ],
            `0\r\n\r\n${INJECTED}`,
          ),
          readings: [{ content: '' }],
        })),
        { closedBy: 'wire/rfc9112/te-and-cl' },
      ),
    ],
  },
  {
    id: BEFORE_FIRST,
    law: 'lines that start with whitespace before the first field are refused, or dropped unread',
    clauses: [BEFORE_FIRST],
    families: [
      served('space-before-first/none', BEFORE_FIRST, ordinary),
      either(
        'space-before-first/field',
        BEFORE_FIRST,
        fc.tuple(gap, word).map(([space, value]) => ({
          ...message(START, [`${space}X-Injected: ${value}`, HOST, 'X-Value: 1']),
          readings: [
            {
              content: '',
              path: '/vector',
              fields: [['host', 'a'] as const, ['x-value', '1'] as const],
              absent: ['x-injected'],
            },
          ],
        })),
      ),
      either(
        'space-before-first/blank-or-length',
        BEFORE_FIRST,
        fc.tuple(gap, fc.constantFrom('', 'Content-Length: 7')).map(([space, text]) => ({
          ...message(START, [`${space}${text}`, HOST, 'X-Value: 1']),
          readings: [{ content: '', path: '/vector', absent: ['content-length'] }],
        })),
      ),
    ],
  },
  {
    id: BARE_CR,
    law: 'a bare CR is refused or read as a space: it ends no line',
    clauses: [BARE_CR],
    families: [
      served('bare-cr/none', BARE_CR, ordinary),
      either(
        'bare-cr/in-value',
        BARE_CR,
        fc.tuple(word, word).map(([one, two]) => ({
          ...message(START, [HOST, `X-Value: ${one}\r${two}`]),
          readings: [{ content: '', fields: [['x-value', `${one} ${two}`] as const] }],
        })),
      ),
      either(
        'bare-cr/hides-field',
        BARE_CR,
        fc.constantFrom('X-Injected', 'Content-Length').map((name) => ({
          ...message(START, [HOST, `X-Value: 1\r${name}: 7`]),
          readings: [
            {
              content: '',
              fields: [['x-value', `1 ${name}: 7`] as const],
              absent: [name.toLowerCase()],
            },
          ],
        })),
      ),
      either(
        'bare-cr/before-line-end',
        BARE_CR,
        word.map((value) => ({
          ...message(START, [HOST, `X-Value: ${value}\r`, 'X-Next: 1']),
          readings: [
            { content: '', fields: [['x-value', value] as const, ['x-next', '1'] as const] },
          ],
        })),
      ),
      either(
        'bare-cr/before-name',
        BARE_CR,
        fc.constant({
          ...message(START, [HOST, '\rX-Injected: 1']),
          readings: [{ content: '', absent: ['x-injected'] }],
        }),
      ),
      refused(
        'bare-cr/ends-lines',
        BARE_CR,
        fc.constant({ head: `${START}\r${HOST}\rX-Injected: 1\r\r\r\n`, content: '' }),
      ),
    ],
  },
  {
    id: BARE_LF,
    law: 'a lone LF ends a line or makes the message refused: no field is lost or taken for another',
    clauses: [BARE_LF],
    families: [
      served('bare-lf/none', BARE_LF, ordinary),
      either(
        'bare-lf/ends-lines',
        BARE_LF,
        fc.tuple(word, fc.integer({ min: 1, max: 15 })).map(([value, mask]) => ({
          head: [START, HOST, `X-Value: ${value}`, 'X-Next: 1']
            .map((line, index) => `${line}${(mask & (1 << index)) === 0 ? '\r\n' : '\n'}`)
            .join(''),
          content: '',
          readings: [
            {
              content: '',
              path: '/vector',
              fields: [
                ['host', 'a'] as const,
                ['x-value', value] as const,
                ['x-next', '1'] as const,
              ],
            },
          ],
        })),
      ),
      either(
        'bare-lf/length-behind-it',
        BARE_LF,
        fc.constant({
          ...message('POST /vector HTTP/1.1', [HOST, 'X-Value: 1\nContent-Length: 5'], 'hello'),
          readings: [{ content: 'hello', fields: [['x-value', '1'] as const] }],
        }),
      ),
      either(
        'bare-lf/ends-head',
        BARE_LF,
        word.map((value) => ({
          head: `POST /vector HTTP/1.1\r\n${HOST}\r\nX-Value: ${value}\r\nContent-Length: 0\n\n`,
          content: '',
          readings: [{ content: '', fields: [['x-value', value] as const] }],
        })),
      ),
    ],
  },
]
