import fc from 'fast-check'
import { MARKER } from '../../testers/channel.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import { isAlert, type TlsRecord } from '../../testers/tls-records.ts'
import { type Property, processProperty } from '../property.ts'
import { serveTls } from './launch.ts'

const NOTIFY = 'wire/rfc9112/tls-close-notify'
const INCOMPLETE = 'wire/rfc9112/tls-incomplete-close'

/** RFC 9112 §9.8: the end of a connection that TLS carries. */
export const closing: Property = processProperty({
  id: NOTIFY,
  law: 'the server sends a closure alert before it closes, and outlives clients that send none',
  clauses: [NOTIFY, INCOMPLETE],
  needs: ['http/1.1', 'config/command-line', 'tls'],
  enough: 1,
  program: fc.record({ left: fc.constantFrom('idle', 'waiting') }),
  async run(launcher, { left }) {
    const iut = await serveTls(launcher, NOTIFY)
    await judgeNotify(launcher, iut)
    const trial = launcher.trial(iut)
    const rude = await trial.open(http.get('/rude'), { fresh: true })
    rude.clientLeft = true
    if (left === 'idle') {
      await rude.respond({ status: 200, body: ['ok'] })
      await rude.response()
    }
    // The socket goes without a word of TLS.
    rude.channel.wire.reset()
    const next = await trial.open(http.get('/next'), { fresh: true })
    await next.respond({ status: 204 })
    const response = await next.response(INCOMPLETE)
    launcher.check(INCOMPLETE, response?.status === 204, 'the next client served', () =>
      String(response?.status),
    )
  },
})

async function judgeNotify(launcher: Launcher, iut: Iut): Promise<void> {
  const records: TlsRecord[] = []
  const channel = await iut.connect({ ...ANY_TLS, onRecord: (record) => records.push(record) })
  const trial = launcher.trial(iut)
  trial.channels.push(channel)
  // A server may wait for the client's half of the closure before send() returns.
  void channel.wire.closed.then(() => channel.wire.close())
  const request = http.get('/closing', [
    [MARKER, channel.id],
    ['Connection', 'close'],
  ])
  const exchange = await trial.open(request, { channel })
  // No piece of this response is as short as an alert.
  const body = 'a content that no alert is as short as'
  await exchange.respond({
    status: 200,
    headers: [['content-length', String(body.length)]],
    body: [body],
  })
  await exchange.response()
  await iut.within(channel.wire.closed, NOTIFY, 'the end of the connection')
  const last = records.at(-1)
  launcher.check(
    NOTIFY,
    last !== undefined && isAlert(last),
    'a closure alert as the last record',
    () => `a record of type ${last?.type} with ${last?.length} bytes`,
  )
}
