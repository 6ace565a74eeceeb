import fc from 'fast-check'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { show } from '../../testers/values.ts'
import { offers } from '../extension/announced.ts'
import { askEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'config/trailers-not-offered'
const EXTENSION = 'http.response.trailers'

/** For servers that promise it: an application need not know its client to announce trailers. */
export const trailersNotOffered: Property = exchangeProperty({
  id: CLAUSE,
  law: 'trailers that an application announces and sends where none are offered are taken, and its response is whole without them',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'documented/trailers-not-offered'],
  program: fc.record({
    version: fc.constantFrom('1.0' as const, '1.1' as const, '2' as const),
    sized: fc.boolean(),
    pieces: fc.array(fc.constantFrom('', 'content', 'and more'), { minLength: 1, maxLength: 3 }),
  }),
  async run(trial, { version, sized, pieces }) {
    const request = version === '2' ? http.get('/') : { ...http.get('/'), version }
    const exchange = await askEither(trial, version === '2', request)
    if (exchange === null) return
    if (offers(exchange.scope, EXTENSION)) return void (await exchange.respond({ status: 204 }))
    exchange.misused = true
    const content = pieces.join('')
    const headers = sized ? [['content-length', String(content.length)] as const] : []
    const messages = [
      { ...startMessage({ status: 200, headers }), trailers: true },
      ...pieces.map((piece, at) => bodyMessage(piece, at < pieces.length - 1)),
      { type: EXTENSION, headers: [[binary('x-sum'), binary('1')]] },
    ]
    for (const message of messages) {
      const { raised } = await exchange.send(message)
      const taken = raised === null
      trial.check(CLAUSE, taken, `${show(message.type)} taken`, () => String(raised?.text))
    }
    await exchange.app.return()
    const response = await exchange.response(CLAUSE)
    trial.check(
      CLAUSE,
      response?.complete === true && response.body.toString('latin1') === content,
      `${show(content)}, whole`,
      () => (response === null ? 'a close' : show(response.body)),
    )
    const { length } = response?.trailers ?? []
    trial.check(CLAUSE, length === 0, 'no trailers', () => `${length}`)
  },
})
