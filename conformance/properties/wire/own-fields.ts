import fc from 'fast-check'
import { valuesOf } from '../../testers/response-reader.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'wire/rfc9110/field-line-not-repeated'
/** www.rst, "WSGI encoding differences": "the exact byte sequences sent by the client/to be sent by the server". */
const EXACT = 'http/send/headers-bytes-exact'

/** RFC 9110 §6.6.1 and §10.2.4: fields of one value, no list, that servers add themselves. */
const own = fc.constantFrom(
  ['date', 'Sun, 06 Nov 1994 08:49:37 GMT'] as const,
  ['date', 'Tue, 15 Nov 1994 08:12:31 GMT'] as const,
  ['server', 'application'] as const,
  ['server', 'application/1.0 (test)'] as const,
)

/** RFC 9110 §5.3: "or append a field line when a field line of the same name already exists". */
export const ownFields: Property = exchangeProperty({
  id: CLAUSE,
  law: 'where the application sends Date or Server itself, the response has the field once, as it was sent',
  clauses: [CLAUSE, EXACT],
  enough: 48,
  program: fc.record({
    field: own,
    status: fc.constantFrom(200, 204, 404),
    sized: fc.boolean(),
    http2: fc.boolean(),
  }),
  async run(trial, { field, status, sized, http2 }) {
    const exchange = await openEither(trial, http2)
    const content = status === 204 ? '' : 'content'
    const length = sized && status !== 204 ? [['content-length', '7'] as const] : []
    await exchange.respond({ status, headers: [field, ...length], body: [content] })
    const response = await exchange.response()
    if (response === null) return
    const [name, value] = field
    const seen = valuesOf(response, name)
    trial.check(CLAUSE, seen.length <= 1, `one ${name} field`, () => `${name}: ${seen.join(' | ')}`)
    trial.check(EXACT, seen.includes(value), `${name}: ${value}`, () => seen.join(' | '))
  },
})
