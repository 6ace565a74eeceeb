import fc from 'fast-check'
import { type HttpRequest, http, serialize } from '../../testers/request.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

const SEMANTICS = 'http/scope/one-per-request'
const ORDER = 'wire/rfc9112/pipelining-order'
const RETURNS = 'asgi/send/returns'

/** Together far more of each than a server that forgot to begin anew would let pass. */
const TURNS = 12
const LARGE = 2500

/**
 * RFC 9110 §3.3: a request is understood in isolation, so nothing that a server counts, keeps or skips
 * of one may be left when the next comes; and a pipeline is as long as its client likes.
 */
export const repeated: readonly Property[] = [
  exchangeProperty({
    id: 'http/scope/one-per-request/repeated',
    law: 'a request that was served once on a connection is served in the same way each time it comes again',
    clauses: [SEMANTICS, 'http/receive/body-bytes', RETURNS],
    enough: 30,
    program: fc.record({
      heavy: fc.constantFrom('extension', 'chunks', 'fields', 'query', 'trailers', 'content'),
      read: fc.boolean(),
    }),
    async run(trial, { heavy, read }) {
      const request = heavyRequest(heavy)
      const channel = await trial.connect()
      let first: string | null = null
      for (let turn = 1; turn <= TURNS && channel.wire.usable; turn += 1) {
        const { served, refused } = await trial.attempt(request, { channel })
        // What a server takes at all is its own affair, and so is when it ends an idle connection.
        if (served === null && (turn === 1 || refused.response === null)) return
        trial.check(
          SEMANTICS,
          served !== null,
          `request ${turn} served like those before it`,
          () => `status ${refused?.response?.status} for the same bytes`,
        )
        if (served === null) return
        const seen = `${show(served.scope['path'])} ${show(served.scope['headers'], 60_000)}`
        first ??= seen
        trial.check(SEMANTICS, seen === first, 'the same scope', () => seen.slice(0, 300))
        if (read) await served.readBody()
        await served.respond({ status: 200, body: [String(turn)] })
        await served.response()
      }
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/pipelining-order/backlog',
    law: 'a pipeline of more octets than a server reads at once is served to its end, in its order',
    clauses: [ORDER, RETURNS],
    enough: 6,
    program: fc.record({ count: fc.constantFrom(30, 60), length: fc.constantFrom(1500, 3000) }),
    async run(trial, { count, length }) {
      const channel = await trial.connect()
      const { wire } = channel
      const requests = Array.from({ length: count }, (_, index) =>
        trial.mark(http.get(`/${index}`, [['X-Filler', 'f'.repeat(length)]]), channel),
      )
      for (const { method } of requests) wire.reader.expect(method)
      wire.write(Buffer.concat(requests.map(serialize)))
      for (const request of requests) {
        const answered = wire.response()
        const scope = await trial.iut.within(
          Promise.race([channel.scope(), wire.closed.then(() => null)]),
          ORDER,
          `a scope for ${request.target} of ${count} in the pipeline`,
        )
        // RFC 9112 §9.3.2: a client sends again what a close has left unanswered.
        if (scope === null) return
        const exchange = trial.hold(request, channel, scope, answered)
        const seen = scope.scope['path']
        trial.check(ORDER, seen === request.target, request.target, () => show(seen))
        await exchange.respond({ status: 200, body: [request.target] })
        const response = await exchange.response()
        trial.check(
          ORDER,
          response === null || response.body.toString() === request.target,
          `the response to ${request.target}`,
          () => show(response?.body),
        )
      }
    },
  }),
]

/** A request that is large in one respect, and within what servers let pass in that respect. */
function heavyRequest(heavy: string): HttpRequest {
  switch (heavy) {
    case 'extension':
      return chunked({ extension: `;a=${'e'.repeat(LARGE / 2)}` })
    case 'chunks':
      return chunked({ chunks: Array.from({ length: 200 }, (_, index) => `${index % 10}`) })
    case 'trailers':
      return chunked({ trailers: fieldsOf(20) })
    case 'fields':
      return http.get('/again', fieldsOf(20))
    case 'query':
      return http.get(`/again?${'q'.repeat(LARGE)}`)
    default:
      return http.post('/again', 'c'.repeat(8 * LARGE))
  }
}

function chunked(extra: object): HttpRequest {
  return {
    ...http.post('/again', ''),
    body: { framing: 'chunked', chunks: ['one', 'two'], ...extra },
  }
}

function fieldsOf(count: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [
    `X-Heavy-${index}`,
    'v'.repeat(LARGE / count),
  ])
}
