import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { binary, bodyMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { Odd } from '../../testers/values.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** www.rst, "Response Start": headers in every form that an application may give them. */
export const sendHeaders: readonly Property[] = [
  exchangeProperty({
    id: 'http/send/header-inner-whitespace',
    law: 'a header value with a space or a tab inside is accepted and goes out as it is',
    clauses: ['http/send/headers-bytes-exact'],
    program: fc.record({ between: fc.constantFrom('\t', ' ', ' \t'), word: arbitrary.word }),
    async run(trial, { between, word }) {
      const value = `${word}${between}${word}`
      const exchange = await trial.open(http.get('/'))
      const outcomes = await exchange.respond({
        status: 200,
        headers: [['x-bytes', value]],
        body: [''],
      })
      // RFC 9110 §5.5: SP and HTAB stand between the visible characters of a field value.
      const raised = outcomes.find((outcome) => outcome.raised !== null)?.raised
      if (raised !== undefined) {
        exchange.misused = true
        trial.check(
          'http/send/headers-bytes-exact',
          false,
          `send() accepts ${JSON.stringify(value)}`,
          () => raised?.chain.join(' < ') ?? '',
        )
        return
      }
      const response = await exchange.response()
      if (response === null) return
      const seen = valuesOf(response, 'x-bytes')
      trial.check(
        'http/send/headers-bytes-exact',
        seen.length === 1 && seen[0] === value,
        JSON.stringify(value),
        () => JSON.stringify(seen),
      )
    },
  }),
  exchangeProperty({
    id: 'http/send/headers-iterable',
    law: 'headers may be tuples as well as lists, outside and inside',
    clauses: ['http/send/headers-iterable'],
    program: fc.record({
      // No generator: asgi.rst, "Events", allows of all iterables only what can be sent as a list.
      outer: fc.constantFrom('tuple', 'list'),
      inner: fc.constantFrom('tuple', 'list'),
      value: arbitrary.word,
      http2: fc.boolean(),
    }),
    async run(trial, { outer, inner, value, http2 }) {
      const pair = [binary('x-one'), binary(value)]
      const pairs = [inner === 'list' ? pair : new Odd(inner, pair)]
      const exchange = await openEither(trial, http2)
      exchange.misused = true
      const start = await exchange.send({
        type: 'http.response.start',
        status: 204,
        headers: outer === 'list' ? pairs : new Odd(outer, pairs),
      })
      const end = start.raised === null ? await exchange.send(bodyMessage('', false)) : start
      const clause = 'http/send/headers-iterable'
      if (end.raised !== null) {
        await exchange.app.reraise()
        trial.check(
          clause,
          false,
          `send() accepts a ${outer} of ${inner}s`,
          () => end.raised?.chain.join(' < ') ?? '',
        )
        return
      }
      await exchange.app.return()
      const response = await exchange.response()
      if (response === null) return
      const seen = valuesOf(response, 'x-one')
      trial.check(clause, seen.length === 1 && seen[0] === value, value, () => JSON.stringify(seen))
    },
  }),
]
