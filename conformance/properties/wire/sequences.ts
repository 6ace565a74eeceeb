import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { isClientError } from '../../judge/status.ts'
import { binary } from '../../testers/exchange.ts'
import { http, serialize, serializeBody } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { show } from '../../testers/values.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

/** A request that must never be served: it stands inside the content of another one. */
const HIDDEN = 'GET /injected HTTP/1.1\r\nHost: a\r\n\r\n'

/** Requests that must be refused, to stand behind one that must not. */
const BROKEN = ['A B: 1', 'Content-Length: x', 'No-Colon'].map(
  (line) => `GET /broken HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`,
)

/** RFC 9110 §5.3, RFC 9112 §9.3: requests that come in pieces, unread, or with trouble behind them. */
export const sequences: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9110/whole-header-section-first',
    law: 'nothing happens before the last octet of the header section, wherever it is cut; then all does',
    clauses: ['wire/rfc9110/whole-header-section-first'],
    program: fc.record({
      path: arbitrary.path,
      headers: arbitrary.requestFields,
      share: fc.nat(999),
    }),
    async run(trial, { path, headers, share }) {
      const request = http.get(path, headers)
      const channel = await trial.connect()
      const marked = trial.mark(request, channel)
      const bytes = serialize(marked)
      const cut = 1 + Math.floor((share * (bytes.length - 1)) / 1000)
      channel.wire.reader.expect('GET')
      channel.wire.write(bytes.subarray(0, cut))
      const early = await trial.iut.cameWithinQuiet(channel.wire.activity())
      trial.check(
        'wire/rfc9110/whole-header-section-first',
        !early && channel.scopes.length === 0,
        `neither a scope nor an answer after ${cut} of ${bytes.length} octets`,
        () => (channel.scopes.length > 0 ? 'a scope' : 'an answer or a close'),
      )
      if (!channel.wire.usable) return
      channel.wire.write(bytes.subarray(cut))
      const exchange = await trial.adopt(request, channel)
      await exchange.respond({ status: 200, body: ['whole'] })
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/whole-body-read-or-close',
    beyondTcp: ENDING_ALIKE,
    law: 'content that the application never reads is no next request',
    clauses: ['wire/rfc9112/whole-body-read-or-close'],
    program: fc.record({
      filler: fc.constantFrom(0, 10, 70_000, 200_000),
      late: fc.boolean(),
      chunked: fc.boolean(),
    }),
    async run(trial, { filler, late, chunked }) {
      const content = `${'x'.repeat(filler)}${HIDDEN}`
      const request = {
        ...http.post('/unread', ''),
        body: chunked
          ? { framing: 'chunked' as const, chunks: [content] }
          : { framing: 'content-length' as const, content },
      }
      const { channel, exchange, adopt } = await trial.openEarly(request)
      const body = binary(serializeBody(request.body))
      const held = late && exchange !== null ? Math.min(body.length, HIDDEN.length + 9) : 0
      channel.wire.write(body.subarray(0, body.length - held))
      const unread = exchange ?? (await adopt())
      // A server that closes with content unread may lose its response in the reset.
      unread.misused = true
      await unread.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
      if (held > 0) channel.wire.write(body.subarray(body.length - held))
      await unread.response()
      if (channel.wire.usable) {
        channel.wire.reader.expect('GET')
        channel.wire.write(serialize(trial.mark(http.get('/follow-up'), channel)))
        // Neither would mean that the content is still unread, on a connection that goes on.
        await trial.iut.within(
          Promise.race([channel.scope(), channel.wire.closed]),
          'wire/rfc9112/whole-body-read-or-close',
          'the request behind the content, or a close',
        )
      }
      const paths = channel.scopes.slice(1).map(({ scope }) => show(scope['path']))
      trial.check(
        'wire/rfc9112/whole-body-read-or-close',
        paths.every((path) => path === '"/follow-up"'),
        'no request but the one that was sent behind the content, or a close',
        () => `a request for ${paths[0]}`,
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/grammar-mismatch-answered',
    beyondTcp: ENDING_ALIKE,
    law: 'what is no request is answered with an error, not with a bare close',
    clauses: ['wire/rfc9112/grammar-mismatch-answered'],
    program: fc.record({
      garbage: fc.constantFrom(
        'GARBAGE\r\n\r\n',
        'GET / HTTP/1.1\r\nNo-Colon\r\n\r\n',
        '{}\r\n\r\n',
      ),
      after: fc.constantFrom('nothing', 'a response'),
    }),
    async run(trial, { garbage, after }) {
      const clause = 'wire/rfc9112/grammar-mismatch-answered'
      const channel = await trial.connect()
      if (after === 'a response') {
        const exchange = await trial.open(http.get('/'), { channel })
        await exchange.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
        await exchange.response()
        if (!channel.wire.usable) return
      }
      channel.wire.reader.expect('GET')
      const answered = channel.wire.response()
      channel.wire.write(binary(garbage))
      const response = await trial.iut.within(answered, clause, 'an error response')
      const status = response?.status ?? 0
      trial.check(
        clause,
        isClientError(status) || status === 501 || status === 505,
        '400 (Bad Request), or another refusal',
        () => (response === null ? 'a close without a response' : `status ${status}`),
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/pipelining-broken-successor',
    beyondTcp: ENDING_ALIKE,
    law: 'the refusal of a broken request does not come before the response to the request ahead of it',
    clauses: ['wire/rfc9112/pipelining-order'],
    program: fc.record({
      broken: fc.constantFrom(...BROKEN),
      apart: fc.boolean(),
      body: arbitrary.sizedBody,
    }),
    async run(trial, { broken, apart, body }) {
      // Nothing is pipelined behind a method that is not idempotent (RFC 9112 §9.3.2).
      const request = { ...http.get('/ahead'), method: 'PUT', body }
      const channel = await trial.connect()
      const bytes = Buffer.concat([serialize(trial.mark(request, channel)), binary(broken)])
      channel.wire.reader.expect(request.method)
      await trial.write(channel, bytes, apart ? [bytes.length - broken.length] : [])
      const exchange = await trial.adopt(request, channel)
      exchange.misused = true
      await trial.iut.cameWithinQuiet(channel.wire.activity())
      await exchange.respond({ status: 200, headers: [['x-answer', '1']], body: ['ahead'] })
      const response = await exchange.response()
      trial.check(
        'wire/rfc9112/pipelining-order',
        response === null || valuesOf(response, 'x-answer').length === 1,
        'the response of the application to the request ahead, or a close',
        () => `status ${response?.status} first`,
      )
    },
  }),
]
