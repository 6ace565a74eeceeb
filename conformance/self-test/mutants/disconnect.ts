import {
  type Application,
  bytesOf,
  calls,
  type Dict,
  events,
  sends,
} from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

const MORE_CONTENT: Dict = { type: 'http.request', body: bytesOf(''), more_body: true }

/** The end of a connection, hidden or invented (www.rst, "Disconnect - receive event"). */
export const disconnectMutants: readonly Mutant[] = [
  {
    id: 'disconnect/none-after-response',
    property: 'http/receive/disconnect-after-response',
    clause: 'http/receive/disconnect-after-response',
    breaks: 'receive() after the response yields more content',
    sabotage: events(withoutDisconnect),
  },
  {
    id: 'disconnect/silent-after-response',
    property: 'http/receive/disconnect-after-response',
    clause: 'http/receive/disconnect-after-response',
    breaks: 'receive() after the response never ends',
    slow: true,
    sabotage: calls('http', ({ receive }) => ({ receive: swallowingDisconnect(receive) })),
  },
  {
    id: 'disconnect/none-after-client-left',
    property: 'http/receive/disconnect-after-client-left',
    clause: 'http/receive/disconnect-after-client-left',
    breaks: 'a client that left is presented as more content',
    sabotage: events(withoutDisconnect),
  },
  {
    id: 'disconnect/silent-after-client-left',
    property: 'http/receive/disconnect-after-client-left',
    clause: 'http/receive/disconnect-after-client-left',
    breaks: 'an application that waits in receive() is not told that the client left',
    slow: true,
    sabotage: calls('http', ({ receive }) => ({ receive: swallowingDisconnect(receive) })),
  },
  {
    id: 'disconnect/invented',
    property: 'http/receive/no-early-disconnect',
    clause: 'http/receive/no-early-disconnect',
    breaks: 'receive() after the content yields http.disconnect while the client waits',
    sabotage: calls('http', ({ receive }) => {
      let complete = false
      return {
        receive: async () => {
          if (complete) return { type: 'http.disconnect' }
          const event = await receive()
          complete = event['more_body'] !== true
          return event
        },
      }
    }),
  },
  {
    id: 'disconnect/send-silent',
    property: 'http/send/disconnected-oserror',
    clause: 'http/send/disconnected-oserror',
    breaks: 'send() to a client that left returns as if it were there',
    sabotage: sends((message, { send }) => send(message).catch(() => undefined)),
  },
  {
    id: 'disconnect/send-raises-other',
    property: 'http/send/disconnected-oserror',
    clause: 'http/send/disconnected-oserror',
    breaks: 'send() to a client that left raises an error that is no OSError',
    sabotage: sends(async (message, { send }) => {
      await send(message).catch(() => {
        throw new RangeError('the client is gone')
      })
    }),
  },
  {
    id: 'disconnect/send-raises-before-2.4',
    property: 'http/send/disconnected-oserror',
    clause: 'asgi/send/after-close-no-op-or-oserror',
    breaks: 'spec_version 2.3 is announced and send() to a client that left raises no OSError',
    sabotage: calls('http', ({ scope, send }) => ({
      scope: { ...scope, asgi: { version: '3.0', spec_version: '2.3' } },
      send: async (message) => {
        await send(message).catch(() => {
          throw new RangeError('the client is gone')
        })
      },
    })),
  },
  {
    id: 'disconnect/reraised-logged',
    property: 'http/send/exception-caught-when-reraised',
    clause: 'http/send/disconnected-not-logged',
    breaks: 'the exception of a late send() that escapes the application is logged as an error',
    sabotage: {
      application: whenLeft((error) => {
        process.stderr.write(`ERROR: Exception in ASGI application: ${String(error)}\n`)
      }),
    },
  },
  {
    id: 'disconnect/reraised-fatal',
    property: 'http/send/exception-caught-when-reraised',
    clause: 'http/send/exception-caught-when-reraised',
    breaks: 'the exception of a late send() that escapes the application ends the server',
    sabotage: { application: whenLeft(() => process.exit(70)) },
  },
]

function withoutDisconnect(event: Dict): Dict {
  return event['type'] === 'http.disconnect' ? MORE_CONTENT : event
}

function swallowingDisconnect(receive: () => Promise<Dict>): () => Promise<Dict> {
  return async () => {
    const event = await receive()
    if (event['type'] !== 'http.disconnect') return event
    return await new Promise<never>(() => undefined)
  }
}

/** Does something else with an OSError that leaves the application of an HTTP scope. */
function whenLeft(act: (error: unknown) => void): (app: Application) => Application {
  return (app) => async (scope, receive, send) => {
    try {
      await app(scope, receive, send)
    } catch (error) {
      if (scope['type'] === 'http') act(error)
      throw error
    }
  }
}
