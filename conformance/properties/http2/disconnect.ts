import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import { ERROR, resetStream } from '../../http2/frame.ts'
import { type Http2Exchange, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import { type PyDict, show } from '../../testers/values.ts'
import { isOsError, LATE_SEND, raisesWhenLate, sendLate } from '../http/send-disconnected.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const GONE = 'http/receive/disconnect-after-stream-lost'

/** www.rst, "Disconnect - receive event": over HTTP/2 the connection of a request is its stream. */
export const disconnect: readonly Property[] = [
  http2Property({
    id: 'http/receive/http2-reset-alone',
    law: 'RST_STREAM is the http.disconnect of its own request, and of no other on the connection',
    clauses: [GONE, 'http/receive/no-early-disconnect'],
    enough: 48,
    program: fc.record({
      before: fc.nat(1),
      after: fc.nat(1),
      started: fc.boolean(),
      code: fc.constantFrom(ERROR.none, ERROR.cancel, ERROR.protocol),
    }),
    async run(trial, { before, after, started, code }) {
      const client = await openHttp2(trial)
      const others: Http2Exchange[] = []
      for (let turn = 0; turn < before; turn += 1) others.push(await waitingOne(trial, client))
      const leaving = await waitingOne(trial, client)
      for (let turn = 0; turn < after; turn += 1) others.push(await waitingOne(trial, client))
      if (started) await begin(leaving)
      const receiving = others.map(({ exchange }) => exchange.app.receive())
      const told = leaving.exchange.receive(GONE)
      leaving.exchange.clientLeft = true
      client.write(resetStream(leaving.stream.id, code))
      judgeDisconnect(trial, await told)
      await leaving.exchange.app.return()
      for (const [index, other] of others.entries()) {
        const event = receiving[index]
        const early = event !== undefined && (await trial.iut.cameWithinQuiet(event))
        const observed = early ? show((await event)?.value) : ''
        const clause = 'http/receive/no-early-disconnect'
        trial.check(clause, !early, 'no event for a request whose stream lives', () => observed)
        await finish(trial, other)
      }
    },
  }),
  http2Property({
    id: 'http/receive/http2-connection-lost',
    law: 'the end of the connection is the http.disconnect of every request that is open on it',
    clauses: [GONE],
    enough: 48,
    program: fc.record({
      streams: fc.integer({ min: 1, max: 3 }),
      started: fc.boolean(),
      goodbye: fc.boolean(),
      how: fc.constantFrom('close' as const, 'reset' as const),
    }),
    async run(trial, { streams, started, goodbye, how }) {
      const client = await openHttp2(trial)
      const open: Http2Exchange[] = []
      for (let turn = 0; turn < streams; turn += 1) open.push(await waitingOne(trial, client))
      if (started) for (const one of open) await begin(one)
      const told = open.map(({ exchange }) => exchange.receive(GONE))
      for (const { exchange } of open) exchange.clientLeft = true
      await trial.iut.settle()
      if (goodbye) client.leave(ERROR.none)
      client.channel.wire[how]()
      for (const event of await Promise.all(told)) judgeDisconnect(trial, event)
      for (const { exchange } of open) await exchange.app.return()
    },
  }),
  http2Property({
    id: 'http/receive/http2-after-response',
    law: 'receive() called after the response is complete yields http.disconnect, while its connection lives on',
    clauses: ['http/receive/disconnect-after-response'],
    enough: 20,
    program: fc.record({ content: fc.string({ maxLength: 10, unit: 'binary-ascii' }) }),
    async run(trial, { content }) {
      const client = await openHttp2(trial)
      const { exchange } = await waitingOne(trial, client)
      await exchange.send(startMessage({ status: 200 }))
      await exchange.send(bodyMessage(content, false))
      await exchange.response()
      const event = await exchange.receive('http/receive/disconnect-after-response')
      trial.check(
        'http/receive/disconnect-after-response',
        event['type'] === 'http.disconnect',
        'http.disconnect',
        () => show(event),
      )
      await exchange.app.return()
      await finish(trial, await waitingOne(trial, client))
    },
  }),
  http2Property({
    id: 'http/send/http2-disconnected-oserror',
    law: 'send() on a stream that its client reset raises an OSError from spec_version 2.4 on, and spoils no other',
    clauses: [LATE_SEND, 'asgi/send/after-close-no-op-or-oserror'],
    enough: 24,
    program: fc.record({ started: fc.boolean(), late: fc.integer({ min: 1, max: 3 }) }),
    async run(trial, { started, late }) {
      const client = await openHttp2(trial)
      const other = await waitingOne(trial, client)
      const leaving = await waitingOne(trial, client)
      if (started) await begin(leaving)
      const { exchange } = leaving
      const told = exchange.receive(GONE)
      exchange.clientLeft = true
      client.write(resetStream(leaving.stream.id, ERROR.cancel))
      judgeDisconnect(trial, await told)
      const raised = await sendLate(exchange, started, Array(late).fill('late'))
      if (raisesWhenLate(exchange)) {
        trial.check(LATE_SEND, raised.some(isOsError), 'an OSError', () =>
          raised.length === 0 ? 'send() returned' : String(raised[0]?.chain[0]),
        )
      } else {
        trial.judge.notApplicable(LATE_SEND, 'the scope claims a spec_version before 2.4')
      }
      trial.check(
        'asgi/send/after-close-no-op-or-oserror',
        raised.every(isOsError),
        'no effect, or an OSError',
        () => String(raised.find((one) => !isOsError(one))?.chain[0]),
      )
      await exchange.app.return()
      await finish(trial, other)
    },
  }),
]

/** A request without content that is received in full: the next event can only be the disconnect. */
async function waitingOne(trial: Trial, client: Http2Client): Promise<Http2Exchange> {
  const one = await serve(trial, client, h2.get('/'))
  await one.exchange.readBody()
  return one
}

async function begin({ exchange }: Http2Exchange): Promise<void> {
  await exchange.send(startMessage({ status: 200 }))
  await exchange.send(bodyMessage('begun', true))
}

/** A stream that nobody has disturbed still carries its response. */
async function finish(trial: Trial, { exchange }: Http2Exchange): Promise<void> {
  await exchange.respond({ status: 200, body: ['whole'] })
  const response = await exchange.response()
  trial.check('http/send/completes', response?.complete === true, 'a complete response', () =>
    response === null ? 'none' : 'a truncated one',
  )
}

function judgeDisconnect(trial: Trial, event: PyDict): void {
  const held = event['type'] === 'http.disconnect'
  trial.check(GONE, held, 'http.disconnect', () => show(event))
}
