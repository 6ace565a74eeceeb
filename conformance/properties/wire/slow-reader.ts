import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http, serialize } from '../../testers/request.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'wire/rfc9112/pipelining-order'

/** RFC 9112 §9.3.2: a client may send its next request before it has read the response to the last one. */
export const slowReader: Property = exchangeProperty({
  id: `${CLAUSE}/slow-reader`,
  law: 'a request that arrives before, or while, the response before it waits for its client is served in its turn',
  clauses: [CLAUSE],
  enough: 8,
  program: fc.record({
    // Beyond what the sockets between both take in, and below it.
    kilobytes: fc.constantFrom(64, 4096),
    sized: fc.boolean(),
    returned: fc.boolean(),
    /** Else it is sent when the response waits. */
    pipelined: fc.boolean(),
  }),
  async run(trial, { kilobytes, sized, returned, pipelined }) {
    const channel = await trial.connect()
    const { wire } = channel
    const large = trial.mark(http.get('/large'), channel)
    const next = trial.mark(http.get('/next'), channel)
    for (const { method } of [large, next]) wire.reader.expect(method)
    wire.write(pipelined ? Buffer.concat([serialize(large), serialize(next)]) : serialize(large))
    const exchange = await trial.adopt(large, channel, CLAUSE)
    await exchange.readBody()
    wire.pauseReading()
    const content = 'l'.repeat(1024 * kilobytes)
    const headers: [string, string][] = sized ? [['content-length', String(content.length)]] : []
    await exchange.send(startMessage({ status: 200, headers }))
    // It may wait for the client, and with it the end of the application; it is not late before that reads.
    const sending = exchange.app.send(bodyMessage(content, false))
    sending.catch(() => undefined)
    if (returned) void sending.then(() => exchange.app.return()).catch(() => undefined)
    await trial.iut.settle()
    if (!pipelined) wire.write(serialize(next))
    await trial.iut.settle()
    wire.resumeReading()
    await trial.iut.returned(sending)
    const response = await exchange.response()
    trial.check(
      CLAUSE,
      response?.complete === true && response.body.length === content.length,
      `the response with all of its ${content.length} bytes`,
      () => (response === null ? 'a close' : `${response.body.length} bytes`),
    )
    if (!returned) await exchange.app.return()
    // A server may close behind any response; one that does not owes the next.
    if (channel.scopes.length < 2 && (await trial.iut.cameWithinQuiet(wire.closed))) return
    const second = await trial.adopt(next, channel, CLAUSE)
    await second.respond({ status: 200, body: ['next'] })
    await second.response(CLAUSE)
  },
})
