import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import {
  contentOf,
  type HttpRequest,
  type RequestBody,
  serialize,
  serializeBody,
} from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

const OK = { status: 200, body: ['ok'] }

/** More than a server reads ahead for an application that does not ask: part of it waits in the kernel. */
const unreadable = fc
  .constantFrom(100_000, 300_000)
  .map((length): RequestBody => ({ framing: 'content-length', content: 'x'.repeat(length) }))

/** www.rst, "Request - receive event": the content arrives once, in order, without its framing. */
export const receiveBody: readonly Property[] = [
  exchangeProperty({
    id: 'http/receive/body-bytes',
    law: "a request's content arrives once, in order, whatever the segmentation, before the response and within it",
    clauses: ['http/receive/request-event', 'http/receive/body-bytes', 'http/receive/more-body'],
    program: fc.record({
      content: arbitrary.content,
      cuts: arbitrary.cutShares,
      begun: fc.boolean(),
      method: fc.constantFrom('POST', 'POST', 'PUT', 'GET'),
      version: fc.constantFrom('1.1' as const, '1.1' as const, '1.0' as const),
    }),
    async run(trial, { content, cuts, begun, method, version }) {
      const request = { ...post({ framing: 'content-length', content }), method, version }
      await readBack(trial, 'http/receive/body-bytes', request, cuts, begun)
    },
  }),
  exchangeProperty({
    id: 'http/receive/dechunked',
    law: 'a chunked body reaches the application as the plain content of its chunks',
    clauses: ['http/receive/dechunked'],
    program: fc.record({ body: arbitrary.chunkedBody, cuts: arbitrary.cutShares }),
    async run(trial, { body, cuts }) {
      await readBack(trial, 'http/receive/dechunked', post(body), cuts)
    },
  }),
  exchangeProperty({
    id: 'http/receive/many-chunks',
    law: 'content of thousands of chunks, each of one octet, reaches the application whole',
    clauses: ['http/receive/dechunked'],
    // Some servers make an event of each chunk.
    enough: 2,
    program: fc.record({ chunks: fc.constantFrom(9000, 1000) }),
    async run(trial, { chunks }) {
      const body = {
        framing: 'chunked',
        chunks: Array.from({ length: chunks }, () => 'x'),
      } as const
      const request = post(body)
      const { served, refused } = await trial.attempt(request)
      trial.check(
        'http/receive/dechunked',
        served !== null,
        `a scope for a request of ${chunks} chunks`,
        () => (refused === null ? '' : describeRefusal(refused)),
      )
      if (served !== null) await judgeContent(trial, 'http/receive/dechunked', request, served)
    },
  }),
  exchangeProperty({
    id: 'http/receive/framing-twins',
    law: 'Content-Length and chunked framing of the same content give the application the same content',
    clauses: ['http/receive/dechunked', 'http/receive/body-bytes'],
    program: fc.array(fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }), {
      maxLength: 4,
    }),
    async run(trial, parts) {
      const content = parts.join('')
      await readBack(
        trial,
        'http/receive/body-bytes',
        post({ framing: 'content-length', content }),
        [],
      )
      await readBack(
        trial,
        'http/receive/dechunked',
        post({ framing: 'chunked', chunks: parts }),
        [],
      )
    },
  }),
  exchangeProperty({
    id: 'http/receive/streamed',
    law: 'content that has arrived is delivered before the rest, and the rest after it',
    clauses: ['http/receive/more-body', 'http/receive/body-bytes'],
    program: fc.record({
      body: fc
        .oneof(arbitrary.sizedBody, arbitrary.chunkedBody)
        .filter((body) => contentOf(body).length > 1),
      share: fc.integer({ min: 1, max: 999 }),
    }),
    async run(trial, { body, share }) {
      const request = post(body)
      const { channel, exchange, adopt } = await trial.openEarly(request)
      const bytes = binary(serializeBody(body))
      const cut = Math.min(bytes.length - 1, Math.max(1, Math.floor((bytes.length * share) / 1000)))
      channel.wire.write(bytes.subarray(0, cut))
      if (exchange === null) {
        channel.wire.write(bytes.subarray(cut))
        await answerWhole(await adopt())
        return
      }
      exchange.sent = contentOf(body)
      const first = exchange.receive()
      await trial.iut.settle()
      exchange.requestComplete = true
      channel.wire.write(bytes.subarray(cut))
      const event = await first
      if (event['more_body'] === true) await exchange.readBody()
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/receive/untouched-body',
    law: 'an application that never reads the content can still answer, and the next request is served',
    clauses: ['http/scope/one-per-request', 'wire/rfc9112/persistence'],
    program: fc.record({ body: fc.oneof(arbitrary.body, unreadable), next: arbitrary.path }),
    async run(trial, { body, next }) {
      const channel = await trial.connect()
      const exchange = await trial.open(post(body), { channel })
      await exchange.respond(OK)
      await exchange.response()
      const { reader } = channel.wire
      trial.check(
        'http/scope/one-per-request',
        reader.surplus.length === 0,
        'one response to one request',
        () => `after it, ${show(reader.surplus)}`,
      )
      if (!channel.wire.usable) return
      const { served, refused } = await trial.attempt(
        { ...post({ framing: 'none' }), target: next },
        { channel },
      )
      // Closing instead of reading content that nobody wants is allowed (RFC 9112 §9.3).
      if (refused !== null && refused.response === null) return
      trial.check('http/scope/one-per-request', served !== null, 'the next request served', () =>
        refused === null ? '' : describeRefusal(refused),
      )
      if (served === null) return
      await served.respond(OK)
      await served.response()
    },
  }),
]

async function answerWhole(exchange: Exchange): Promise<void> {
  await exchange.readBody()
  await exchange.respond(OK)
  await exchange.response()
}

function post(body: RequestBody): HttpRequest {
  return { method: 'POST', target: '/body', version: '1.1', headers: [], body }
}

async function readBack(
  trial: Trial,
  clause: string,
  request: HttpRequest,
  shares: readonly number[],
  /** The response begins before the content is received. */
  begun = false,
): Promise<void> {
  const cuts = arbitrary.cutsOf(shares, serialize(request).length)
  const fresh = request.version === '1.0'
  // RFC 9110 §9.3.1: content of a GET may "lead some implementations to reject the request".
  const { served: exchange } =
    request.method === 'GET'
      ? await trial.attempt(request, { cuts, fresh })
      : { served: await trial.open(request, { cuts, fresh }) }
  if (exchange !== null) await judgeContent(trial, clause, request, exchange, begun)
}

/** Answers once the content is received, or before it and with the rest after it. */
async function judgeContent(
  trial: Trial,
  clause: string,
  request: HttpRequest,
  exchange: Exchange,
  begun = false,
): Promise<void> {
  if (begun) {
    await exchange.send(startMessage(OK))
    await exchange.send(bodyMessage('o', true))
  }
  const { body, ended } = await exchange.readBody()
  const sent = contentOf(request.body)
  trial.check(
    clause,
    ended === 'complete' && body.equals(sent),
    `${show(sent)}, complete`,
    () => `${show(body)}, ${ended}`,
  )
  if (begun) {
    await exchange.send(bodyMessage('k', false))
    await exchange.app.return()
  } else await exchange.respond(OK)
  await exchange.response()
}
