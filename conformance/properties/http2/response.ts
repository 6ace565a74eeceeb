import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { describeEnd, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { CONNECTION_FIELDS } from '../../http2/response-assembly.ts'
import { binary, bodyMessage, type ResponsePlan, startMessage } from '../../testers/exchange.ts'
import { valuesOf, type WireResponse } from '../../testers/response-reader.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const EXACT = 'http/send/headers-bytes-exact'
const LENGTH = 'wire/rfc9113/response-content-length'
const NO_CONNECTION_FIELDS = 'wire/rfc9113/no-connection-fields-sent'

/** www.rst, "Response Start" and "Response Body"; RFC 9113 §8.1: what the application sent, in frames. */
export const response: readonly Property[] = [
  http2Property({
    id: 'http/send/http2-response',
    law: 'status, header order and content of any response reach the client over HTTP/2 as they were sent',
    clauses: [
      'http/send/start-status',
      'http/send/headers-in-order',
      'http/send/body-concatenated',
      'http/send/completes',
      'http/send/set-cookie-separate',
      'http/send/content-encoding-kept',
      EXACT,
      'wire/rfc9113/response-framing',
      LENGTH,
      'wire/rfc9113/status-pseudo-header',
      'wire/rfc9113/frame-size-sent',
      'wire/rfc9113/field-block-contiguous',
      'wire/rfc9113/field-block-decodable',
    ],
    program: fc.record({
      path: arbitrary.path,
      plan: arbitrary.responsePlan.map(withFewLines),
      // RFC 9110 §5.5: obs-text, which is for nobody on the way to decode.
      beyond: fc.constantFrom('\xe9', '\xc3\xa9', 'a\xff\x80z'),
      turns: fc.nat(2),
    }),
    async run(trial, { path, plan, beyond, turns }) {
      const client = await openHttp2(trial)
      // The fields of a second response may be sent as indices to the first.
      for (let turn = 0; turn <= turns; turn += 1) {
        const { exchange, stream } = await serve(trial, client, h2.get(path))
        const outcomes = await exchange.respond(plan)
        const raised = outcomes.find((outcome) => outcome.raised !== null)?.raised
        const accepted = raised === undefined
        trial.check('http/send/completes', accepted, 'send() accepts a correct response', () =>
          show(raised?.chain.join(' < ')),
        )
        const answered = await exchange.response()
        const whole = answered?.complete === true
        trial.check('http/send/completes', whole, 'a complete response', () =>
          answered === null ? describeEnd(client, stream) : 'a truncated one',
        )
        if (answered !== null) judgeLength(trial.check.bind(trial), answered)
      }
      const { exchange } = await serve(trial, client, h2.get(path))
      // What comes of such a value is judged by its own clause alone.
      exchange.misused = true
      const headers = [['x-beyond', beyond] as const]
      const outcomes = await exchange.respond({ status: 200, headers, body: ['ok'] })
      if (outcomes.some(({ raised }) => raised !== null)) return
      const answered = await exchange.response()
      if (answered === null) return
      const seen = valuesOf(answered, 'x-beyond')
      const same = seen.length === 1 && seen[0] === beyond
      trial.check(EXACT, same, show(binary(beyond)), () => JSON.stringify(seen))
    },
  }),
  http2Property({
    id: LENGTH,
    law: 'a response shorter than its content-length is not ended as if it were whole',
    clauses: [LENGTH],
    enough: 30,
    program: fc.record({
      announced: fc.integer({ min: 2, max: 40 }),
      share: fc.nat(999),
      /** The end comes by itself, in an event without content. */
      apart: fc.boolean(),
    }),
    async run(trial, { announced, share, apart }) {
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, h2.get('/'))
      exchange.misused = true
      const content = 'x'.repeat(Math.floor((announced * share) / 1000))
      const headers = [['content-length', String(announced)] as const]
      await exchange.send(startMessage({ status: 200, headers }))
      if (apart) await exchange.send(bodyMessage(content, true))
      const { raised } = await exchange.send(bodyMessage(apart ? '' : content, false))
      if (raised === null) await exchange.app.return()
      else await exchange.app.reraise()
      const answered = await exchange.response(LENGTH)
      const [told] = answered?.complete === true ? valuesOf(answered, 'content-length') : []
      trial.check(
        LENGTH,
        told === undefined || Number(told) === answered?.body.length,
        'no end of the stream before the content that was announced',
        () => `the end of the stream after ${answered?.body.length} of ${told} bytes`,
      )
    },
  }),
  http2Property({
    id: 'wire/rfc9113/names-lowercase',
    law: 'whatever case the application gives to a header name, it is in lower case on the wire',
    clauses: ['wire/rfc9113/names-lowercase'],
    enough: 20,
    program: fc.record({
      name: fc.constantFrom('X-One', 'x-Two', 'ETag', 'Content-Language', 'Set-Cookie'),
      value: arbitrary.word,
    }),
    async run(trial, { name, value }) {
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, h2.get('/'))
      // Names are the application's to write in lower case (www.rst): a server may refuse them too.
      exchange.misused = true
      await exchange.respond({ status: 200, headers: [[name, value]], body: ['ok'] })
      await exchange.response()
    },
  }),
  http2Property({
    id: NO_CONNECTION_FIELDS,
    law: 'fields about the connection, Transfer-Encoding among them, never reach a client of HTTP/2',
    clauses: [NO_CONNECTION_FIELDS, 'http/send/transfer-encoding-ignored'],
    enough: 60,
    program: fc.record({
      field: fc.constantFrom(
        ['transfer-encoding', 'chunked'] as const,
        ['connection', 'close'] as const,
        ['connection', 'keep-alive'] as const,
        ['keep-alive', 'timeout=5'] as const,
        ['proxy-connection', 'keep-alive'] as const,
        ['upgrade', 'h2c'] as const,
      ),
      others: arbitrary.responseFields,
    }),
    async run(trial, { field, others }) {
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, h2.get('/'))
      exchange.misused = true
      const headers = [...others, field]
      const outcomes = await exchange.respond({ status: 200, headers, body: ['content'] })
      const answered = await exchange.response()
      const named = (answered?.headers ?? []).filter(([name]) => CONNECTION_FIELDS.has(name))
      trial.check(NO_CONNECTION_FIELDS, named.length === 0, 'no such field', () =>
        JSON.stringify(named),
      )
      if (field[0] !== 'transfer-encoding') return
      const served = answered?.complete === true && answered.body.toString('latin1') === 'content'
      trial.check(
        'http/send/transfer-encoding-ignored',
        served && named.length === 0,
        'the response as if the application had not sent Transfer-Encoding',
        () =>
          outcomes.find(({ raised }) => raised !== null)?.raised?.chain[0] ??
          (answered === null ? 'no response' : show(answered.body)),
      )
    },
  }),
  http2Property({
    id: 'http/send/http2-bodiless',
    law: 'responses to HEAD, and 204 and 304 to anything, have no content over HTTP/2 either',
    clauses: [
      'wire/rfc9110/head-no-content',
      'wire/rfc9110/204-no-content',
      'wire/rfc9110/304-no-content',
      'wire/rfc9110/no-content-length-in-204',
      'http/send/completes',
    ],
    enough: 40,
    program: fc.record({
      kind: fc.constantFrom(
        { method: 'HEAD', status: 200, clause: 'wire/rfc9110/head-no-content' },
        { method: 'GET', status: 204, clause: 'wire/rfc9110/204-no-content' },
        { method: 'GET', status: 304, clause: 'wire/rfc9110/304-no-content' },
      ),
      content: fc.string({ maxLength: 20, unit: 'binary-ascii' }),
      sized: fc.boolean(),
      /** Only the length of the content is told, and none of it given. */
      omits: fc.boolean(),
      /** So many empty pieces come first, each when the one before it has had its effect. */
      ahead: fc.nat(2),
    }),
    async run(trial, { kind: { method, status, clause }, content, sized, omits, ahead }) {
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, { ...h2.get('/'), method })
      exchange.misused = content.length > 0 || sized
      const headers = sized ? [['content-length', String(content.length)] as const] : []
      await exchange.send(startMessage({ status, headers }))
      for (let piece = 0; piece < ahead; piece += 1) {
        const { raised } = await exchange.send(bodyMessage('', true))
        trial.check('http/send/completes', raised === null, 'send() that returns', () =>
          show(raised?.text),
        )
        await trial.iut.settle()
      }
      const { raised } = await exchange.send(bodyMessage(omits ? '' : content, false))
      // A length with 204, and content with 304, are mistakes of the application.
      const correct = status === 200 || (status === 304 && omits)
      const accepted = raised === null || !correct
      trial.check('http/send/completes', accepted, 'send() that returns', () => show(raised?.text))
      await exchange.app.return()
      const answered = await exchange.response()
      const empty = answered === null || answered.body.length === 0
      trial.check(clause, empty, 'no content', () => show(answered?.body))
      if (status !== 204 || answered === null) return
      const lengths = valuesOf(answered, 'content-length')
      trial.check(
        'wire/rfc9110/no-content-length-in-204',
        lengths.length === 0,
        'no content-length',
        () => lengths.join(', '),
      )
    },
  }),
  http2Property({
    id: 'http/send/http2-body-flushed',
    law: 'what a body message holds is on the wire before the next message is sent',
    clauses: ['http/send/body-flushed'],
    enough: 30,
    program: fc.record({ first: fc.string({ minLength: 1, maxLength: 30, unit: 'binary-ascii' }) }),
    async run(trial, { first }) {
      const client = await openHttp2(trial)
      const { exchange, stream } = await serve(trial, client, h2.get('/'))
      await exchange.send(startMessage({ status: 200 }))
      await exchange.send(bodyMessage(first, true))
      const arrived = (): boolean => stream.assembly.content.toString('latin1') === first
      await trial.iut.within(
        client.until(() => arrived() || stream.over),
        'http/send/body-flushed',
        'the first part of the content',
      )
      trial.check('http/send/body-flushed', arrived(), show(first), () =>
        show(stream.assembly.content),
      )
      await exchange.send(bodyMessage('rest', false))
      await exchange.app.return()
      await exchange.response()
    },
  }),
  http2Property({
    id: 'asgi/error/http2-app-exception',
    law: 'an application that raises ends its stream with an error, and no other on the connection',
    clauses: ['asgi/error/app-exception-terminates'],
    enough: 16,
    program: fc.record({
      progress: fc.constantFrom('before start' as const, 'in the content' as const),
      exception: fc.constantFrom('RuntimeError' as const, 'ValueError' as const),
    }),
    async run(trial, { progress, exception }) {
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, h2.get('/'))
      exchange.misused = true
      if (progress === 'in the content') {
        await exchange.send(startMessage({ status: 200 }))
        await exchange.send(bodyMessage('begun', true))
      }
      await exchange.app.raise(exception)
      const answered = await exchange.response('asgi/error/app-exception-terminates')
      const honest = answered === null || !answered.complete || answered.status >= 500
      trial.check(
        'asgi/error/app-exception-terminates',
        honest,
        'an error status, or a stream that is reset',
        () => `a complete response with status ${answered?.status}`,
      )
    },
  }),
]

/** RFC 9110 §5.3: only a field that is a list may be repeated; these are not, or hardly ever are. */
const SINGLE: ReadonlySet<string> = new Set(['etag', 'content-encoding'])

/** Lines of one name: what a server loses or sorts of three, it does of two. */
const MOST_LINES = 2

function withFewLines(plan: ResponsePlan): ResponsePlan {
  const seen = new Map<string, number>()
  const headers = (plan.headers ?? []).filter(([name]) => {
    const lines = (seen.get(name) ?? 0) + 1
    seen.set(name, lines)
    return name === 'set-cookie' || lines <= (SINGLE.has(name) ? 1 : MOST_LINES)
  })
  return { ...plan, headers }
}

/** RFC 9113 §8.1.1; a response without the field has nothing to say about it. */
function judgeLength(
  check: (clause: string, holds: boolean, expected: string, observed: () => string) => boolean,
  { headers }: WireResponse,
): void {
  if (!headers.some(([name]) => name === 'content-length')) return
  check(LENGTH, true, '', String)
}
