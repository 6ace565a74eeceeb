import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { binary, bodyMessage, bodyMessages, startMessage } from '../../testers/exchange.ts'
import { Silence } from '../../testers/patience.ts'
import { http } from '../../testers/request.ts'
import { type ResponseHead, valuesOf } from '../../testers/response-reader.ts'
import { type Message, show } from '../../testers/values.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { LATE_MESSAGES, type LateMessage } from './late-messages.ts'
import { isOpen } from './surplus.ts'

/** www.rst, "Response Start" and "Response Body": the wire says what the application said. */
export const sendResponse: readonly Property[] = [
  exchangeProperty({
    id: 'http/send/response',
    law: 'status, header order and content of any response reach the client as they were sent',
    clauses: [
      'http/send/start-status',
      'http/send/headers-in-order',
      'http/send/body-concatenated',
      'http/send/completes',
      'http/send/set-cookie-separate',
      'http/send/content-encoding-kept',
      'http/send/chunking-handled',
      'http/send/chunked-without-content-length',
      'http/send/trailers-default',
    ],
    program: fc.record({ request: arbitrary.request, plan: arbitrary.responsePlan }),
    async run(trial, { request, plan }) {
      const exchange = await trial.open(request)
      await exchange.readBody()
      const outcomes = await exchange.respond(plan)
      const raised = outcomes.find((outcome) => outcome.raised !== null)?.raised
      trial.check(
        'http/send/completes',
        raised === undefined,
        'send() accepts a correct response',
        () => show(raised?.chain.join(' < ')),
      )
      const response = await exchange.response()
      trial.check('http/send/completes', response?.complete === true, 'a complete response', () =>
        response === null ? 'the connection was closed' : 'a truncated response',
      )
    },
  }),
  exchangeProperty({
    id: 'http/send/status',
    law: 'content goes out with every status that may have it',
    clauses: ['http/send/start-status', 'http/send/body-concatenated'],
    program: fc.record({
      statuses: fc.uniqueArray(arbitrary.status, { minLength: 5, maxLength: 10 }),
      sized: fc.boolean(),
    }),
    async run(trial, { statuses, sized }) {
      const headers = sized ? [['content-length', '4'] as const] : []
      for (const status of statuses) {
        const exchange = await trial.open(http.get('/'))
        await exchange.respond({ status, headers, body: ['some'] })
        await exchange.response()
      }
    },
  }),
  exchangeProperty({
    id: 'http/send/headers-bytes-exact',
    law: 'a response header goes out with the exact bytes that the application gave',
    clauses: ['http/send/headers-bytes-exact', 'http/send/headers-in-order'],
    program: fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc
        .integer({ min: 0x21, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
    }),
    async run(trial, value) {
      const exchange = await trial.open(http.get('/'))
      const outcomes = await exchange.respond({
        status: 200,
        headers: [['x-bytes', value]],
        body: [''],
      })
      if (outcomes.some((outcome) => outcome.raised !== null)) {
        exchange.misused = true
        return
      }
      const response = await exchange.response()
      if (response === null) return
      const seen = valuesOf(response, 'x-bytes')
      trial.check(
        'http/send/headers-bytes-exact',
        seen.length === 1 && seen[0] === value,
        show(binary(value)),
        () => JSON.stringify(seen),
      )
    },
  }),
  exchangeProperty({
    id: 'http/send/optional-keys',
    law: 'headers, body and more_body may be left out: then they are empty, empty and false',
    clauses: ['http/send/start-optional-headers', 'http/send/body-optional'],
    program: fc.record({
      headers: fc.boolean(),
      body: fc.boolean(),
      more: fc.boolean(),
      http2: fc.boolean(),
    }),
    async run(trial, { headers, body, more, http2 }) {
      const exchange = await openEither(trial, http2)
      const start = {
        type: 'http.response.start',
        status: 200,
        ...(headers ? { headers: [] } : {}),
      }
      const end = {
        type: 'http.response.body',
        ...(body ? { body: binary('x') } : {}),
        ...(more ? { more_body: false } : {}),
      }
      const taken = async (clause: string, message: Message): Promise<boolean> => {
        const { raised } = await exchange.send(message)
        const observed = () => show(raised?.text)
        return trial.check(clause, raised === null, 'send() accepts the message', observed)
      }
      // Without a start that was taken, nothing that follows it can be held against the server.
      if (!(await taken('http/send/start-optional-headers', start))) return
      await taken('http/send/body-optional', end)
      await exchange.app.return()
      const response = await exchange.response()
      trial.check(
        'http/send/body-optional',
        response?.body.toString('latin1') === (body ? 'x' : ''),
        body ? '"x"' : 'no content',
        () => show(response?.body),
      )
    },
  }),
  exchangeProperty({
    id: 'http/send/additional-keys',
    law: 'keys that a server does not know make no message invalid',
    clauses: ['asgi/error/additional-keys-accepted'],
    program: fc.record({
      key: fc.constantFrom('reason', 'x-extra', 'priority', 'foo'),
      value: fc.oneof(fc.string({ maxLength: 5 }), fc.integer(), fc.boolean()),
      http2: fc.boolean(),
    }),
    async run(trial, { key, value, http2 }) {
      const exchange = await openEither(trial, http2)
      const sent = [
        await exchange.send({
          type: 'http.response.start',
          status: 200,
          headers: [],
          [key]: value,
        }),
        await exchange.send({ type: 'http.response.body', body: binary('ok'), [key]: value }),
      ]
      trial.check(
        'asgi/error/additional-keys-accepted',
        sent.every(({ raised }) => raised === null),
        'no exception',
        () => show(sent.find(({ raised }) => raised !== null)?.raised?.text),
      )
      await exchange.app.return()
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/send/body-flushed',
    law: 'what a body message holds is on the wire before the next message is sent',
    clauses: ['http/send/body-flushed'],
    program: fc.record({
      first: fc.string({ minLength: 1, maxLength: 30, unit: 'binary-ascii' }),
      sized: fc.boolean(),
    }),
    async run(trial, { first, sized }) {
      const exchange = await trial.open(http.get('/'))
      const headers = sized ? [['content-length', String(first.length + 4)] as const] : []
      await exchange.send(startMessage({ status: 200, headers }))
      await exchange.send(bodyMessage(first, true))
      const { wire } = exchange.channel
      const seen = trial.iut.within(
        contentArrived(exchange.channel.wire, first.length),
        'http/send/body-flushed',
        'the first part of the content',
      )
      await seen
      trial.check(
        'http/send/body-flushed',
        wire.reader.currentBody.toString('latin1').includes(first),
        show(binary(first)),
        () => show(wire.reader.currentBody),
      )
      await exchange.send(bodyMessage('rest', false))
      await exchange.app.return()
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/send/transfer-encoding-ignored',
    law: "the application's Transfer-Encoding header never reaches the wire; framing is the server's",
    clauses: [
      'http/send/transfer-encoding-ignored',
      'http/send/transfer-encoding-accepted',
      'wire/rfc9112/message-framing',
    ],
    program: fc.record({
      coding: fc.constantFrom('chunked', 'Chunked', 'identity', 'gzip', 'gzip, chunked'),
      body: fc.array(fc.string({ maxLength: 10, unit: 'binary-ascii' }), { maxLength: 3 }),
      sized: fc.boolean(),
    }),
    async run(trial, { coding, body, sized }) {
      const exchange = await trial.open(http.get('/'), { fresh: true })
      // A server that passes the header on breaks the content with it, now this way and now that.
      exchange.misused = true
      const length: [string, string][] = sized
        ? [['content-length', String(body.join('').length)]]
        : []
      const headers: [string, string][] = [['transfer-encoding', coding], ...length]
      for (const message of [
        startMessage({ status: 200, headers }),
        ...bodyMessages({ status: 200, body }),
      ]) {
        const { raised } = await exchange.send(message)
        if (raised === null) trial.check('http/send/transfer-encoding-accepted', true, '', String)
        if (
          trial.check(
            'http/send/transfer-encoding-ignored',
            raised === null,
            'the header ignored, the message accepted',
            () => show(raised?.text),
          )
        )
          continue
        return
      }
      await exchange.app.return()
      const { wire } = exchange.channel
      const response = await exchange
        .response('http/send/transfer-encoding-ignored')
        .catch((error: unknown) => {
          const { currentHead } = wire.reader
          if (!(error instanceof Silence) || currentHead === null || !isChunked(currentHead))
            throw error
          // What its client takes for chunks is content that nobody has put into any.
          throw new Silence(error.clause, error.awaited, error.waitedMs, error.doubt, true)
        })
      if (response === null) return
      const codings = valuesOf(response, 'transfer-encoding')
      const same = response.body.toString('latin1') === body.join('')
      const own =
        codings.length === 0 || (codings.length === 1 && codings[0]?.toLowerCase() === 'chunked')
      trial.check(
        'http/send/transfer-encoding-ignored',
        own && same,
        "the server's own framing of the content",
        () => `Transfer-Encoding: ${codings.join(' | ')}; content ${show(response.body)}`,
        !same && isChunked(response) && isOpen(wire),
      )
    },
  }),
  exchangeProperty({
    id: 'http/send/after-completion-ignored',
    law: 'whatever is sent after the final body message, nothing more of it reaches the wire',
    clauses: ['http/send/after-completion-ignored'],
    program: fc.record({
      plan: arbitrary.responsePlan,
      late: fc.constantFrom<LateMessage>('body', 'start', 'trailers'),
      next: arbitrary.path,
    }),
    async run(trial, { plan, late, next }) {
      const channel = await trial.connect()
      const exchange = await trial.open(http.get('/'), { channel })
      for (const message of [startMessage(plan), ...bodyMessages(plan)])
        await exchange.send(message)
      await exchange.response()
      exchange.misused = true
      await exchange.send(LATE_MESSAGES[late])
      await exchange.app.return()
      if (!channel.wire.usable) return
      const { served } = await trial.attempt(http.get(next), { channel })
      if (served === null) return
      await served.respond({ status: 200, body: ['second'] })
      const second = await served.response()
      const clean =
        second === null || (second.status === 200 && second.body.toString() === 'second')
      trial.check(
        'http/send/after-completion-ignored',
        clean && channel.wire.reader.surplus.length === 0,
        'the next response untouched',
        () =>
          `${second?.status} ${show(second?.body)}, surplus ${show(channel.wire.reader.surplus)}`,
        isOpen(channel.wire),
      )
    },
  }),
]

function isChunked(head: ResponseHead): boolean {
  return valuesOf(head, 'transfer-encoding').join().toLowerCase().endsWith('chunked')
}

async function contentArrived(
  wire: { reader: { currentBody: Buffer }; activity(): Promise<void>; closing: string | null },
  length: number,
): Promise<void> {
  while (wire.reader.currentBody.length < length && wire.closing === null) await wire.activity()
}
