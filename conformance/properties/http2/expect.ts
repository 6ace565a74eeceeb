import fc from 'fast-check'
import { ask, awaitScope, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const CLAUSE = 'wire/rfc9110/expect-100'

/** Quiet periods that a server is given to open a scope before it has the content. */
const EARLY_PERIODS = 10

/** RFC 9110 §10.1.1: it is about HTTP/1.1 "or later". */
export const expect: readonly Property[] = [
  http2Property({
    id: `${CLAUSE}/http2`,
    law: 'a client of HTTP/2 that waits for 100 (Continue) gets it when the application asks for the content',
    clauses: [CLAUSE],
    enough: 24,
    program: fc.record({
      content: fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }),
      value: fc.constantFrom('100-continue', '100-Continue'),
    }),
    async run(trial, { content, value }) {
      const client = await openHttp2(trial)
      const asked = ask(trial, client, h2.post('/', [content], [['expect', value]]))
      const { stream } = asked
      const invited = (): boolean => stream.assembly.interim.length > 0 || stream.over
      // Who waits for the content before it calls the application has to ask for it all the same.
      const early = await trial.iut.cameWithinQuiet(asked.arrived, EARLY_PERIODS)
      const exchange = early ? (await awaitScope(trial, client, asked)).exchange : null
      if (exchange !== null) exchange.requestComplete = false
      const reading = exchange?.readBody() ?? null
      reading?.catch(() => undefined)
      await trial.iut.within(client.until(invited), CLAUSE, '100 (Continue), or a final response')
      // A final status in place of an invitation is as good.
      const { interim, head } = stream.assembly
      const status = interim[0]?.status ?? head?.status ?? null
      const held = status === 100 || (status !== null && status >= 200)
      trial.check(CLAUSE, held, '100 (Continue), or a final response', () => String(status))
      if (status !== 100) return
      if (exchange !== null) exchange.requestComplete = true
      await client.sendContent(stream, Buffer.from(content, 'latin1'), true)
      const late = exchange ?? (await awaitScope(trial, client, asked)).exchange
      await (reading ?? late.readBody())
      await late.respond({ status: 200, body: ['ok'] })
      await late.response()
    },
  }),
]
