import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import {
  binary,
  bodyMessages,
  type Exchange,
  type ResponsePlan,
  startMessage,
} from '../../testers/exchange.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import type { HttpRequest } from '../../testers/request.ts'
import { http } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { show } from '../../testers/values.ts'
import { ASKS_TRAILERS, offers } from '../extension/announced.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeSurplus } from './surplus.ts'

const TRAILERS = 'http.response.trailers'
const FOLLOW_UP = 'the follow-up'

/** Responses without content (RFC 9112 §6.3): the connection must still be in frame afterwards. */
export const sendBodiless: readonly Property[] = [
  bodiless('wire/rfc9110/head-no-content', 'HEAD', [200, 404, 500]),
  bodiless('wire/rfc9110/204-no-content', 'GET', [204]),
  bodiless('wire/rfc9110/304-no-content', 'GET', [304]),
]

/** An application that announces the length, with 204 by mistake, and sends content only for HEAD. */
function bodiless(id: string, method: string, statuses: readonly number[]): Property {
  return exchangeProperty({
    id,
    law: `a response to ${method} with status ${statuses.join(' or ')} carries no content, and the next response is in frame`,
    clauses: [
      id,
      'wire/rfc9112/message-framing',
      'wire/rfc9110/no-content-length-in-204',
      'wire/rfc9112/no-transfer-encoding-in-204-1xx',
      'http/send/content-encoding-kept',
    ],
    program: fc.record({
      status: fc.constantFrom(...statuses),
      content: fc.string({ maxLength: 20, unit: 'binary-ascii' }),
      /** Of how many events the body is made. */
      events: fc.integer({ min: 1, max: 3 }),
      sized: fc.boolean(),
      /** The application names a coding of the content that it would have. */
      coded: fc.boolean(),
      /** The application has trailers, where the server takes them. */
      trailers: fc.boolean(),
      next: arbitrary.path,
    }),
    async run(trial, { status, content, events, sized, coded, trailers, next }) {
      const channel = await trial.connect()
      const request: HttpRequest = { ...http.get('/', trailers ? ASKS_TRAILERS : []), method }
      const exchange = await trial.open(request, { channel })
      exchange.misused = sized && status === 204
      const length = exchange.misused ? 0 : content.length
      const coding = coded ? [['content-encoding', 'gzip'] as const] : []
      const announced = sized ? [['content-length', String(length)] as const] : []
      const body = piecesOf(method === 'HEAD' ? content : '', events)
      const plan = { status, headers: [...coding, ...announced], body }
      const trailing = trailers && offers(exchange.scope, TRAILERS)
      const sent = await (trailing ? respondWithTrailers(exchange, plan) : exchange.respond(plan))
      if (exchange.misused && sent.some(({ raised }) => raised !== null)) return
      const response = await exchange.response()
      trial.check(id, response?.status === status, `status ${status}`, () =>
        response === null ? 'the connection was closed' : String(response.status),
      )
      if (response !== null) {
        const kept = valuesOf(response, 'content-encoding').join()
        const expected = coded ? 'gzip' : ''
        trial.check(
          'http/send/content-encoding-kept',
          kept === expected,
          `Content-Encoding ${show(expected)}`,
          () => show(kept),
        )
        await trial.iut.settle()
        const nothing = 'nothing behind the head of the response'
        if (!(await judgeSurplus(trial, channel.wire, id, nothing))) return
      }
      if (!channel.wire.usable) return
      const { served } = await trial.attempt(http.get(next), { channel })
      if (served === null) return
      await served.respond({ status: 200, body: [FOLLOW_UP] })
      const second = await served.response()
      trial.check(
        id,
        second === null || (second.status === 200 && second.body.toString() === FOLLOW_UP),
        'the next response right after the head',
        () => `${second?.status} ${show(second?.body)}`,
        true,
      )
    },
  })
}

async function respondWithTrailers(
  { app }: Exchange,
  plan: ResponsePlan,
): Promise<readonly Outcome[]> {
  return await Promise.all([
    app.send({ ...startMessage(plan), trailers: true }),
    ...bodyMessages(plan).map((message) => app.send(message)),
    app.send({ type: TRAILERS, headers: [[binary('x-trailer'), binary('1')]] }),
    app.return(),
  ])
}

/** The same number of pieces of every text: short ones end in empty pieces. */
function piecesOf(text: string, count: number): readonly string[] {
  const size = Math.ceil(text.length / count)
  return Array.from({ length: count }, (_, index) => text.slice(index * size, (index + 1) * size))
}
