import { knock, openHttp2, serve } from '../../http2/open.ts'
import type { Http2Request } from '../../http2/request.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { type HttpRequest, http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'

/**
 * What asgi.rst and www.rst say of scopes and events holds in every version of HTTP: the same request on a
 * connection of its own, over HTTP/2 where the program wants it and the server takes it by prior knowledge.
 */
export async function openEither(
  trial: Trial,
  http2: boolean,
  request: HttpRequest = http.get('/'),
): Promise<Exchange> {
  if (!http2 || !trial.iut.target.has('http/2/prior-knowledge'))
    return await trial.open(request, { fresh: true })
  const { exchange } = await serve(trial, await openHttp2(trial), asHttp2(request))
  return exchange
}

/** The same of a request that a server may refuse. */
export async function askEither(
  trial: Trial,
  http2: boolean,
  request: HttpRequest,
): Promise<Exchange | null> {
  if (!http2 || !trial.iut.target.has('http/2/prior-knowledge'))
    return (await trial.attempt(request, { fresh: true })).served
  const { served } = await knock(trial, await openHttp2(trial), asHttp2(request))
  return served?.exchange ?? null
}

/** Without content; RFC 9113 §8.2: names in lower case, and no fields about the connection. */
function asHttp2({ method, target, headers }: HttpRequest): Http2Request {
  const fields = headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    method,
    target,
    authority: 'assay.test',
    fields: fields.filter(([name]) => name !== 'connection'),
    content: [],
    end: 'last',
    padding: null,
  }
}
