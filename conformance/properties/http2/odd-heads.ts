import fc, { type Arbitrary } from 'fast-check'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { RAISED } from '../http/wire-safe.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const INVALID = 'asgi/error/invalid-event-raises'
const STATUS = 'wire/rfc9113/status-pseudo-header'
const COMPLETE = 'http/send/closed-when-complete'

interface OddHead {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
}

/** RFC 9110 §15, RFC 9113 §8.2.2 and §8.3: no status, and no fields, of a response over HTTP/2. */
const odd: Arbitrary<OddHead> = fc.oneof(
  fc.constantFrom(1, 99, 600, 999, 1000, 65_536).map((status) => ({ status, headers: [] })),
  fc
    .constantFrom(
      ['te', 'trailers'] as const,
      ['te', 'gzip'] as const,
      ['http2-settings', 'AAMAAABkAAQCAAAAAAIAAAAA'] as const,
      ['connection', 'upgrade, x-one'] as const,
      ['upgrade', 'h2c'] as const,
      ['transfer-encoding', 'gzip, chunked'] as const,
      [':status', '201'] as const,
      [':path', '/'] as const,
    )
    .map((field) => ({ status: 200, headers: [field] })),
)

/** asgi.rst, "Error Handling"; www.rst, "Response Body": what becomes of it is free, that it comes to an end is not. */
export const oddHeads: Property = http2Property({
  id: `${RAISED}/http2-odd-head`,
  law: 'a response whose head HTTP/2 cannot carry leaves no stream open: it is answered or reset, and the next request is served',
  // The first one is that of a server which ends: what it cannot take should raise.
  clauses: [INVALID, RAISED, COMPLETE],
  enough: 40,
  caseOf: ({ head }) => JSON.stringify(head),
  program: fc.record({ head: odd, content: fc.constantFrom('', 'content') }),
  async run(trial, { head, content }) {
    const client = await openHttp2(trial)
    const { exchange, stream } = await serve(trial, client, h2.get('/odd'))
    await exchange.readBody()
    exchange.misused = true
    const start = await exchange.send(startMessage(head))
    const end = start.raised === null ? await exchange.send(bodyMessage(content, false)) : start
    if (end.raised === null) await exchange.app.return()
    else await exchange.app.reraise()
    const clause = end.raised === null ? COMPLETE : RAISED
    await exchange.response(clause)
    trial.check(clause, true, '', String)
    // A status that goes out as it was given is the application's mistake.
    const { defects } = stream.assembly
    defects.splice(0, Infinity, ...defects.filter((defect) => defect.clause !== STATUS))
    await trial.iut.settle()
    // An error of the stream may be made one of the connection (RFC 9113 §5.4.1).
    if (client.closed || client.goAway !== null) return
    const next = await serve(trial, client, h2.get('/next'))
    await next.exchange.respond({ status: 204 })
    await next.exchange.response()
  },
})
