import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import type { Channel } from '../../testers/channel.ts'
import { binary } from '../../testers/exchange.ts'
import { http, serialize } from '../../testers/request.ts'
import { valuesOf, type WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeClose, judgeSaysClose } from './closing.ts'

const UNREAD = 'wire/rfc9110/expect-final-says-close'

/** RFC 9112 §9 and RFC 9110 §10.1.1: the life of a connection around its requests. */
export const connection: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9112/persistence',
    law: 'requests on one connection get a scope each and are answered on it, one after another',
    clauses: [
      'wire/rfc9112/persistence',
      'http/scope/one-per-request',
      'asgi/app/once-per-connection',
    ],
    program: fc.array(fc.record({ path: arbitrary.path, plan: arbitrary.responsePlan }), {
      minLength: 2,
      maxLength: 4,
    }),
    async run(trial, turns) {
      const channel = await trial.connect()
      for (const { path, plan } of turns) {
        const { served: exchange } = await trial.attempt(http.get(path), { channel })
        trial.check(
          'wire/rfc9112/persistence',
          exchange !== null,
          'the next request served: no response said close',
          () => 'the connection was closed',
        )
        if (exchange === null) return
        await exchange.respond(plan)
        const response = await exchange.response()
        const says =
          response !== null &&
          valuesOf(response, 'connection').some((value) => /\bclose\b/i.test(value))
        if (says) return
        trial.check(
          'wire/rfc9112/persistence',
          response !== null && channel.wire.usable,
          'an open connection after the response',
          () => 'closed without the close option',
        )
      }
      for (const clause of ['http/scope/one-per-request', 'asgi/app/once-per-connection']) {
        trial.check(
          clause,
          channel.scopes.length === turns.length,
          `${turns.length} scopes`,
          () => `${channel.scopes.length} scopes`,
        )
      }
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/pipelining-order',
    law: 'requests that arrive together are answered in their order, each once, each its own',
    clauses: ['wire/rfc9112/pipelining-order', 'http/scope/one-per-request'],
    program: fc.record({
      bodies: fc.array(arbitrary.body, { minLength: 2, maxLength: 4 }),
      cuts: arbitrary.cutShares,
    }),
    async run(trial, { bodies, cuts }) {
      const channel = await trial.connect()
      const requests = bodies.map((body, index) => ({ ...http.post(`/${index}`, ''), body }))
      const marked = requests.map((request) =>
        channel.marked
          ? { ...request, headers: [...request.headers, ['x-assay-channel', channel.id] as const] }
          : request,
      )
      const bytes = Buffer.concat(marked.map(serialize))
      for (const request of requests) channel.wire.reader.expect(request.method)
      await trial.write(channel, bytes, arbitrary.cutsOf(cuts, bytes.length))
      for (const request of requests) {
        const exchange = await trial.adopt(request, channel)
        trial.check(
          'wire/rfc9112/pipelining-order',
          exchange.scope['path'] === request.target,
          request.target,
          () => show(exchange.scope['path']),
        )
        await exchange.readBody()
        await exchange.respond({
          status: 200,
          headers: [['x-answer', request.target]],
          body: [request.target],
        })
        const response = await exchange.response()
        trial.check(
          'wire/rfc9112/pipelining-order',
          response?.body.toString() === request.target,
          `the response to ${request.target}`,
          () => show(response?.body),
        )
      }
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/close-honoured',
    law: 'after the response to a request that says close, the server closes',
    clauses: ['wire/rfc9112/close-honoured', 'wire/rfc9112/close-answered-with-close'],
    program: arbitrary.responsePlan,
    async run(trial, plan) {
      const exchange = await trial.open(http.get('/', [['Connection', 'close']]), { fresh: true })
      await exchange.respond(plan)
      const response = await exchange.response()
      if (response !== null)
        trial.check(
          'wire/rfc9112/close-answered-with-close',
          valuesOf(response, 'connection').some((value) => /\bclose\b/i.test(value)),
          'the close option in the response',
          () => `Connection: ${valuesOf(response, 'connection').join(', ') || '(absent)'}`,
        )
      await judgeClose(trial, exchange.channel, 'wire/rfc9112/close-honoured')
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/close-with-successor',
    law: 'a request that says close is read and answered in full, whatever stands behind it',
    clauses: [
      'wire/rfc9112/close-honoured',
      'wire/rfc9112/no-request-after-close',
      'http/receive/request-event',
    ],
    program: fc.record({
      body: arbitrary.body,
      behind: fc.constantFrom('request', 'nothing'),
      cuts: arbitrary.cutShares,
    }),
    async run(trial, { body, behind, cuts }) {
      const channel = await trial.connect()
      const request = { ...http.post('/last', '', [['Connection', 'close']]), body }
      const own = serialize(trial.mark(request, channel))
      const rest = serialize(trial.mark(http.get('/behind-the-close'), channel))
      const bytes = behind === 'request' ? Buffer.concat([own, rest]) : own
      channel.wire.reader.expect('POST')
      await trial.write(channel, bytes, arbitrary.cutsOf(cuts, own.length))
      const exchange = await trial.adopt(request, channel)
      // What comes out is judged here: a refusal of what stands behind is no answer of the application.
      exchange.misused = true
      const { ended } = await exchange.readBody()
      trial.check(
        'wire/rfc9112/close-honoured',
        ended === 'complete',
        'the whole content before the answer',
        () => ended,
      )
      await exchange.respond({ status: 200, headers: [['x-answer', 'last']], body: ['last'] })
      const response = await exchange.response()
      trial.check(
        'wire/rfc9112/close-honoured',
        response?.complete === true && valuesOf(response, 'x-answer').length === 1,
        'the response of the application',
        () => (response === null ? 'a close without a response' : `status ${response.status}`),
      )
      await trial.iut.cameWithinQuiet(channel.wire.closed)
      trial.check(
        'wire/rfc9112/no-request-after-close',
        channel.scopes.length === 1,
        'one request',
        () => `${channel.scopes.length} requests`,
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/connection-options',
    law: 'the close option is understood in any case, and among others in a list',
    clauses: ['wire/rfc9110/connection-options'],
    program: fc.record({
      option: fc.constantFrom('Close', 'foo, close', 'CLOSE', 'close, foo', 'keep-alive,close'),
      plan: arbitrary.responsePlan,
    }),
    async run(trial, { option, plan }) {
      const exchange = await trial.open(http.get('/', [['Connection', option]]), { fresh: true })
      await exchange.respond(plan)
      await exchange.response()
      await judgeClose(trial, exchange.channel, 'wire/rfc9110/connection-options')
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/http10-close',
    law: 'an HTTP/1.0 request without keep-alive gets a response that ends with the connection',
    clauses: ['wire/rfc9112/http10-close', 'wire/rfc9112/no-transfer-encoding-to-http10'],
    program: arbitrary.responsePlan,
    async run(trial, plan) {
      const exchange = await trial.open({ ...http.get('/'), version: '1.0' }, { fresh: true })
      await exchange.respond(plan)
      const response = await exchange.response()
      await judgeClose(trial, exchange.channel, 'wire/rfc9112/http10-close')
      trial.check(
        'wire/rfc9112/no-transfer-encoding-to-http10',
        response?.framing !== 'chunked',
        'no transfer coding',
        () => 'Transfer-Encoding: chunked',
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/expect-100',
    law: 'a client that waits for 100 (Continue) gets it, or a final response, and its content is read',
    clauses: [
      'wire/rfc9110/expect-100',
      'wire/rfc9110/expect-100-not-withheld',
      'wire/rfc9110/expect-100-final',
      UNREAD,
    ],
    program: fc.record({
      content: fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }),
      read: fc.boolean(),
    }),
    async run(trial, { content, read }) {
      const request = http.post('/', content, [['Expect', '100-continue']])
      const { channel, exchange, adopt } = await trial.openEarly(request)
      const { wire } = channel
      if (exchange === null) {
        await invited(trial, wire)
        wire.write(binary(content))
        const late = await adopt()
        await late.readBody()
        await late.respond({ status: 200, body: ['ok'] })
        concluded(trial, await late.response('wire/rfc9110/expect-100-final'))
        return
      }
      if (!read) {
        exchange.misused = true
        await exchange.respond({ status: 413, body: ['no'] })
        const response = await exchange.response()
        trial.check(
          'wire/rfc9110/expect-100',
          response?.status === 413,
          'the final response without waiting for content',
          () => String(response?.status),
        )
        if (response !== null) await judgeSaysClose(trial, wire, response, UNREAD)
        return
      }
      const waiting = exchange.receive()
      waiting.catch(() => undefined)
      await invited(trial, wire)
      exchange.sent = binary(content)
      exchange.requestComplete = true
      wire.write(exchange.sent)
      const first = await waiting
      if (first['more_body'] === true) await exchange.readBody()
      await exchange.respond({ status: 200, body: ['ok'] })
      concluded(trial, await exchange.response('wire/rfc9110/expect-100-final'))
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/expect-100-http10',
    law: 'no interim response is sent to an HTTP/1.0 client, whatever it expects',
    clauses: ['wire/rfc9110/expect-100-http10', 'wire/rfc9110/no-1xx-to-http10'],
    program: fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }),
    async run(trial, content) {
      const request = {
        ...http.post('/', content, [['Expect', '100-continue']]),
        version: '1.0' as const,
      }
      const { served } = await trial.attempt(request, { fresh: true })
      if (served === null) return
      await served.readBody()
      await served.respond({ status: 200, body: ['ok'] })
      const response = await served.response()
      trial.check(
        'wire/rfc9110/expect-100-http10',
        response === null || response.interim.length === 0,
        'no interim response',
        () => `${response?.interim[0]?.status} before the final response`,
      )
      trial.check(
        'wire/rfc9110/no-1xx-to-http10',
        response === null || response.interim.length === 0,
        'no response of status 1xx',
        () => `${response?.interim[0]?.status}`,
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/date',
    law: 'responses with content carry one Date in the preferred format',
    clauses: [
      'wire/rfc9110/date',
      'wire/rfc9110/imf-fixdate',
      'wire/rfc9110/date-approximates-now',
    ],
    program: fc.record({ status: fc.constantFrom(200, 201, 301, 404), path: arbitrary.path }),
    async run(trial, { status, path }) {
      const exchange = await trial.open(http.get(path))
      await exchange.respond({ status, body: ['x'] })
      const response = await exchange.response()
      if (response === null) return
      const dates = valuesOf(response, 'date')
      if (
        !trial.check(
          'wire/rfc9110/date',
          dates.length === 1,
          'one Date field',
          () => `${dates.length} Date fields`,
        )
      )
        return
      const [text = ''] = dates
      trial.check('wire/rfc9110/imf-fixdate', IMF_FIXDATE.test(text), 'IMF-fixdate', () =>
        JSON.stringify(text),
      )
      const drift = Math.abs(Date.parse(text) - Date.now())
      trial.check(
        'wire/rfc9110/date-approximates-now',
        drift < DATE_DRIFT,
        'the time of the response, give or take ten seconds',
        () => `${text}, ${Math.round(drift / 1000)} seconds off`,
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/date-advances',
    law: 'on one connection a response that is made seconds later has a later Date',
    clauses: ['wire/rfc9110/date-approximates-now'],
    enough: 1,
    program: fc.constantFrom('/', '/later'),
    async run(trial, path) {
      const channel = await trial.connect()
      const first = await dateOf(trial, channel, path)
      await setTimeout(LATER)
      if (!channel.wire.usable) return
      const second = await dateOf(trial, channel, path)
      if (first === null || second === null) return
      trial.check(
        'wire/rfc9110/date-approximates-now',
        second > first,
        `a Date later than ${new Date(first).toUTCString()}, ${LATER / 1000} seconds later`,
        () => new Date(second).toUTCString(),
      )
    },
  }),
]

/** Milliseconds: more than a clock that ticks in seconds and a date made once a second can hide together. */
const LATER = 3_000

/** Null: a response without a readable Date, or none. */
async function dateOf(trial: Trial, channel: Channel, path: string): Promise<number | null> {
  const { served } = await trial.attempt(http.get(path), { channel })
  if (served === null) return null
  await served.respond({ status: 200, body: ['x'] })
  const response = await served.response()
  const date = Date.parse((response === null ? [] : valuesOf(response, 'date'))[0] ?? '')
  return Number.isNaN(date) ? null : date
}

/** Milliseconds: far more than a clock that ticks in seconds, or a date that is made once a second, needs. */
const DATE_DRIFT = 10_000

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/

async function invited(trial: Trial, wire: WireConnection): Promise<void> {
  const clause = 'wire/rfc9110/expect-100'
  await trial.iut.within(interim(wire), clause, '100 (Continue) for the client that waits for it')
  const status = wire.reader.currentInterim[0]?.status
  trial.check(clause, status === 100, '100 (Continue)', () => String(status))
  trial.check(
    'wire/rfc9110/expect-100-not-withheld',
    status === 100,
    '100 (Continue) before any content was sent',
    () => String(status),
  )
}

function concluded(trial: Trial, response: WireResponse | null): void {
  trial.check(
    'wire/rfc9110/expect-100-final',
    response === null || response.status >= 200,
    'a final response after the interim one, or a close',
    () => String(response?.status),
  )
}

async function interim(wire: WireConnection): Promise<void> {
  while (
    wire.reader.currentInterim.length === 0 &&
    wire.reader.currentHead === null &&
    wire.closing === null
  ) {
    await wire.activity()
  }
}
