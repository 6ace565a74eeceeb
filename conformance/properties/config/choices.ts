import fc from 'fast-check'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import { http, serialize, serializeBody } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { offers } from '../extension/announced.ts'
import { LATE_MESSAGES, type LateMessage } from '../http/late-messages.ts'
import { openEither } from '../http2/either-version.ts'
import { pairsOf } from '../http2/scope.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { takesHalf } from './flood.ts'
import {
  halfClosed,
  halfDenied,
  judgeHalfClosed,
  judgeHalfDenied,
  judgeUnanswered,
  type Leaving,
  leaving,
  unanswered,
} from './web-socket-choices.ts'

const HALF_CLOSE = 'config/half-close'
const CUT_SHORT = 'config/cut-short-visibly'
const STATUS = 'config/application-error-status'
const WAITS = 'config/unread-content-waits'
const LATE = 'config/late-messages-ignored'
const HINT = 'http.response.early_hint'
const AUTHORITY = 'config/absolute-form-host'

/** What a server promises where the specification leaves it a choice. */
export const choices: readonly Property[] = [
  exchangeProperty({
    id: HALF_CLOSE,
    law: 'a client that has ended its side gets its responses; an application that asks is told of a disconnect, and sends no more',
    clauses: [HALF_CLOSE],
    needs: ['http/1.1', 'documented/half-close'],
    program: fc.oneof(
      fc.record({
        of: fc.constant('requests' as const),
        asks: fc.boolean(),
        content: fc.constantFrom('', 'content'),
        behind: fc.nat(2),
      }),
      halfClosed,
    ),
    async run(trial, program) {
      if (program.of === 'a handshake') return await judgeHalfClosed(trial, program)
      const { asks, content, behind } = program
      const channel = await trial.connect()
      const requests = Array.from({ length: behind + 1 }, () =>
        trial.mark(http.post('/', content), channel),
      )
      for (const { method } of requests) channel.wire.reader.expect(method)
      channel.wire.write(Buffer.concat(requests.map(serialize)))
      if (!asks) channel.wire.end()
      for (const [index, request] of requests.entries()) {
        const exchange = await trial.adopt(request, channel, HALF_CLOSE)
        await exchange.readBody()
        if (channel.wire.usable) {
          channel.wire.end()
          await trial.iut.settle(2)
        }
        if (asks && index === behind) await judgeTold(trial, exchange)
        else await judgeAnswered(trial, exchange, `response ${index + 1} of ${requests.length}`)
      }
    },
  }),
  exchangeProperty({
    id: LATE,
    law: 'whatever is sent after a complete response is ignored: send() returns',
    clauses: [LATE],
    needs: ['http/1.1', 'documented/late-messages-ignored'],
    program: fc.record({
      late: fc.array(fc.constantFrom<LateMessage>('body', 'body and more', 'start', 'trailers'), {
        minLength: 1,
        maxLength: 3,
      }),
      content: fc.constantFrom('', 'content'),
      to: fc.constantFrom('a request', 'a request over HTTP/2', 'content that does not come'),
    }),
    async run(trial, { late, content, to }) {
      const unfinished = to === 'content that does not come'
      const exchange = unfinished
        ? (await trial.openEarly(http.post('/', 'content'))).exchange
        : await openEither(trial, to === 'a request over HTTP/2')
      // A server may call its application when the content is there.
      if (exchange === null) return
      await exchange.send(startMessage({ status: 200 }))
      await exchange.send(bodyMessage(content, false))
      await exchange.response()
      exchange.misused = true
      if (unfinished) {
        exchange.clientLeft = true
        exchange.channel.wire.reset()
        await trial.iut.settle(2)
      }
      for (const name of late) {
        const { raised } = await exchange.send(LATE_MESSAGES[name])
        trial.check(LATE, raised === null, 'send() that returns', () => show(raised?.text))
      }
      await exchange.app.return()
    },
  }),
  exchangeProperty({
    id: AUTHORITY,
    law: 'the authority of a target in absolute form is the one host that the application is told',
    clauses: [AUTHORITY],
    needs: ['http/1.1', 'documented/absolute-form-host'],
    program: fc.record({
      authority: fc.constantFrom('a.test', 'a.test:8080', '192.0.2.7', '[2001:db8::1]:81'),
      host: fc.constantFrom('b.test', 'a.test', 'b.test:8080'),
      ahead: fc.nat(2),
    }),
    async run(trial, { authority, host, ahead }) {
      const before = Array.from({ length: ahead }, (_, index) => [`x-${index}`, '1'] as const)
      const headers = [...before, ['Host', host] as const]
      const request = { ...http.get(`http://${authority}/`), headers }
      const exchange = await trial.open(request, { fresh: true })
      // What the application is told of the Host field is judged here.
      exchange.misused = true
      const told = pairsOf(exchange.scope['headers']).filter(([name]) => name === 'host')
      const holds = told.length === 1 && told[0]?.[1] === authority
      trial.check(AUTHORITY, holds, `host: ${authority}`, () => show(exchange.scope['headers']))
      await exchange.respond({ status: 204 })
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: CUT_SHORT,
    law: 'a response that its application leaves unfinished looks unfinished to its client, in every framing',
    clauses: [CUT_SHORT],
    needs: ['http/1.1', 'documented/cut-short-visibly'],
    program: fc.oneof(
      fc.record({
        of: fc.constant('a response' as const),
        how: leaving,
        version: fc.constantFrom('1.0', '1.1', '2'),
        keepAlive: fc.boolean(),
        sized: fc.boolean(),
      }),
      halfDenied,
    ),
    async run(trial, program) {
      if (program.of === 'a denial') return await judgeHalfDenied(trial, program)
      if (program.version === '2') return await judgeCutStream(trial, program)
      const { how, version, keepAlive, sized } = program
      const asked = keepAlive ? [['Connection', 'keep-alive'] as const] : []
      const { headers: fields, ...request } = http.get('/')
      const exchange = await trial.open(
        { ...request, version, headers: [...fields, ...asked] },
        { fresh: true },
      )
      exchange.misused = true
      const { wire } = exchange.channel
      const headers = sized ? [['content-length', '9'] as const] : []
      await exchange.send(startMessage({ status: 200, headers }))
      await exchange.send(bodyMessage('half', true))
      await (how === 'return' ? exchange.app.return() : exchange.app.raise(how))
      await trial.iut.within(wire.closed, CUT_SHORT, 'the end of the connection')
      const response = await exchange.response(CUT_SHORT)
      // Without a length HTTP/1.0 has nothing but a reset to say it with.
      if (version === '1.0' && !sized && !wire.hasReset) return
      trial.check(
        CUT_SHORT,
        response?.complete !== true || wire.closing === 'reset',
        `a response to HTTP/${version} that is visibly cut short`,
        () => 'one that ends like a whole one',
      )
    },
  }),
  exchangeProperty({
    id: STATUS,
    law: 'an application that ends before a byte of its answer has left is answered for with 500',
    clauses: [STATUS],
    needs: ['http/1.1', 'documented/application-error-status'],
    program: fc.oneof(
      fc.record({
        of: fc.constantFrom('a request' as const),
        how: leaving,
        /** An interim response has left: it is none of its answer. */
        hinted: fc.boolean(),
        begun: fc.boolean(),
      }),
      unanswered,
    ),
    async run(trial, program) {
      if (program.of === 'a handshake') return await judgeUnanswered(trial, program)
      const { how, hinted, begun } = program
      const exchange = await trial.open(http.get('/'), { fresh: true })
      exchange.misused = true
      if (hinted && offers(exchange.scope, HINT))
        await exchange.send({ type: HINT, links: [binary('</style.css>; rel=preload')] })
      if (begun) await exchange.send(startMessage({ status: 200 }))
      await (how === 'return' ? exchange.app.return() : exchange.app.raise(how))
      const response = await exchange.response(STATUS)
      const whole = response?.status === 500 && response.complete
      trial.check(STATUS, whole, 'a whole response of status 500', () => String(response?.status))
    },
  }),
  exchangeProperty({
    id: WAITS,
    law: 'a client whose content nobody receives has to wait with most of it',
    clauses: [WAITS],
    needs: ['http/1.1', 'documented/unread-content-waits'],
    enough: 1,
    program: fc.record({ mebibytes: fc.constantFrom(32, 48), chunked: fc.boolean() }),
    async run(trial, { mebibytes, chunked }) {
      const piece = 'x'.repeat(2 ** 20)
      const content = piece.repeat(mebibytes)
      const body = chunked
        ? ({ framing: 'chunked', chunks: Array.from({ length: mebibytes }, () => piece) } as const)
        : ({ framing: 'content-length', content } as const)
      const { channel, adopt, exchange } = await trial.openEarly({ ...http.post('/', ''), body })
      const { wire } = channel
      wire.write(binary(serializeBody(body)))
      const own = exchange ?? (await adopt())
      own.misused = true
      const taken = await takesHalf(trial.iut, () => wire.unsent)
      trial.check(
        WAITS,
        !taken,
        'a client that is held up',
        () => `${mebibytes} MiB taken, all but ${wire.unsent} bytes`,
      )
      own.clientLeft = true
      wire.reset()
      await own.app.return()
    },
  }),
]

/** RFC 9113 §8.1: a response is whole when END_STREAM has come, and only a reset tells otherwise. */
async function judgeCutStream(trial: Trial, { how }: { readonly how: Leaving }): Promise<void> {
  const exchange = await openEither(trial, true)
  exchange.misused = true
  await exchange.send(startMessage({ status: 200 }))
  await exchange.send(bodyMessage('half', true))
  await (how === 'return' ? exchange.app.return() : exchange.app.raise(how))
  const response = await exchange.response(CUT_SHORT)
  trial.check(
    CUT_SHORT,
    response?.complete !== true,
    'a stream that is visibly cut short',
    () => 'one that ends like a whole one',
  )
}

/** The client has ended its side, and reads on. */
async function judgeAnswered(trial: Trial, exchange: Exchange, which: string): Promise<void> {
  await exchange.respond({ status: 200, body: ['still', ' there'] })
  const response = await exchange.response(HALF_CLOSE)
  const whole = response?.complete === true && response.body.toString() === 'still there'
  trial.check(HALF_CLOSE, whole, `the whole ${which}`, () => show(response?.body))
}

/** The client has ended its side, and the application asks. */
async function judgeTold(trial: Trial, exchange: Exchange): Promise<void> {
  exchange.clientLeft = true
  const event = await exchange.receive(HALF_CLOSE)
  const told = event['type'] === 'http.disconnect'
  trial.check(HALF_CLOSE, told, 'http.disconnect', () => show(event))
  const { raised } = await exchange.send(startMessage({ status: 200 }))
  trial.check(HALF_CLOSE, raised !== null, 'send() raises from then on', () => 'it returned')
  await exchange.app.return()
}
