import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import { binary } from '../../testers/exchange.ts'
import { Silence } from '../../testers/patience.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { claims } from '../../testers/spec-version.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Message, show } from '../../testers/values.ts'
import { describeAnswer, type WebSocketExchange } from '../../websocket/exchange.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { establish, openWebSocket } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** asgi.rst, "Error Handling": unknown types, missing keys, wrong Python types. Each kind is data. */
type Invalid =
  | 'unknown type'
  | 'no type'
  | 'subprotocol as bytes'
  | 'header name as text'
  | 'header value as text'
  | 'neither bytes nor text'
  | 'no key of content'
  | 'bytes alone, None'
  | 'text alone, None'
  | 'reason as bytes'
  | 'bytes and text'
  | 'text as bytes'
  | 'bytes and empty text'
  | 'empty bytes and text'
  | 'bytes as text'
  | 'code as text'

const OPENING: readonly Invalid[] = [
  'unknown type',
  'no type',
  'subprotocol as bytes',
  'header name as text',
  'header value as text',
]
const LATER: readonly Invalid[] = [
  'unknown type',
  'no type',
  'neither bytes nor text',
  'no key of content',
  'bytes alone, None',
  'text alone, None',
  'reason as bytes',
  'bytes and text',
  'bytes and empty text',
  'empty bytes and text',
  'text as bytes',
  'bytes as text',
  'code as text',
]

function invalidMessage(kind: Invalid, word: string): Message {
  switch (kind) {
    case 'unknown type':
      return { type: `websocket.${word}.${word}` }
    case 'no type':
      return { text: word }
    case 'subprotocol as bytes':
      return { type: 'websocket.accept', subprotocol: binary(word) }
    case 'header name as text':
      return { type: 'websocket.accept', headers: [[`x-${word}`, binary(word)]] }
    case 'header value as text':
      return { type: 'websocket.accept', headers: [[binary('x-name'), word]] }
    case 'neither bytes nor text':
      return { type: 'websocket.send', bytes: null, text: null }
    case 'no key of content':
      return { type: 'websocket.send' }
    case 'bytes alone, None':
      return { type: 'websocket.send', bytes: null }
    case 'text alone, None':
      return { type: 'websocket.send', text: null }
    case 'reason as bytes':
      return { type: 'websocket.close', code: 3000, reason: binary(word) }
    case 'bytes and text':
      return { type: 'websocket.send', bytes: binary(word), text: word }
    case 'bytes and empty text':
      return { type: 'websocket.send', bytes: binary(word), text: '' }
    case 'empty bytes and text':
      return { type: 'websocket.send', bytes: binary(''), text: word }
    case 'text as bytes':
      return { type: 'websocket.send', text: binary(word) }
    case 'bytes as text':
      return { type: 'websocket.send', bytes: word }
    case 'code as text':
      return { type: 'websocket.close', code: word }
  }
}

const misuse = fc.oneof(
  fc.record({ kind: fc.constantFrom(...OPENING), open: fc.constant(false), word: http.word }),
  fc.record({ kind: fc.constantFrom(...LATER), open: fc.constant(true), word: http.word }),
)

const OFFERED = 'wire/rfc6455/subprotocol-from-offer'
const ONCE = 'wire/rfc6455/response-fields-once'

const BREAKERS = fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\0')

/** RFC 6455 §4.2.2: a name is another one already in other letters. */
function notOffered(names: readonly string[]): string {
  const other = names.map(swapped).find((name) => !names.includes(name))
  return other ?? 'nobody-offered-it'
}

function swapped(name: string): string {
  return name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()
}

export const sendMisuse: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/send/invalid-event-raises',
    law: 'an invalid event dictionary raises an exception out of send()',
    clauses: ['asgi/error/invalid-event-raises'],
    needs: ['websocket'],
    program: misuse,
    async run(trial, { kind, open, word }) {
      const exchange = open ? await establish(trial) : await openWebSocket(trial)
      exchange.misused = true
      if (!open) await exchange.connect()
      // Before 2.1 headers are an additional key of websocket.accept, with whatever in it.
      if (kind.startsWith('header') && !claims(exchange.scope, '2.1')) return
      // And so is reason of websocket.close before 2.3.
      if (kind.startsWith('reason') && !claims(exchange.scope, '2.3')) return
      // A server that takes it for a close may wait for that of its client.
      if (open)
        void exchange.peer.until(() => exchange.peer.over).then(() => exchange.answerClose())
      const { raised } = await exchange.send(invalidMessage(kind, word))
      trial.check(
        'asgi/error/invalid-event-raises',
        raised !== null,
        `an exception for ${kind}`,
        () => `${show(invalidMessage(kind, word))} was accepted`,
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/send/before-accept',
    law: 'a websocket.send before the accept completes no handshake',
    clauses: ['websocket/connect/before-handshake'],
    needs: ['websocket'],
    program: fc.record({ saying: arbitrary.saying, asks: fc.boolean() }),
    async run(trial, { saying, asks }) {
      const exchange = await openWebSocket(trial)
      exchange.misused = true
      if (asks) await exchange.connect()
      const { raised } = await exchange.send(arbitrary.sendMessage(saying))
      if (raised === null) await exchange.app.return()
      else await exchange.app.reraise()
      const response = await exchange.response('websocket/scope/app-end-closes-socket')
      trial.check(
        'websocket/connect/before-handshake',
        response?.status !== 101,
        'no 101 without websocket.accept',
        () => describeAnswer(response),
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/accept/twice',
    law: 'a second answer to the handshake puts nothing but frames on the wire',
    clauses: ['wire/rfc6455/handshake-response'],
    needs: ['websocket'],
    program: fc.record({
      headers: http.responseFields,
      saying: arbitrary.saying,
      second: fc.constantFrom('an acceptance', 'a response'),
    }),
    async run(trial, { headers, saying, second }) {
      const exchange = await establish(trial)
      const pairs = headers.map(([name, value]) => [binary(name), binary(value)])
      const { raised } =
        second === 'an acceptance'
          ? await exchange.send({ type: 'websocket.accept', headers: pairs })
          : await respond(exchange, pairs)
      if (raised === null) {
        await exchange.send(arbitrary.sendMessage(saying))
        await exchange.app.return()
      } else await exchange.app.reraise()
      await exchange.over('websocket/scope/app-end-closes-socket')
      trial.check(
        'wire/rfc6455/handshake-response',
        inbound(exchange).split('HTTP/1.1 ').length === 2,
        'one 101',
        () => 'an HTTP response on an established connection',
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/accept/split-header',
    law: 'no line break in a header or subprotocol of the accept makes another header line',
    clauses: ['wire/rfc6455/handshake-response-valid'],
    needs: ['websocket'],
    program: fc.record({
      before: http.word,
      breaker: BREAKERS,
      place: fc.constantFrom('name', 'value', 'subprotocol'),
    }),
    async run(trial, { before, breaker, place }) {
      const evil = `${before}${breaker}x-injected: yes`
      const exchange = await openWebSocket(trial)
      exchange.misused = true
      exchange.answersFor = 'wire/rfc6455/handshake-response-valid'
      await exchange.connect()
      const { raised } = await exchange.send(
        place === 'subprotocol'
          ? { type: 'websocket.accept', subprotocol: evil }
          : { type: 'websocket.accept', headers: [evilPair(place, evil)] },
      )
      if (raised === null) await exchange.app.return()
      else await exchange.app.reraise()
      const response = await exchange.response(
        raised === null
          ? 'websocket/accept/completes-handshake'
          : 'asgi/error/app-exception-terminates',
      )
      trial.check(
        'wire/rfc6455/handshake-response-valid',
        response?.headers.some(([name]) => name.toLowerCase() === 'x-injected') !== true,
        'no header that the application did not name',
        () => 'x-injected: yes',
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/subprotocol-from-offer',
    law: 'what an application accepts against the handshake, a subprotocol that nobody offered or a field that is there already, is not in the response',
    clauses: [OFFERED, ONCE, 'wire/rfc6455/extensions-from-offer'],
    needs: ['websocket'],
    enough: 12,
    caseOf: ({ field, names }) => `${field} ${names.length === 0}`,
    program: fc.record({
      names: fc.uniqueArray(arbitrary.subprotocol, { maxLength: 2 }),
      field: fc.constantFrom(null, 'sec-websocket-accept', 'sec-websocket-extensions'),
    }),
    async run(trial, { names, field }) {
      const exchange = await openWebSocket(trial, {
        ...PLAIN,
        subprotocols: names.length === 0 ? [] : [names],
        extensions: ['permessage-deflate'],
      })
      exchange.misused = true
      await exchange.connect()
      const headers = [[binary(field ?? 'x-other'), binary('other')]]
      const { raised } = await exchange.send(
        field === null
          ? { type: 'websocket.accept', subprotocol: notOffered(names) }
          : { type: 'websocket.accept', headers },
      )
      if (raised !== null) await exchange.app.reraise()
      // Nothing says what becomes of such an acceptance: it may be answered by nothing at all.
      const response = await exchange.response(OFFERED).catch((error: unknown) => {
        if (error instanceof Silence) return null
        throw error
      })
      const told = response?.status === 101 ? response : null
      if (field === null) {
        const named = told === null ? [] : valuesOf(told, 'sec-websocket-protocol')
        const offered = named.every((name) => names.includes(name))
        trial.check(OFFERED, offered, `one of ${JSON.stringify(names)}`, () => named.join(', '))
        return
      }
      // Extensions may be split over several lines (§4.2.2); that they are from the offer is judged with every handshake.
      if (field === 'sec-websocket-extensions') return
      const lines = told === null ? [] : valuesOf(told, field)
      trial.check(ONCE, lines.length < 2, `${field} once`, () => lines.join(' | '))
    },
  }),
  exchangeProperty({
    id: 'websocket/close/unsendable',
    law: 'a code or reason that no Close frame can hold never reaches the wire, and the connection ends',
    clauses: [
      'wire/rfc6455/reserved-codes-not-sent',
      'wire/rfc6455/codes-below-1000',
      'wire/rfc6455/close-reason-utf8',
      'wire/rfc6455/control-frame-length',
    ],
    needs: ['websocket'],
    program: fc.oneof(
      fc.record({
        code: fc.constantFrom(1005, 1006, 1015, 0, 999, -1, 65_536, 66_536),
        reason: arbitrary.closeReason,
      }),
      fc.record({
        code: fc.constantFrom(1000, 3000),
        reason: fc
          .tuple(fc.constantFrom('x', 'é', '€', '𝄞'), fc.integer({ min: 124, max: 200 }))
          .map(([pattern, count]) => pattern.repeat(count)),
      }),
    ),
    async run(trial, { code, reason }) {
      const exchange = await establish(trial)
      exchange.misused = true
      const sending = exchange.send({ type: 'websocket.close', code, reason })
      const refused = sending.then(async ({ raised }) => {
        if (raised !== null) await exchange.app.reraise()
        return await exchange.over('asgi/error/app-exception-terminates')
      })
      refused.catch(() => undefined)
      await Promise.race([exchange.over('websocket/close/code'), refused])
      exchange.answerClose()
      judgeSendable(trial, exchange)
    },
  }),
]

/** Denies what was accepted: the extension has both messages (extensions.rst, "Websocket Denial Response"). */
async function respond(
  exchange: WebSocketExchange,
  headers: readonly (readonly Buffer[])[],
): Promise<Outcome> {
  const type = 'websocket.http.response'
  const started = await exchange.send({ type: `${type}.start`, status: 403, headers })
  if (started.raised !== null) return started
  return await exchange.send({ type: `${type}.body`, body: binary('denied') })
}

/** A correct Close frame may still come, or none; its defects are judged with every program. */
function judgeSendable(trial: Trial, exchange: WebSocketExchange): void {
  for (const clause of [
    'wire/rfc6455/reserved-codes-not-sent',
    'wire/rfc6455/codes-below-1000',
    'wire/rfc6455/close-reason-utf8',
    'wire/rfc6455/control-frame-length',
  ]) {
    const broken = exchange.peer.reader.defects.some((defect) => defect.clause === clause)
    if (!broken) trial.check(clause, true, '', () => '')
  }
}

function evilPair(place: string, evil: string): readonly [Buffer, Buffer] {
  return place === 'name' ? [binary(evil), binary('v')] : [binary('x-name'), binary(evil)]
}

/** All that the server has put on the wire, as a binary string. */
function inbound({ channel }: WebSocketExchange): string {
  const parts = channel.wire.events.filter(({ direction }) => direction === 'in')
  return Buffer.concat(parts.map(({ bytes }) => bytes)).toString('latin1')
}
