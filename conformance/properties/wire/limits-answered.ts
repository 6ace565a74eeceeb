import fc from 'fast-check'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { type HttpRequest, http, serialize } from '../../testers/request.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const CLAUSES = {
  target: 'wire/rfc9112/target-too-long-answered',
  field: 'wire/rfc9110/fields-too-large-answered',
} as const

/** Quiet periods in which a server answers what it has had enough of. */
const PERIODS = 4

/** Above the usual limits of 4, 8 and 16 KiB, and of 64 KiB. */
const LENGTHS = [4500, 9000, 20_000, 70_000] as const

/**
 * RFC 9112 §3 and RFC 9110 §5.4: a client is to learn which limit it has met. Whether there is one is left
 * to the server, and which error it gives; only that it says nothing is judged. After a reset nothing is
 * known: it may have destroyed an answer on its way (RFC 9112 §9.6).
 */
export const limitsAnswered: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9112/limits-answered',
    beyondTcp: ENDING_ALIKE,
    law: 'what is larger than the server wishes to read is answered with an error, not with a bare close',
    clauses: [CLAUSES.target, CLAUSES.field],
    program: fc.record({
      large: fc.constantFrom('target' as const, 'field' as const),
      length: fc.constantFrom(...LENGTHS),
      /** Its end does not come: a server that has not read too much by then goes on waiting for it. */
      endless: fc.boolean(),
    }),
    async run(trial, { large, length, endless }) {
      const clause = CLAUSES[large]
      const request = requestWith(large, length)
      const channel = await trial.connect()
      const marked = trial.mark(request, channel)
      const arrived = channel.scope()
      channel.wire.reader.expect(request.method)
      const answered = channel.wire.response()
      const bytes = serialize(marked)
      const outcome = Promise.race([arrived, answered])
      channel.wire.write(endless ? bytes.subarray(0, length) : bytes)
      if (endless && !(await trial.iut.cameWithinQuiet(outcome, PERIODS))) return
      const first = await trial.iut.within(outcome, clause, 'a scope or an error response')
      if (first === null && channel.wire.closing === 'reset') return
      trial.check(
        clause,
        first !== null,
        'service, or an error response such as 414 or 431',
        () => {
          return `a close without a response to a ${large} of ${length} octets`
        },
      )
      if (!(first instanceof RemoteScope)) return
      const exchange = trial.hold(request, channel, first, answered)
      await exchange.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
      await exchange.response()
    },
  }),
]

function requestWith(large: keyof typeof CLAUSES, length: number): HttpRequest {
  return large === 'target'
    ? http.get(`/${'p'.repeat(length - 1)}`)
    : http.get('/', [['X-Long', 'v'.repeat(length)]])
}
