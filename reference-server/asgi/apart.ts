import { AsyncResource } from 'node:async_hooks'
import type { ASGIApplication, Receive, Send } from './application.ts'
import type { Scope } from './scope.ts'

/**
 * The application, each call of it in an asynchronous context of its own: what one enters into an
 * AsyncLocalStorage is not there in another. Calls begin in callbacks of a socket that several requests share,
 * and in `send()` of the request before them, so that the context at hand is never theirs to use.
 */
export function apart(application: ASGIApplication): ASGIApplication {
  const outside = new AsyncResource('ASGI_SERVER')
  const call = (scope: Scope, receive: Receive, send: Send): Promise<void> =>
    new AsyncResource('ASGI_APPLICATION').runInAsyncScope(
      application,
      undefined,
      scope,
      receive,
      send,
    )
  return (scope, receive, send) => outside.runInAsyncScope(call, undefined, scope, receive, send)
}
