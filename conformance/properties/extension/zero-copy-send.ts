import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { type Message, Odd, show } from '../../testers/values.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeAnnounced } from './announced.ts'
import { fileOf } from './files.ts'

const EXTENSION = 'http.response.zerocopysend'

/** One message of a response: bytes, or a part of the file. */
interface Part {
  readonly kind: 'bytes' | 'file'
  /** It is the file of the parts before that are kept too, still open: an offset is always given then. */
  readonly kept: boolean
  /** Where the file stands when it is handed over. */
  readonly position: number
  readonly offset: number | null
  readonly count: number | null
}

const CONTENT = '0123456789abcdefghijklmnopqrstuvwxyz'

const part: fc.Arbitrary<Part> = fc.record({
  kind: fc.constantFrom('bytes' as const, 'file' as const, 'file' as const),
  kept: fc.boolean(),
  position: fc.nat(CONTENT.length),
  offset: fc.option(fc.nat(CONTENT.length), { nil: null }),
  count: fc.option(fc.nat(CONTENT.length), { nil: null }),
})

/** extensions.rst, "Zero Copy Send". */
export const zeroCopySend: Property = exchangeProperty({
  id: 'extension/zerocopysend/mixed',
  law: 'parts of a file and body messages make up the content in their order, up to the first without more_body',
  clauses: [
    'extension/zerocopysend/announced',
    'extension/zerocopysend/time',
    'extension/zerocopysend/mixed',
    'extension/zerocopysend/as-body',
    'extension/zerocopysend/offset',
    'extension/zerocopysend/count',
    'extension/zerocopysend/more-body',
  ],
  needs: ['http/1.1', `extension/${EXTENSION}`],
  program: fc.record({
    parts: fc.array(part, { minLength: 1, maxLength: 4 }),
    late: fc.boolean(),
    http2: fc.boolean(),
  }),
  async run(trial, { parts, late, http2 }) {
    const path = await fileOf(CONTENT)
    const exchange = await openEither(trial, http2)
    if (!judgeAnnounced(trial, exchange, 'extension/zerocopysend/announced', EXTENSION)) return
    await exchange.send(startMessage({ status: 200, headers: [] }))
    for (const [index, one] of parts.entries()) {
      const sent = await exchange.send(messageOf(one, path, index < parts.length - 1))
      const again = one.kept && parts.slice(0, index).some(isKept)
      const clause = `extension/zerocopysend/${again ? 'mixed' : 'time'}`
      trial.check(clause, sent.raised === null, 'an accepted message', () =>
        String(sent.raised?.text),
      )
    }
    if (late) await exchange.send(bodyMessage('too late', false))
    const response = await exchange.response('extension/zerocopysend/more-body')
    await exchange.app.return()
    const expected = parts.map(contentOf).join('')
    const seen = response?.body.toString('latin1') ?? ''
    for (const clause of clausesOf(parts, late))
      trial.check(clause, seen === expected, show(expected), () => show(seen))
    trial.check(
      'extension/zerocopysend/as-body',
      response?.complete === true,
      'a whole response',
      () => (response === null ? 'no response' : 'a truncated response'),
    )
  },
})

function messageOf(one: Part, path: string, more: boolean): Message {
  if (one.kind === 'bytes') return bodyMessage('-bytes-', more)
  return {
    type: EXTENSION,
    file: new Odd('file', [path, one.position, one.kept]),
    ...(one.offset === null && !one.kept ? {} : { offset: one.offset ?? one.position }),
    ...(one.count === null ? {} : { count: one.count }),
    // Absent means false.
    ...(more || one.position % 2 === 0 ? { more_body: more } : {}),
  }
}

function isKept({ kind, kept }: Part): boolean {
  return kind === 'file' && kept
}

function contentOf({ kind, position, offset, count }: Part): string {
  if (kind === 'bytes') return '-bytes-'
  const from = offset ?? position
  return CONTENT.slice(from, count === null ? undefined : from + count)
}

/** The clauses whose conditions these parts bring about. */
function clausesOf(parts: readonly Part[], late: boolean): readonly string[] {
  const files = parts.filter(({ kind }) => kind === 'file')
  return [
    ...(late || parts.length > 1 ? ['extension/zerocopysend/more-body'] : []),
    ...(parts.length > 1 && files.length > 0 ? ['extension/zerocopysend/mixed'] : []),
    ...(files.length > 0 ? ['extension/zerocopysend/offset', 'extension/zerocopysend/count'] : []),
  ]
}
