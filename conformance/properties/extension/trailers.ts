import fc from 'fast-check'
import { fieldValue } from '../../arbitraries/http.ts'
import { binary, bodyMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { ASKS_TRAILERS, offers } from './announced.ts'
import { fileOf } from './files.ts'

const EXTENSION = 'http.response.trailers'
const PATH_SEND = 'http.response.pathsend'
const CLAUSE = 'extension/trailers/more-trailers'

/** extensions.rst, "HTTP Trailers": trailers in several messages. */
export const moreTrailers: Property = exchangeProperty({
  id: CLAUSE,
  law: 'trailers may come in several messages; the first without more_trailers completes the response',
  clauses: [CLAUSE],
  needs: ['http/1.1', `extension/${EXTENSION}`],
  program: fc.record({
    values: fc.array(fieldValue, { minLength: 1, maxLength: 3 }),
    sameName: fc.boolean(),
    late: fc.boolean(),
    http2: fc.boolean(),
    /** The body is a file, where the server sends files. */
    file: fc.boolean(),
  }),
  async run(trial, { values, sameName, late, http2, file }) {
    const nameOf = (index: number): string => (sameName ? 'x-part' : `x-part-${index}`)
    const exchange = await openEither(trial, http2, http.get('/', ASKS_TRAILERS))
    if (!offers(exchange.scope, EXTENSION)) {
      trial.judge.notApplicable(CLAUSE, 'the scope does not offer trailers')
      return
    }
    await exchange.send({ type: 'http.response.start', status: 200, headers: [], trailers: true })
    const sendsFile = file && offers(exchange.scope, PATH_SEND)
    await exchange.send(
      sendsFile
        ? { type: PATH_SEND, path: await fileOf('content') }
        : bodyMessage('content', false),
    )
    const waiting = exchange.response(CLAUSE)
    for (const [index, value] of values.entries()) {
      const more = index < values.length - 1
      if (!more && values.length > 1) {
        const early = await trial.iut.cameWithinQuiet(waiting)
        trial.check(CLAUSE, !early, 'a response that waits for more trailers', () => 'its end')
      }
      await exchange.send({
        type: EXTENSION,
        headers: [[binary(nameOf(index)), binary(value)]],
        more_trailers: more,
      })
    }
    const response = await waiting
    if (late) await exchange.send({ type: EXTENSION, headers: [[binary('x-late'), binary('1')]] })
    await exchange.app.return()
    const expected = values.map((value, index) => [nameOf(index), value] as const)
    const seen = (response?.trailers ?? []).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    )
    trial.check(
      CLAUSE,
      response?.complete === true && asOneList(seen) === asOneList(expected),
      `the trailers ${JSON.stringify(expected)}`,
      () => JSON.stringify(seen),
    )
  },
})

/** Lines of one name may be joined (RFC 9110 §5.2), and mean the same. */
function asOneList(fields: readonly (readonly [name: string, value: string])[]): string {
  const lists = new Map<string, string>()
  for (const [name, value] of fields) {
    const before = lists.get(name)
    lists.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return JSON.stringify([...lists])
}
