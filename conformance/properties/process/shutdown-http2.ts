import fc from 'fast-check'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { certificates } from '../../testers/certificates.ts'
import { bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'process/sigterm-drains'

/** Quiet periods in which a hasty server would have cut the connection. */
const HASTE = 5

/** The same as over HTTP/1.1: a stream is a request in flight like any other. */
export const drainsHttp2: Property = processProperty({
  id: `${CLAUSE}/http2`,
  law: 'streams of HTTP/2 that are in flight at SIGTERM are answered in full, then the server ends',
  clauses: [CLAUSE],
  needs: ['http/2', 'tls', 'config/command-line', 'process', 'process/drains-on-sigterm'],
  enough: 2,
  program: fc.record({ streams: fc.constantFrom(1, 2), started: fc.boolean() }),
  async run(launcher, { streams, started }) {
    const { files } = await certificates()
    const settings = { 'command-line': { tls: files } }
    const iut = await launcher.serve(CLAUSE, { tls: ANY_TLS, settings })
    const trial = launcher.trial(iut)
    const client = await openHttp2(trial)
    const exchanges: Exchange[] = []
    for (let count = 1; count <= streams; count += 1) {
      const { exchange } = await serve(trial, client, h2.get(`/${count}`))
      if (started) {
        await exchange.send(startMessage({ status: 200 }))
        await exchange.send(bodyMessage('half', true))
      }
      exchanges.push(exchange)
    }
    const { wire } = client.channel
    void wire.closed.then(() => wire.close())
    iut.expectEnd()
    iut.signal('SIGTERM')
    const cut = await iut.cameWithinQuiet(wire.closed, HASTE)
    const open = 'the connection open while its streams are in flight'
    if (!trial.check(CLAUSE, !cut, open, () => `closed by the server (${wire.closing})`)) return
    for (const exchange of exchanges) {
      if (!started) await exchange.send(startMessage({ status: 200 }))
      await exchange.send(bodyMessage('rest', false))
      await exchange.app.return()
      const response = await exchange.response(CLAUSE)
      const whole = response?.complete === true
      trial.check(CLAUSE, whole, 'the whole response', () => 'none, or a part of it')
    }
    wire.close()
    const exit = await iut.ended()
    trial.check(CLAUSE, exit !== null, 'the server ends', () => 'it still runs')
  },
})
