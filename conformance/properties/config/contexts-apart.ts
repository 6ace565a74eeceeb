import fc from 'fast-check'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Exchange } from '../../testers/exchange.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { http, serialize } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { establish } from '../../websocket/open.ts'
import { http2Property } from '../http2/property.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'config/contexts-apart'

/**
 * Every call of the probe sets a context variable (an AsyncLocalStorage of Node) and tells what was in it
 * before. A server that begins a call where another one has been hands that one's value on: in the callback of
 * a socket, for one, that a call has asked to be read from again once its large content was taken.
 */
export const contextsApart: readonly Property[] = [
  exchangeProperty({
    id: CLAUSE,
    law: 'what a call sets in a context variable is not there in the calls behind it, on the same connection and on others',
    clauses: [CLAUSE],
    needs: ['http/1.1', 'documented/contexts-apart'],
    enough: 8,
    program: fc.record({
      kib: fc.constantFrom(0, 160),
      behind: fc.constantFrom(
        'a request' as const,
        'a connection' as const,
        'a WebSocket' as const,
      ),
    }),
    async run(trial, { kib, behind }) {
      const channel = await trial.connect()
      const first = http.post('/first', 'x'.repeat(kib * 1024))
      const second = http.get('/second')
      judge(trial, await finish(await trial.open(first, { channel })))
      if (behind === 'a WebSocket') {
        if (trial.iut.target.has('websocket')) judge(trial, await establish(trial))
      } else if (behind === 'a connection' || channel.wire.usable) {
        const where = behind === 'a connection' ? { fresh: true } : { channel }
        judge(trial, await finish(await trial.open(second, where)))
      }
    },
  }),
  exchangeProperty({
    id: `${CLAUSE}/pipelined`,
    law: 'what a call sets in a context variable is not there in the call for a request that waits behind its own',
    clauses: [CLAUSE],
    needs: ['http/1.1', 'documented/contexts-apart-pipelined'],
    enough: 4,
    program: fc.record({ kib: fc.constantFrom(0, 160), waiting: fc.constantFrom(1, 2) }),
    async run(trial, { kib, waiting }) {
      const channel = await trial.connect()
      const content = 'x'.repeat(kib * 1024)
      const requests = Array.from({ length: 1 + waiting }, (_, index) =>
        trial.mark(http.post(`/${index}`, content), channel),
      )
      for (const { method } of requests) channel.wire.reader.expect(method)
      channel.wire.write(Buffer.concat(requests.map(serialize)))
      for (const request of requests)
        judge(trial, await finish(await trial.adopt(request, channel)))
    },
  }),
  http2Property({
    id: `${CLAUSE}/streams`,
    law: 'what a call sets in a context variable is not there in the calls of other streams, open or behind it',
    clauses: [CLAUSE],
    needs: ['documented/contexts-apart-pipelined'],
    enough: 8,
    program: fc.record({ kib: fc.constantFrom(0, 160), atOnce: fc.boolean() }),
    async run(trial, { kib, atOnce }) {
      const client = await openHttp2(trial)
      const content = Array.from({ length: kib / 16 }, () => 'x'.repeat(16_000))
      const first = await serve(trial, client, h2.post('/first', content))
      if (!atOnce) await finish(first.exchange)
      const second = await serve(trial, client, h2.get('/second'))
      if (atOnce) await finish(first.exchange)
      await finish(second.exchange)
      for (const { exchange } of [first, second]) judge(trial, exchange)
    },
  }),
]

async function finish(exchange: Exchange): Promise<Exchange> {
  await exchange.readBody()
  await exchange.respond({ status: 200, body: ['ok'] })
  await exchange.response()
  return exchange
}

function judge(trial: Trial, { app }: { readonly app: RemoteScope }): void {
  trial.check(
    CLAUSE,
    app.journey === null,
    'a context in which no call has been',
    () => `the context of call ${app.journey} in call ${app.number}`,
  )
}
