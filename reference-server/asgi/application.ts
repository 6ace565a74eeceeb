import type { ReceiveEvent, SendEvent } from './messages.ts'
import type { Scope } from './scope.ts'

export type Receive = () => Promise<ReceiveEvent>
export type Send = (event: SendEvent) => Promise<void>

/** asgi.rst, "Applications": one callable, once per connection scope. */
export type ASGIApplication = (scope: Scope, receive: Receive, send: Send) => Promise<void>
