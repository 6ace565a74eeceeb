import fc from 'fast-check'
import { unlike } from '../../arbitraries/websocket.ts'
import { encodeFrame, OPCODE } from '../../websocket/frame.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { closeFrame } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'websocket/ping-pong/handled'
const PONG = 'wire/rfc6455/ping-answered'

/** More than the sockets of both sides hold, so that it waits for the client in every run. */
const LENGTH = 12 * 2 ** 20
const MONOTONOUS = 'm'.repeat(LENGTH)
/** Repeated, it stays about as long when it is compressed: no window reaches back to where it was the same. */
const UNLIKE = unlike(5, 2 ** 16)

/** A client that reads nothing for a while still writes: both directions of a connection are one's own. */
export const slowReader: Property = exchangeProperty({
  id: `${CLAUSE}/slow-reader`,
  law: 'Pings of a client that is behind with reading are answered, and take nothing from the message before them',
  clauses: [CLAUSE, PONG, 'websocket/send/bytes', 'websocket/disconnect/event'],
  needs: ['websocket'],
  enough: 2,
  caseOf: ({ compression }) => String(compression),
  program: fc.record({ pings: fc.integer({ min: 1, max: 3 }), compression: fc.boolean() }),
  async run(trial, { pings, compression }) {
    const extensions = compression ? ['permessage-deflate'] : []
    const exchange = await establish(trial, { ...PLAIN, extensions })
    const { wire } = exchange.channel
    wire.pauseReading()
    const bytes = Buffer.from(compression ? UNLIKE.repeat(LENGTH / UNLIKE.length) : MONOTONOUS)
    // It may wait for the client, and is not late before that reads.
    const sending = exchange.app.send({ type: 'websocket.send', bytes })
    // A server may read no further than it is asked to.
    const receiving = exchange.app.receive()
    for (const pending of [sending, receiving]) pending.catch(() => undefined)
    await trial.iut.settle()
    for (let turn = 0; turn < pings; turn += 1) {
      const payload = Buffer.from(String(turn))
      wire.write(encodeFrame({ fin: true, rsv: 0, opcode: OPCODE.ping, payload, mask: turn }))
      await trial.iut.settle()
    }
    wire.resumeReading()
    const { raised } = await trial.iut.returned(sending)
    if (raised !== null) {
      trial.judge.notApplicable(CLAUSE, `the server sends no message of ${LENGTH} bytes`)
      return
    }
    const { peer } = exchange
    await exchange.messages(1, 'websocket/send/bytes')
    const arrived = peer.reader.messages[0]
    trial.check(
      'websocket/send/bytes',
      arrived?.content.length === bytes.length,
      `the message of ${bytes.length} bytes`,
      () =>
        arrived === undefined ? 'the end of the connection' : `${arrived.content.length} bytes`,
    )
    // RFC 6455 §5.5.3: of several Pings the most recent alone may be answered.
    const last = String(pings - 1)
    await exchange.until(
      ({ pongs }) => peer.over || pongs.some((pong) => pong.toString() === last),
      PONG,
      'a Pong for the last Ping',
    )
    trial.check(CLAUSE, !peer.over, 'an open connection', () => 'closed by the server')
    if (peer.over) return
    peer.write(closeFrame(Buffer.from([3, 232])))
    await trial.iut.within(receiving, 'websocket/disconnect/event', 'websocket.disconnect')
  },
})
