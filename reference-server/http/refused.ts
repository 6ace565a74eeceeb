import type { ServerContext } from '../server/context.ts'
import { addressOf, targetOf } from '../server/watch.ts'
import { clientOf, type Origin, type ScopeRequest } from './scope.ts'

/** What is told of a request whatever became of it. */
export type RefusedRequest = Pick<
  ScopeRequest,
  'method' | 'version' | 'rawPath' | 'queryString' | 'headers'
>

/** Tells the observers of a request that the server answered itself, without calling the application. */
export function tellRefused(
  context: ServerContext,
  origin: Origin,
  request: RefusedRequest,
  status: number,
  bytesSent: number,
): void {
  if (!context.observers.watching) return
  context.observers.refused({
    kind: 'http',
    client: addressOf(clientOf(context, origin, request.headers)),
    method: request.method,
    path: targetOf(request.rawPath, request.queryString),
    version: request.version,
    status,
    bytesSent,
    milliseconds: 0,
  })
}
