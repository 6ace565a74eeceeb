import fc from 'fast-check'
import { pingFrame } from '../../http2/frame.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Property } from '../property.ts'
import { acknowledgements } from './pong.ts'
import { http2Property } from './property.ts'

const CLAUSE = 'wire/rfc9113/ping-acknowledged'
const WHOLE = 'http/send/body-concatenated'
const WINDOW = 2 ** 24

/** A client that reads nothing for a while still writes, and grants the server more than TCP takes in. */
export const slowReader: Property = http2Property({
  id: `${CLAUSE}/slow-reader`,
  law: 'PINGs of a client that is behind with reading are acknowledged, and take nothing from its response',
  clauses: [CLAUSE, WHOLE],
  enough: 4,
  program: fc.record({ pings: fc.integer({ min: 1, max: 3 }), megabytes: fc.constantFrom(1, 4) }),
  async run(trial, { pings, megabytes }) {
    const client = await openHttp2(trial, { initialWindow: WINDOW })
    client.grant(null, WINDOW)
    const { exchange } = await serve(trial, client, h2.get('/large'))
    await exchange.readBody()
    const { wire } = client.channel
    wire.pauseReading()
    const content = 'l'.repeat(megabytes * 2 ** 20)
    // It may wait for the client, and is not late before that reads.
    const sending = Promise.all([
      exchange.app.send(startMessage({ status: 200 })),
      exchange.app.send(bodyMessage(content, false)),
      exchange.app.return(),
    ])
    sending.catch(() => undefined)
    await trial.iut.settle()
    for (let turn = 0; turn < pings; turn += 1) {
      client.write(pingFrame(Buffer.alloc(8, turn)))
      await trial.iut.settle()
    }
    wire.resumeReading()
    await trial.iut.returned(sending)
    const response = await exchange.response(WHOLE)
    trial.check(
      WHOLE,
      response?.body.length === content.length,
      `all ${content.length} bytes`,
      () => (response === null ? 'the end of the stream' : `${response.body.length} bytes`),
    )
    const answered = (): number => acknowledgements(client).length
    await trial.iut.within(
      client.until(() => answered() >= pings || client.closed),
      CLAUSE,
      `the acknowledgement of PING ${pings}`,
    )
    trial.check(CLAUSE, answered() >= pings, `${pings} acknowledgements`, () => `${answered()}`)
  },
})
