import fc from 'fast-check'
import { contentOf, type HttpRequest, http, type RequestBody } from '../../testers/request.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

const BYTES = 'http/receive/body-bytes'
const DELIMITS = 'wire/rfc9112/content-length-delimits'

/** What a server that takes the content for the next request would serve. */
const SECOND = 'GET /from-the-content HTTP/1.1\r\nHost: assay.test\r\n\r\n'

const METHODS = ['HEAD', 'GET', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'] as const

/**
 * RFC 9112 §6: "Request message framing is independent of method semantics." A server may refuse content that has
 * no meaning (RFC 9110 §9.3.1), but not leave it on the connection for the next request to be read from.
 */
export const contentOfAnyMethod: Property = exchangeProperty({
  id: `${BYTES}/any-method`,
  law: 'the content of a request is its content whatever the method says, and no request of its own',
  clauses: [BYTES, DELIMITS],
  enough: 12,
  program: fc.record({ method: fc.constantFrom(...METHODS), chunked: fc.boolean() }),
  async run(trial, { method, chunked }) {
    const body: RequestBody = chunked
      ? { framing: 'chunked', chunks: [SECOND] }
      : { framing: 'content-length', content: SECOND }
    const request: HttpRequest = { method, target: '/', version: '1.1', headers: [], body }
    const channel = await trial.connect()
    const { served } = await trial.attempt(request, { channel })
    if (served === null) {
      for (const clause of [BYTES, DELIMITS])
        trial.judge.notApplicable(clause, 'the server refuses content with this method')
      return
    }
    const { body: seen, ended } = await served.readBody()
    const expected = contentOf(body)
    trial.check(
      BYTES,
      ended === 'complete' && seen.equals(expected),
      `${show(expected)}, complete`,
      () => `${show(seen)}, ${ended}`,
    )
    await served.respond({ status: 200, body: ['ok'] })
    await served.response()
    if (!channel.wire.usable) return
    const next = await trial.attempt(http.get('/next'), { channel })
    if (next.served === null) return
    const { path } = next.served.scope
    trial.check(DELIMITS, path === '/next', 'the scope of /next', () => show(path))
    next.served.misused = path !== '/next'
    await next.served.respond({ status: 200, body: ['ok'] })
    await next.served.response()
  },
})
