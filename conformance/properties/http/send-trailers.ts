import fc from 'fast-check'
import { fieldValue } from '../../arbitraries/http.ts'
import { binary, bodyMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { judgeAnnounced, offers } from '../extension/announced.ts'
import { exchangeProperty, type Property } from '../property.ts'

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
      if (asked === null && !offers(exchange.scope, 'http.response.trailers')) {
        await exchange.respond({ status: 200, body: [content] })
        const bare = await exchange.response()
        const none = bare === null || bare.trailers.length === 0
        trial.check('extension/trailers/only-with-te', none, 'no trailers', () => 'trailers')
        return
      }
      judgeAnnounced(trial, exchange, 'extension/trailers/announced', 'http.response.trailers')
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
        type: 'http.response.trailers',
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
]
