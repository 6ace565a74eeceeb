import * as arbitrary from '../../arbitraries/http.ts'
import { http } from '../../testers/request.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { offers } from './announced.ts'

const CLAUSE = 'extension/debug/not-implemented'

/** extensions.rst, "Debug": "ASGI servers should not implement it". */
export const debug: Property = exchangeProperty({
  id: CLAUSE,
  law: 'no server offers the debug extension',
  clauses: [CLAUSE],
  enough: 10,
  program: arbitrary.path,
  async run(trial, path) {
    const exchange = await trial.open(http.get(path))
    trial.check(
      CLAUSE,
      !offers(exchange.scope, 'http.response.debug'),
      'no "http.response.debug" in the extensions',
      () => show(exchange.scope['extensions']),
    )
    await exchange.respond({ status: 204 })
    await exchange.response()
  },
})
