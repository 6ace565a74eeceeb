import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import { http } from '../../testers/request.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'wire/rfc9110/upgrade-optional'

/** The settings of an HTTP/2 client that has none to change: RFC 7540 §3.2.1, base64url of nothing. */
const HTTP2_SETTINGS = ['HTTP2-Settings', ''] as const

/** RFC 9110 §7.8: a client may offer another protocol, and no more than offer it. */
export const upgrade: readonly Property[] = [
  exchangeProperty({
    id: CLAUSE,
    law: 'a request that offers a protocol which the server does not take up is served as it is',
    clauses: [CLAUSE],
    program: fc.record({
      offer: fc.constantFrom('h2c', 'TLS/1.2', 'example/1', 'h2c, example/1'),
      body: fc.constantFrom('', 'content'),
      plan: arbitrary.responsePlan,
    }),
    async run(trial, { offer, body, plan }) {
      const h2c = offer.startsWith('h2c')
      const request = http.post('/', body, [
        ['Connection', h2c ? 'Upgrade, HTTP2-Settings' : 'Upgrade'],
        ['Upgrade', offer],
        ...(h2c ? [HTTP2_SETTINGS] : []),
      ])
      const { served, refused } = await trial.attempt(request, { fresh: true })
      if (refused !== null) {
        // A server that goes over to HTTP/2 says 101 first; what then comes is for another reader.
        if (refused.response?.interim.some(({ status }) => status === 101)) return
        if (refused.response?.status === 101) return
        trial.check(CLAUSE, false, 'the request served over HTTP/1.1', () =>
          describeRefusal(refused),
        )
        return
      }
      trial.check(CLAUSE, true, '', () => '')
      await served.readBody()
      await served.respond(plan)
      await served.response()
    },
  }),
]
