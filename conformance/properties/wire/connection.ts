import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { http, serialize } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeClose } from './closing.ts'

/** RFC 9112 §9: the life of a connection around its requests. */
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
      /** What the server processes side by side is answered from behind. */
      reversed: fc.boolean(),
    }),
    async run(trial, { bodies, cuts, reversed }) {
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
      const held: Held[] = []
      for (const [index, request] of requests.entries()) {
        // The first would be served without the others, too: what is lost behind it was pipelined.
        const owed = index === 0 ? 'http/scope/one-per-request' : 'wire/rfc9112/pipelining-order'
        const exchange = await trial.adopt(request, channel, owed)
        trial.check(
          'wire/rfc9112/pipelining-order',
          exchange.scope['path'] === request.target,
          request.target,
          () => show(exchange.scope['path']),
        )
        await exchange.readBody()
        held.push({ exchange, target: request.target })
        if (reversed) await trial.iut.settle()
        // RFC 9112 §9.3.2: a server may process requests in parallel; it answers them in their order.
        if (reversed && channel.scopes.length > index + 1) continue
        await answerFromBehind(trial, held.splice(0))
      }
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/close-honoured',
    law: 'after the response to a request that says close, the server closes',
    clauses: ['wire/rfc9112/close-honoured', 'wire/rfc9112/close-answered-with-close'],
    program: fc.record({
      plan: arbitrary.responsePlan,
      // RFC 9110 §5.3: several lines of a list are one list.
      options: fc.constantFrom(
        ['close'],
        ['x-other, close'],
        ['x-other', 'close'],
        ['close', 'x-other'],
      ),
    }),
    async run(trial, { plan, options }) {
      const fields = options.map((option) => ['Connection', option] as const)
      const exchange = await trial.open(http.get('/', fields), { fresh: true })
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
      // An error that what stands behind has caused shows that it was processed.
      const clause =
        behind === 'request' ? 'wire/rfc9112/no-request-after-close' : 'wire/rfc9112/close-honoured'
      trial.check(clause, ended === 'complete', 'the whole content before the answer', () => ended)
      await exchange.respond({ status: 200, headers: [['x-answer', 'last']], body: ['last'] })
      const response = await exchange.response()
      trial.check(
        clause,
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
    law: 'the close option is understood in any case, among others in a list, and on any of several lines',
    clauses: ['wire/rfc9110/connection-options'],
    program: fc.record({
      // RFC 9110 §5.3: several lines are one list.
      lines: fc.constantFrom(
        ['Close'],
        ['foo, close'],
        ['CLOSE'],
        ['close, foo'],
        ['keep-alive,close'],
        ['close, keep-alive'],
        ['close', 'foo'],
        ['foo', 'close'],
        ['keep-alive', 'Close'],
        ['close', 'keep-alive'],
      ),
      plan: arbitrary.responsePlan,
    }),
    async run(trial, { lines, plan }) {
      const headers = lines.map((line) => ['Connection', line] as const)
      const exchange = await trial.open(http.get('/', headers), { fresh: true })
      await exchange.respond(plan)
      await exchange.response()
      await judgeClose(trial, exchange.channel, 'wire/rfc9110/connection-options')
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/http10-close',
    law: 'a response to HTTP/1.0 has no transfer coding, and ends with the connection unless keep-alive was asked for and granted',
    clauses: ['wire/rfc9112/http10-close', 'wire/rfc9112/no-transfer-encoding-to-http10'],
    program: fc.record({ plan: arbitrary.responsePlan, keepAlive: fc.boolean() }),
    async run(trial, { plan, keepAlive }) {
      const headers = keepAlive ? [['Connection', 'keep-alive'] as const] : []
      const request = { ...http.get('/', headers), version: '1.0' as const }
      const exchange = await trial.open(request, { fresh: true })
      await exchange.respond(plan)
      const response = await exchange.response()
      if (!keepAlive) await judgeClose(trial, exchange.channel, 'wire/rfc9112/http10-close')
      trial.check(
        'wire/rfc9112/no-transfer-encoding-to-http10',
        response?.framing !== 'chunked',
        'no transfer coding',
        () => 'Transfer-Encoding: chunked',
      )
      const granted = response !== null && valuesOf(response, 'connection').some(isKeepAlive)
      // A content that ends with the connection has to end it, whatever the fields say (RFC 9112 §6.3).
      if (!keepAlive || !granted || response.framing === 'close') return
      const { served: next } = await trial.attempt(request, { channel: exchange.channel })
      trial.check(
        'wire/rfc9112/http10-close',
        next !== null,
        'another request served behind a response that says keep-alive',
        () => 'a close',
      )
      await next?.respond(plan)
      await next?.response()
    },
  }),
]

function isKeepAlive(value: string): boolean {
  return /\bkeep-alive\b/i.test(value)
}

interface Held {
  readonly exchange: Exchange
  readonly target: string
}

/** A server may keep the response to a later request back until those before it are out. */
async function answerFromBehind(trial: Trial, held: readonly Held[]): Promise<void> {
  for (const { exchange, target } of held.toReversed()) {
    const plan = { status: 200, headers: [['x-answer', target] as const], body: [target] }
    await trial.iut.cameWithinQuiet(exchange.respond(plan))
  }
  for (const { exchange, target } of held) {
    const response = await exchange.response()
    trial.check(
      'wire/rfc9112/pipelining-order',
      response?.body.toString() === target,
      `the response to ${target}`,
      () => show(response?.body),
    )
  }
}
