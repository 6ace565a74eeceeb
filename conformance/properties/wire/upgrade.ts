import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import { http } from '../../testers/request.ts'
import { type ResponseHead, valuesOf } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { HTTP2_SETTINGS, offering, switchToHttp2 } from '../http2/switched.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'wire/rfc9110/upgrade-optional'
const IN_101 = 'wire/rfc9110/upgrade-in-101'
const OFFERED = 'wire/rfc9110/upgrade-only-to-offered'
const OPTION = 'wire/rfc9110/upgrade-connection-option'
const SATISFIED = 'wire/rfc9110/upgrade-request-satisfied'

/** RFC 9110 §7.8: a client may offer another protocol, and no more than offer it. */
export const upgrade: readonly Property[] = [
  exchangeProperty({
    id: CLAUSE,
    law: 'a request that offers a protocol which the server does not take up is served as it is',
    clauses: [CLAUSE, IN_101, OFFERED, OPTION],
    program: fc.record({
      offer: fc.constantFrom('h2c', 'TLS/1.2', 'example/1', 'h2c, example/1'),
      // A server may take an offer up only where no content is announced, not even an empty one.
      body: fc.constantFrom(null, '', 'content'),
      plan: arbitrary.responsePlan,
    }),
    async run(trial, { offer, body, plan }) {
      const fields = offer.startsWith('h2c') ? offering(offer, HTTP2_SETTINGS) : offering(offer)
      const request = body === null ? http.get('/', fields) : http.post('/', body, fields)
      const { served, refused } = await trial.attempt(request, { fresh: true })
      if (refused !== null) {
        // A server that goes over to HTTP/2 says 101 first; what then comes is for another reader.
        const { response } = refused
        const switched = [
          ...(response?.interim ?? []),
          ...(response === null ? [] : [response]),
        ].find(({ status }) => status === 101)
        if (switched !== undefined) return judgeSwitch(trial, switched, offer)
        trial.check(CLAUSE, false, 'the request served over HTTP/1.1', () =>
          describeRefusal(refused),
        )
        return
      }
      trial.check(CLAUSE, true, '', () => '')
      await served.readBody()
      await served.respond(plan)
      const response = await served.response()
      if (response?.status !== 101) {
        trial.judge.notApplicable(OPTION, 'the server stays with HTTP/1.1')
        return
      }
      // It went over to HTTP/2 and serves the request there, where nobody reads the response here.
      served.misused = true
      judgeSwitch(trial, response, offer)
    },
  }),
  exchangeProperty({
    id: SATISFIED,
    law: 'a request with which a server goes over to HTTP/2 is answered there, on the stream that stands for it',
    clauses: [SATISFIED],
    enough: 4,
    program: fc.record({
      content: fc.constantFrom('content', ''),
      target: fc.constantFrom('/', '/switched'),
    }),
    async run(trial, { content, target }) {
      const switched = await switchToHttp2(trial, target, SATISFIED)
      if (switched === null) {
        trial.judge.notApplicable(SATISFIED, 'the server stays with HTTP/1.1')
        return
      }
      const { stream } = switched
      switched.respond(content)
      const response = await trial.iut.within(stream.answered, SATISFIED, 'a response on stream 1')
      trial.check(
        SATISFIED,
        response?.status === 200 && response.complete && response.body.toString() === content,
        `status 200 with ${show(content)} on stream 1`,
        () => (response === null ? 'none' : `${response.status} with ${show(response.body)}`),
      )
    },
  }),
]

/** A server that takes the offer up says so in full; what it speaks from then on is not judged here. */
function judgeSwitch(trial: Trial, response: ResponseHead, offer: string): void {
  const named = listOf(response, 'upgrade')
  trial.check(IN_101, named.length > 0, 'the new protocol in Upgrade', () => 'no Upgrade field')
  const offered = offer.toLowerCase().split(', ')
  trial.check(
    OFFERED,
    named.every((name) => offered.includes(name)),
    `one of ${offer}`,
    () => named.join(', '),
  )
  const options = listOf(response, 'connection')
  trial.check(OPTION, options.includes('upgrade'), 'the option "upgrade" in Connection', () =>
    options.length === 0 ? 'no Connection field' : options.join(', '),
  )
}

/** RFC 9110 §5.6.1: the members of a field that is a list. */
function listOf(response: ResponseHead, name: string): readonly string[] {
  return valuesOf(response, name).flatMap((value) =>
    value.split(',').map((member) => member.trim().toLowerCase()),
  )
}
