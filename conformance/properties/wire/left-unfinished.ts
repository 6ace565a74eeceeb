import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http, serialize } from '../../testers/request.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const FRAMING = 'wire/rfc9112/message-framing'
const ORDER = 'wire/rfc9112/pipelining-order'

/** Quiet periods in which a server that goes on with the connection has taken its next request. */
const PERIODS = 10

const NEXT = 'the-response-behind-it'

/**
 * RFC 9112 §6.3 and §9.3.2: what an application leaves unfinished has no end that a client could see but that of
 * the connection. Bytes of another response would be read as its own.
 */
export const leftUnfinished: Property = exchangeProperty({
  id: `${FRAMING}/left-unfinished`,
  beyondTcp: ENDING_ALIKE,
  law: 'a response that its application leaves unfinished is never carried on with the bytes of the next one',
  clauses: [FRAMING, ORDER],
  enough: 8,
  program: fc.record({
    progress: fc.constantFrom('in the content' as const, 'after start' as const),
    sized: fc.boolean(),
    pipelined: fc.boolean(),
  }),
  async run(trial, { progress, sized, pipelined }) {
    const exchange = await trial.open(http.get('/unfinished'), { fresh: true })
    exchange.misused = true
    const { channel } = exchange
    const { wire } = channel
    const next = trial.mark(http.get('/next'), channel)
    const arrived = channel.scope()
    arrived.catch(() => undefined)
    if (pipelined) wire.write(serialize(next))
    const headers: [string, string][] = sized ? [['content-length', '100']] : []
    await exchange.send(startMessage({ status: 200, headers }))
    if (progress === 'in the content') await exchange.send(bodyMessage('begun', true))
    await exchange.app.return()
    await trial.iut.settle()
    if (!pipelined && wire.usable) wire.write(serialize(next))
    const came = await trial.iut.cameWithinQuiet(Promise.race([arrived, wire.closed]), PERIODS)
    if (!came || wire.closing !== null || wire.received[0]?.complete === true) {
      for (const clause of [FRAMING, ORDER]) trial.check(clause, true, '', String)
      return
    }
    const begun = wire.reader.currentHead !== null
    const second = trial.hold(next, channel, await arrived, Promise.resolve(null))
    second.misused = true
    await second.respond({ status: 200, body: [NEXT] })
    await trial.iut.cameWithinQuiet(wire.closed, PERIODS)
    const [first] = wire.received
    const apart = first?.complete === true && !first.body.includes(NEXT)
    trial.check(
      begun ? FRAMING : ORDER,
      apart || !heard(wire).includes(NEXT),
      'nothing of another response before this one has come to its end',
      () => (begun ? 'the next response inside this one' : 'the next response in its place'),
    )
  },
})

function heard({ events }: WireConnection): Buffer {
  return Buffer.concat(
    events.filter(({ direction }) => direction === 'in').map(({ bytes }) => bytes),
  )
}
