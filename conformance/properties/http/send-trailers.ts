import fc from 'fast-check'
import { fieldValue } from '../../arbitraries/http.ts'
import type { Channel } from '../../testers/channel.ts'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import { type HttpRequest, http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { ASKS_TRAILERS, judgeAnnounced, offers } from '../extension/announced.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { LATE_MESSAGES, type LateMessage } from './late-messages.ts'
import { judgeSurplus } from './surplus.ts'

const EXTENSION = 'http.response.trailers'
const FRAMING = 'wire/rfc9112/message-framing'

/** RFC 9110 §10.1.4: TE is a list, and `trailers` one of its members, whatever stands beside it. */
const asking = fc.constantFrom(
  ['trailers'],
  ['trailers'],
  ['trailers, deflate;q=0'],
  ['deflate;q=0, trailers'],
  ['gzip;q=0', 'trailers'],
)

/** www.rst "Response Start" (`trailers`) and extensions.rst "HTTP Trailers". */
export const sendTrailers: readonly Property[] = [
  exchangeProperty({
    id: 'http/send/trailers-awaited',
    law: 'a response that announces trailers is complete only with them, and they reach a client that asked',
    clauses: [
      'http/send/trailers-awaited',
      'extension/trailers/announced',
      'extension/trailers/after-last-body',
      'extension/trailers/headers',
      'extension/trailers/only-with-te',
    ],
    needs: ['http/1.1', 'extension/http.response.trailers'],
    program: fc.record({
      value: fieldValue,
      asked: fc.option(asking, { nil: null }),
      content: fc.string({ maxLength: 10, unit: 'binary-ascii' }),
    }),
    async run(trial, { value, asked, content }) {
      const headers: [string, string][] =
        asked === null
          ? []
          : [...asked.map((line): [string, string] => ['TE', line]), ['Connection', 'TE']]
      const exchange = await trial.open(http.get('/', headers), { fresh: true })
      // A server may announce it to clients that take trailers only: to the others none must go anyway.
      if (asked === null && !offers(exchange.scope, EXTENSION)) {
        await exchange.respond({ status: 200, body: [content] })
        const bare = await exchange.response()
        const none = bare === null || bare.trailers.length === 0
        trial.check('extension/trailers/only-with-te', none, 'no trailers', () => 'trailers')
        return
      }
      judgeAnnounced(trial, exchange, 'extension/trailers/announced', EXTENSION)
      await exchange.send({
        type: 'http.response.start',
        status: 200,
        headers: [[binary('trailer'), binary('x-sum')]],
        trailers: true,
      })
      await exchange.send(bodyMessage(content, false))
      const waiting = exchange.response()
      const early = await trial.iut.cameWithinQuiet(waiting)
      trial.check(
        'http/send/trailers-awaited',
        !early,
        'a response that waits for its trailers',
        () => 'the response was completed without them',
      )
      const sent = await exchange.send({
        type: EXTENSION,
        headers: [[binary('x-sum'), binary(value)]],
      })
      trial.check(
        'extension/trailers/after-last-body',
        sent.raised === null,
        'trailers accepted after the last body',
        () => String(sent.raised?.text),
      )
      await exchange.app.return()
      const response = await waiting
      if (response === null) return
      const seen = response.trailers
        .filter(([name]) => name.toLowerCase() === 'x-sum')
        .map(([, text]) => text)
      const expected = asked === null ? [] : [value]
      const clause =
        asked === null ? 'extension/trailers/only-with-te' : 'extension/trailers/headers'
      trial.check(
        clause,
        JSON.stringify(seen) === JSON.stringify(expected),
        `x-sum trailers ${JSON.stringify(expected)}`,
        () => JSON.stringify(seen),
      )
    },
  }),
  exchangeProperty({
    id: 'http/send/trailers-nowhere',
    law: 'where the framing of a response has no place for trailers they disturb neither its content nor the next response',
    clauses: [FRAMING],
    needs: ['http/1.1', 'extension/http.response.trailers'],
    enough: 16,
    caseOf: ({ place }) => place,
    program: fc.record({
      place: fc.constantFrom('content-length', 'HEAD', '204', '304', 'HTTP/1.0'),
      value: fieldValue,
    }),
    async run(trial, { place, value }) {
      const channel = await trial.connect()
      const exchange = await trial.open(withoutPlace(place), { channel })
      if (!offers(exchange.scope, EXTENSION)) {
        await exchange.respond({ status: 200, body: ['content'] })
        await exchange.response()
        return
      }
      exchange.misused = true
      exchange.answersFor = FRAMING
      const status = place === '204' || place === '304' ? Number(place) : 200
      const content = status === 200 ? 'content' : ''
      const sent = [
        {
          type: 'http.response.start',
          status,
          headers: place === 'content-length' ? [[binary('content-length'), binary('7')]] : [],
          trailers: true,
        },
        bodyMessage(content, false),
        { type: EXTENSION, headers: [[binary('x-sum'), binary(value)]] },
      ]
      let raised = false
      for (const message of sent) raised ||= (await exchange.send(message)).raised !== null
      if (raised) return void (await exchange.app.reraise())
      await exchange.app.return()
      const response = await exchange.response(FRAMING)
      const expected = place === 'HEAD' ? '' : content
      trial.check(
        FRAMING,
        response?.complete === true && response.body.toString('latin1') === expected,
        `${show(expected)} and nothing else`,
        () => show(response?.body),
      )
      await judgeNext(trial, channel, FRAMING)
    },
  }),
  exchangeProperty({
    id: 'http/send/after-trailers-ignored',
    law: 'whatever is sent after the trailers of a response, nothing more of it reaches the wire',
    clauses: ['http/send/after-completion-ignored'],
    needs: ['http/1.1', 'extension/http.response.trailers'],
    program: fc.record({
      late: fc.constantFrom<LateMessage>('body', 'body and more', 'start', 'trailers'),
      content: fc.constantFrom('content', ''),
      http2: fc.boolean(),
    }),
    async run(trial, { late, content, http2 }) {
      const exchange = await openEither(trial, http2, http.get('/', ASKS_TRAILERS))
      if (!offers(exchange.scope, EXTENSION)) return void (await exchange.respond({ status: 204 }))
      await exchange.send({ ...startMessage({ status: 200 }), trailers: true })
      await exchange.send(bodyMessage(content, false))
      await exchange.send({ type: EXTENSION, headers: [[binary('x-sum'), binary('1')]] })
      await exchange.response()
      exchange.misused = true
      await exchange.send(LATE_MESSAGES[late])
      await exchange.app.return()
      await trial.iut.settle()
      if (!http2) await judgeNext(trial, exchange.channel, 'http/send/after-completion-ignored')
    },
  }),
]

function withoutPlace(place: string): HttpRequest {
  const request = http.get('/', ASKS_TRAILERS)
  if (place === 'HEAD') return { ...request, method: 'HEAD' }
  return place === 'HTTP/1.0' ? { ...request, version: '1.0' } : request
}

/** Nothing stands between the response and the one after it. */
export async function judgeNext(trial: Trial, channel: Channel, clause: string): Promise<void> {
  await trial.iut.settle()
  const clean = await judgeSurplus(trial, channel.wire, clause, 'nothing behind the response')
  if (!clean || !channel.wire.usable) return
  const { served } = await trial.attempt(http.get('/next'), { channel })
  if (served === null) return
  await served.respond({ status: 200, body: ['next'] })
  const next = await served.response()
  const whole = next === null || next.body.toString() === 'next'
  trial.check(clause, whole, 'the next response in frame', () => show(next?.body))
}
