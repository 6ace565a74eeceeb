import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'
import { isOsError } from './send-disconnected.ts'

const CLAUSE = 'asgi/send/after-close-no-op-or-oserror'

/** Behind a first chunk that is in order; none of them can be mended by what follows. */
const BROKEN = ['zz\r\n', '-1\r\nx\r\n', '5\r\nabcdefgh\r\n']

/** asgi.rst, "Error Handling": whose fault the end of a connection is makes no difference to its application. */
export const sendBroken: Property = exchangeProperty({
  id: `${CLAUSE}/broken-content`,
  beyondTcp: ENDING_ALIKE,
  law: 'an application whose client breaks the framing of its content answers in vain, or gets an OSError',
  clauses: [CLAUSE],
  enough: 6,
  program: fc.record({ broken: fc.constantFrom(...BROKEN), receiving: fc.boolean() }),
  async run(trial, { broken, receiving }) {
    const request = {
      ...http.post('/broken', ''),
      body: { framing: 'chunked' as const, chunks: ['begun'] },
    }
    const { channel, exchange } = await trial.openEarly(request)
    if (exchange === null) {
      trial.judge.notApplicable(CLAUSE, 'the server waits for the whole content')
      return
    }
    exchange.misused = true
    // What may arrive of it: a chunk that ends wrongly has its content too.
    exchange.sent = Buffer.from('begunabcde')
    channel.wire.write(Buffer.from('5\r\nbegun\r\n'))
    await trial.iut.settle()
    channel.wire.write(Buffer.from(broken))
    if (receiving) void exchange.app.receive().catch(() => undefined)
    await trial.iut.settle()
    const outcomes = await exchange.respond({ status: 200, body: ['late'] })
    const odd = outcomes.flatMap(({ raised }) =>
      raised === null || isOsError(raised) ? [] : [raised.chain.join(' < ')],
    )
    trial.check(CLAUSE, odd.length === 0, 'no effect, or an OSError', () => String(odd[0]))
    void exchange.app.return().catch(() => undefined)
  },
})
