import fc from 'fast-check'
import type { Channel } from '../../testers/channel.ts'
import {
  binary,
  bodyMessage,
  bodyMessages,
  type Exchange,
  startMessage,
} from '../../testers/exchange.ts'
import { Silence } from '../../testers/patience.ts'
import { type HttpRequest, http, serializeBody } from '../../testers/request.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeSaysClose } from './closing.ts'

/** RFC 9110 §10.1.1: "The Expect field value is case-insensitive." */
const expectation = fc.constantFrom('100-continue', '100-Continue', '100-CONTINUE')

/** RFC 9110 §10.1.1: `Expect = #expectation`; whoever reads a list ignores its empty elements (§5.6.1.2). */
const listed = fc.constantFrom('100-continue, 100-continue', '100-continue,100-Continue')

const WITHHELD = 'wire/rfc9110/expect-100-not-withheld'
const UNREAD = 'wire/rfc9110/expect-final-says-close'

/** RFC 9110 §10.1.1: a client that waits for 100 (Continue) before it sends content. */
export const expect: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9110/expect-100',
    law: 'a client that waits for 100 (Continue) gets it, or a final response, and its content is read',
    clauses: ['wire/rfc9110/expect-100', WITHHELD, 'wire/rfc9110/expect-100-final', UNREAD],
    program: fc.record({
      asked: fc.record({
        content: fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }),
        read: fc.boolean(),
        atOnce: fc.boolean(),
        value: expectation,
        chunked: fc.boolean(),
      }),
      /** Another request of the connection was invited before. */
      again: fc.boolean(),
    }),
    async run(trial, { asked, again }) {
      const channel = await trial.connect()
      if (again) await expecting(trial, channel, { ...asked, read: true })
      if (channel.wire.usable) await expecting(trial, channel, asked)
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/expect-100-in-list',
    law: 'a client is invited also where its expectation is one of a list, as Expect is one',
    clauses: ['wire/rfc9110/expect-100-in-list', 'wire/rfc9110/expect-100-final'],
    program: fc.record({ value: listed }),
    async run(trial, { value }) {
      const content = 'content'
      const clause = 'wire/rfc9110/expect-100-in-list'
      const request = http.post('/', content, [['Expect', value]])
      const { channel, exchange: early, adopt } = await trial.openEarly(request)
      const { wire } = channel
      const waiting = early?.receive()
      waiting?.catch(() => undefined)
      await trial.iut.within(interim(wire), clause, '100 (Continue), or a final response')
      const { currentInterim, currentHead } = wire.reader
      const status = currentInterim[0]?.status ?? currentHead?.status ?? null
      // A final status that takes the place of an invitation is as good, and so is a close (RFC 9112 §9.5).
      const invites = status === 100
      trial.check(clause, invites || status === null || status >= 200, '100 (Continue)', () =>
        String(status),
      )
      if (!invites) return
      if (early !== null) {
        early.sent = binary(content)
        early.requestComplete = true
      }
      wire.write(binary(content))
      const first = await waiting
      const exchange = early ?? (await adopt())
      if (first === undefined || first['more_body'] === true) await exchange.readBody()
      await exchange.respond({ status: 200, body: ['ok'] })
      concluded(trial, await exchange.response('wire/rfc9110/expect-100-final'))
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/expect-100-http10',
    law: 'no interim response is sent to an HTTP/1.0 client, whatever it expects',
    clauses: ['wire/rfc9110/expect-100-http10', 'wire/rfc9110/no-1xx-to-http10'],
    program: fc.record({
      content: fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }),
      value: expectation,
      /** The content comes when the application waits for it: a server could still invite it. */
      apart: fc.boolean(),
    }),
    async run(trial, { content, value, apart }) {
      const request = {
        ...http.post('/', content, [['Expect', value]]),
        version: '1.0' as const,
      }
      const served = apart
        ? await awaitingContent(trial, request, content)
        : (await trial.attempt(request, { fresh: true })).served
      if (served === null) return
      if (!apart) await served.readBody()
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
    id: 'wire/rfc9110/expect-100-final/begun',
    law: 'an application that has begun its response may still read the content: no interim response gets into the final one',
    clauses: ['wire/rfc9110/expect-100-final'],
    program: fc.record({
      content: fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }),
      sized: fc.boolean(),
      /** A server need not flush the start before there is a body. */
      part: fc.boolean(),
      value: expectation,
    }),
    async run(trial, { content, sized, part, value }) {
      const clause = 'wire/rfc9110/expect-100-final'
      const request = http.post('/', content, [['Expect', value]])
      const { channel, exchange: early, adopt } = await trial.openEarly(request)
      if (early === null) channel.wire.write(binary(content))
      const exchange = early ?? (await adopt())
      const headers = sized ? [['content-length', '2'] as const] : []
      await exchange.send(startMessage({ status: 200, headers }))
      if (part) await exchange.send(bodyMessage('o', true))
      const asked = exchange.app.receive().catch(() => null)
      await trial.iut.settle()
      if (early !== null && channel.wire.usable) {
        exchange.sent = binary(content)
        exchange.requestComplete = true
        channel.wire.write(exchange.sent)
      }
      // Who has not invited the content need not take it (RFC 9110 §10.1.1).
      await trial.iut.cameWithinQuiet(asked)
      await exchange.send(bodyMessage(part ? 'k' : 'ok', false))
      await exchange.app.return()
      const response = await exchange.response(clause)
      trial.check(
        clause,
        response?.status === 200 && response.body.toString() === 'ok',
        'the response of the application, and nothing inside it',
        () => `${response?.status} ${show(response?.body)}`,
      )
    },
  }),
]

const REFUSAL = { status: 413, body: ['no'] }

interface Asked {
  readonly content: string
  /** The application wants the content. */
  readonly read: boolean
  /** It returns together with its last message, where it does not want the content; else behind its response. */
  readonly atOnce: boolean
  readonly value: string
  readonly chunked: boolean
}

async function expecting(
  trial: Trial,
  channel: Channel,
  { content, read, atOnce, value, chunked }: Asked,
): Promise<void> {
  const plain = http.post('/', content, [['Expect', value]])
  const request: HttpRequest = chunked
    ? { ...plain, body: { framing: 'chunked', chunks: [content] } }
    : plain
  const bytes = binary(serializeBody(request.body))
  const { exchange, adopt } = await trial.openEarly(request, channel)
  const { wire } = channel
  if (exchange === null) {
    await invited(trial, wire, () => wire.write(bytes))
    const late = await adopt()
    await late.readBody()
    await late.respond({ status: 200, body: ['ok'] })
    concluded(trial, await late.response('wire/rfc9110/expect-100-final'))
    return
  }
  if (!read) {
    exchange.misused = true
    if (atOnce) await exchange.respond(REFUSAL)
    else
      for (const message of [startMessage(REFUSAL), ...bodyMessages(REFUSAL)])
        await exchange.send(message)
    const response = await exchange.response()
    if (!atOnce) await exchange.app.return()
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
  await invited(trial, wire, () => {
    exchange.sent = binary(content)
    exchange.requestComplete = true
    wire.write(bytes)
  })
  const first = await waiting
  if (first['more_body'] === true) await exchange.readBody()
  await exchange.respond({ status: 200, body: ['ok'] })
  concluded(trial, await exchange.response('wire/rfc9110/expect-100-final'))
}

/** An exchange whose application asked for the content before it was sent, where the server lets it. */
async function awaitingContent(
  trial: Trial,
  request: HttpRequest,
  content: string,
): Promise<Exchange> {
  const { channel, exchange, adopt } = await trial.openEarly(request)
  if (exchange === null) {
    channel.wire.write(binary(content))
    const late = await adopt()
    await late.readBody()
    return late
  }
  const waiting = exchange.receive()
  waiting.catch(() => undefined)
  await trial.iut.cameWithinQuiet(interim(channel.wire))
  exchange.sent = binary(content)
  exchange.requestComplete = true
  channel.wire.write(exchange.sent)
  const first = await waiting
  if (first['more_body'] === true) await exchange.readBody()
  return exchange
}

/** Quiet periods in which a server that waited for content invites it when it comes. */
const PERIODS = 4

async function invited(trial: Trial, wire: WireConnection, send: () => void): Promise<void> {
  const clause = 'wire/rfc9110/expect-100'
  const { iut } = trial
  const awaited = '100 (Continue) for the client that waits for it'
  await iut.within(interim(wire), clause, awaited).catch(async (error: unknown) => {
    if (error instanceof Silence && error.doubt === null) {
      send()
      await iut.cameWithinQuiet(interim(wire), PERIODS)
      const held = wire.reader.currentInterim[0]?.status === 100
      trial.check(WITHHELD, !held, '100 (Continue) before any content was sent', () => 'behind it')
    }
    throw error
  })
  const status = wire.reader.currentInterim[0]?.status
  trial.check(clause, status === 100, '100 (Continue)', () => String(status))
  trial.check(WITHHELD, status === 100, '100 (Continue) before any content was sent', () =>
    String(status),
  )
  send()
}

function concluded(trial: Trial, response: WireResponse | null): void {
  trial.check(
    'wire/rfc9110/expect-100-final',
    response === null || response.status >= 200,
    'a final response after the interim one, or a close',
    () => String(response?.status),
  )
}

/** Resolves at the first sign of a response, or of its end. */
export async function interim(wire: WireConnection): Promise<void> {
  while (
    wire.reader.currentInterim.length === 0 &&
    wire.reader.currentHead === null &&
    wire.closing === null
  ) {
    await wire.activity()
  }
}
