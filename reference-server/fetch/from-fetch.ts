import type { ASGIApplication, Receive, Send } from '../asgi/application.ts'
import type { Header } from '../asgi/messages.ts'
import type { HttpScope } from '../asgi/scope.ts'

/** What WHATWG-fetch frameworks (Hono and its kin) export: a request in, a response out. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/**
 * Runs a fetch handler as an ASGI application. Bodies stream both ways; the request's signal is aborted
 * when the client leaves, for a handler that has looked at it. HTTP only: other scopes are refused, as the specification wants.
 */
export function fromFetch(handler: FetchHandler): ASGIApplication {
  return async (scope, receive, send) => {
    if (scope.type !== 'http') throw new Error(`A fetch handler does not speak ${scope.type}.`)
    const abort = new AbortController()
    const response = FORBIDDEN.has(scope.method)
      ? new Response(null, { status: 501 })
      : await handler(requestOf(scope, receive, abort))
    await sendResponse(response, send, abort)
  }
}

/** WHATWG fetch knows no request with one of them. */
const FORBIDDEN: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

function requestOf(scope: HttpScope, receive: Receive, abort: AbortController): Request {
  const headers = new Headers()
  for (const [name, value] of scope.headers) headers.append(latin1(name), latin1(value))
  const hasBody = scope.method !== 'GET' && scope.method !== 'HEAD'
  const watch = watcherOf(receive, abort)
  const request = new Request(urlOf(scope, headers.get('host')), {
    method: scope.method,
    headers,
    signal: abort.signal,
    ...(hasBody ? { body: bodyOf(receive, abort, watch.complete), duplex: 'half' } : {}),
  })
  if (!hasBody) watch.complete()
  const { signal } = request
  Object.defineProperty(request, 'signal', {
    get() {
      watch.asked()
      return signal
    },
  })
  return request
}

interface Watcher {
  /** The handler has looked at the signal. */
  readonly asked: () => void
  /** Nobody receives any more. */
  readonly complete: () => void
}

/**
 * Waits for the disconnect once the handler asks for it and the content is its own: a client that has ended its side
 * would not get its response from a server that was asked.
 */
function watcherOf(receive: Receive, abort: AbortController): Watcher {
  let isAsked = false
  let isComplete = false
  let isWatched = false
  const watch = (): void => {
    if (isWatched || !isAsked || !isComplete) return
    isWatched = true
    void untilGone(receive).then(() => abort.abort(clientGone()))
  }
  return {
    asked() {
      isAsked = true
      watch()
    },
    complete() {
      isComplete = true
      watch()
    },
  }
}

/** Content that no Request can have, that of a GET, is dropped. */
async function untilGone(receive: Receive): Promise<void> {
  let event = await receive()
  while (event.type === 'http.request') event = await receive()
}

function clientGone(): Error {
  return new Error('The client closed the connection.')
}

function urlOf(scope: HttpScope, host: string | null): string {
  const authority = host ?? scope.server?.join(':') ?? 'localhost'
  const query = scope.query_string.length === 0 ? '' : `?${latin1(scope.query_string)}`
  return `${scope.scheme}://${authority}${latin1(scope.raw_path)}${query}`
}

/** Each pull receives one event, so that a handler that does not read makes the client wait. */
function bodyOf(
  receive: Receive,
  abort: AbortController,
  complete: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const event = await receive()
      if (event.type !== 'http.request') {
        const gone = new Error('The client closed the connection before its request was complete.')
        abort.abort(gone)
        controller.error(gone)
        return
      }
      if (event.body.length > 0) controller.enqueue(event.body)
      if (!event.more_body) {
        controller.close()
        complete()
      }
    },
  })
}

async function sendResponse(response: Response, send: Send, abort: AbortController): Promise<void> {
  await send({ type: 'http.response.start', status: response.status, headers: fieldsOf(response) })
  try {
    for await (const piece of response.body ?? []) {
      await send({ type: 'http.response.body', body: piece, more_body: true })
    }
    await send({ type: 'http.response.body' })
  } catch (error) {
    abort.abort(error)
    throw error
  }
}

function fieldsOf(response: Response): Header[] {
  return [...response.headers].map(([name, value]) => [
    Buffer.from(name, 'latin1'),
    Buffer.from(value, 'latin1'),
  ])
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
