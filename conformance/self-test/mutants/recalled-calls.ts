import {
  type Application,
  calls,
  type Dict,
  events,
  headersOf,
  scopes,
  withHeaders,
} from '../sabotage/application.ts'
import { type Tap, tapOf } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Calls of the application that go on, are given up, or end in a group of exceptions. */
export const recalledCallMutants: readonly Mutant[] = [
  {
    id: 'recalled/cancelled-receive-disconnects',
    property: 'http/receive/cancelled',
    clause: 'http/receive/no-early-disconnect',
    breaks: 'a receive() that waited in vain for a moment yields http.disconnect',
    slow: true,
    sabotage: calls('http', ({ receive }) => {
      let asked = 0
      return {
        receive: () => {
          asked += 1
          return asked === 1 ? receive() : Promise.race([receive(), soonDisconnected()])
        },
      }
    }),
  },
  {
    id: 'recalled/cancelled-receive-takes-content',
    property: 'http/receive/cancelled-content',
    clause: 'http/receive/body-concatenation',
    breaks: 'the first octet of content goes to the receive() that was cancelled',
    slow: true,
    sabotage: events((event, turn) =>
      turn === 0 && event['body'] instanceof Uint8Array
        ? { ...event, body: event['body'].subarray(1) }
        : event,
    ),
  },
  {
    id: 'recalled/next-request-behind-application',
    property: 'http/send/closed-when-complete',
    clause: 'http/send/closed-when-complete',
    breaks:
      'the next request of a connection waits until the application call before it has returned',
    slow: true,
    sabotage: { application: oneByOne },
  },
  {
    id: 'recalled/startup-failure-in-a-group',
    property: 'lifespan/startup/failed-exits',
    clause: 'lifespan/startup/failed-in-task-group',
    breaks: 'a start-up that failed inside a task group is taken for one without lifespan',
    sabotage: { application: deafToGroups },
  },
  {
    id: 'recalled/no-event-after-denial',
    property: 'websocket/disconnect/after-denial',
    clause: 'websocket/disconnect/after-denial',
    breaks: 'receive() never returns once the application has denied the handshake',
    slow: true,
    sabotage: calls('websocket', ({ receive, send }) => {
      let denied = false
      return {
        receive: async () => {
          const event = await receive()
          return denied ? await new Promise<Dict>(() => undefined) : event
        },
        send: async (message) => {
          denied ||= message['type'] === 'websocket.close'
          await send(message)
        },
      }
    }),
  },
  {
    id: 'recalled/host-beside-empty-one',
    property: 'http/scope/host-without-authority',
    clause: 'http/scope/headers-as-provided',
    breaks: 'over HTTP/2 an empty host stands before the one that the client gave',
    slow: true,
    sabotage: scopes((scope) =>
      scope['http_version'] === '2'
        ? withHeaders(scope, [['host', ''], ...headersOf(scope)])
        : scope,
    ),
  },
  {
    id: 'recalled/ipv6-in-four-items',
    property: 'config/host-ipv6',
    clause: 'http/scope/client',
    breaks: 'the client of an IPv6 connection has flow information and scope beside host and port',
    sabotage: scopes((scope) => {
      const { client } = scope
      return Array.isArray(client) ? { ...scope, client: [...client, 0, 0] } : scope
    }),
  },
]

const MOMENT = 5

function soonDisconnected(): Promise<Dict> {
  return new Promise((resolve) => {
    setTimeout(resolve, MOMENT, { type: 'http.disconnect' })
  })
}

function oneByOne(app: Application): Application {
  const last = new WeakMap<Tap, Promise<void>>()
  return async (scope, receive, send) => {
    const tap = tapOf(scope)
    if (tap === null) return await app(scope, receive, send)
    const before = last.get(tap) ?? Promise.resolve()
    const own = before.then(() => app(scope, receive, send))
    last.set(
      tap,
      own.catch(() => undefined),
    )
    await own
  }
}

/** send() raises on the failure, as some servers do, and only the bare exception ends this one. */
function deafToGroups(app: Application): Application {
  return async (scope, receive, send) => {
    if (scope['type'] !== 'lifespan') return await app(scope, receive, send)
    let failure: Dict | null = null
    await app(scope, receive, async (message) => {
      if (message['type'] !== 'lifespan.startup.failed') return await send(message)
      failure = message
      throw new Error('the application failed to start')
    }).catch(async (error: unknown) => {
      const heard = failure !== null && !(error instanceof AggregateError)
      await send(heard ? Object(failure) : { type: 'lifespan.startup.complete' })
    })
  }
}
