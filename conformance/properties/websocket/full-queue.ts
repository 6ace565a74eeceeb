import fc from 'fast-check'
import { show } from '../../testers/values.ts'
import { pingFrame, plainMessage } from '../../websocket/message-plan.ts'
import { establishOver } from '../http2/web-socket-exchange.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'websocket/ping-pong/handled'
const MESSAGE = 'websocket/receive/event'
const ANSWERED = 'wire/rfc6455/ping-answered'

/** Beyond what servers are known to keep for an application by default: 32 messages, or 1 MiB of them. */
const MESSAGES = 48
const LENGTH = 2 ** 15

/** A server may leave what it has no room for unread, Pings and all; it is read in the end. */
export const fullQueue: Property = exchangeProperty({
  id: `${CLAUSE}/full-queue`,
  law: 'Pings among messages that the application leaves unreceived for a while are answered in the end, and take no message away',
  clauses: [CLAUSE, MESSAGE, ANSWERED, 'wire/rfc6455/pong-payload'],
  needs: ['websocket'],
  enough: 4,
  program: fc.record({
    /** A Ping before each so many messages. */
    every: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom('text' as const, 'binary' as const),
    http2: fc.boolean(),
  }),
  async run(trial, { every, kind, http2 }) {
    const exchange = await establishOver(trial, http2)
    const { peer } = exchange
    const plans = Array.from({ length: MESSAGES }, (_, rank) =>
      plainMessage(kind, `${rank} `.padEnd(LENGTH, 'm')),
    )
    const frames = exchange.framesFor(plans)
    const pings: string[] = []
    for (const [rank, frame] of frames.entries()) {
      if (rank % every === 0) {
        pings.push(String(rank))
        peer.write(pingFrame(Buffer.from(String(rank))))
      }
      peer.write(frame)
    }
    await trial.iut.settle(TURNS)
    const events = await exchange.receiveAll(MESSAGES, MESSAGE)
    for (const [rank, event] of events.entries()) {
      const arrived = event['type'] === 'websocket.receive'
      const expected = `message ${rank + 1} of ${MESSAGES}`
      if (!trial.check(MESSAGE, arrived, expected, () => show(event, 100))) return
    }
    // A server may read no further than it is asked to.
    void exchange.app.receive().catch(() => undefined)
    const last = pings.at(-1) ?? ''
    const said = (): string[] => peer.reader.pongs.map(String)
    const awaited = 'a Pong for the last Ping'
    await exchange.until(() => said().includes(last) || peer.over, ANSWERED, awaited)
    const observed = (): string => JSON.stringify(said())
    trial.check(ANSWERED, said().includes(last), `${awaited}, ${JSON.stringify(last)}`, observed)
    trial.check(CLAUSE, !peer.over, 'an open connection', () => 'closed by the server')
    // RFC 6455 §5.5.3: of several Pings the most recent alone may be answered.
    const ranks = said().map((pong) => pings.indexOf(pong))
    const inOrder = ranks.every((rank, at) => rank > (ranks[at - 1] ?? -1))
    trial.check('wire/rfc6455/pong-payload', inOrder, 'Pongs in the order of Pings', observed)
  },
})

/** Round trips in which a server reads what it has room for. */
const TURNS = 10
