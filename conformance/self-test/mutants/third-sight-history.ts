import { AsyncLocalStorage } from 'node:async_hooks'
import { calls, type Dict } from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What released servers did that no property looked at, or that hid behind another form of the same clause. */
export const thirdSightHistoryMutants: readonly Mutant[] = [
  {
    id: 'third-sight-history/context-shared',
    property: 'config/contexts-apart',
    clause: 'config/contexts-apart',
    breaks: 'calls begin in the context of the call before them',
    sabotage: inOneContext(({ http_version }) => http_version === '1.1'),
  },
  {
    id: 'third-sight-history/context-shared-behind',
    property: 'config/contexts-apart/pipelined',
    clause: 'config/contexts-apart',
    breaks: 'calls for requests with a content begin in the context of the call before them',
    sabotage: inOneContext(({ method }) => method === 'POST'),
  },
  {
    id: 'third-sight-history/context-shared-by-streams',
    property: 'config/contexts-apart/streams',
    clause: 'config/contexts-apart',
    breaks: 'the calls for streams of HTTP/2 begin in the context of the call before them',
    sabotage: inOneContext(({ http_version }) => http_version === '2'),
  },
  {
    id: 'third-sight-history/unfinished-carried-on',
    property: 'wire/rfc9112/message-framing/left-unfinished',
    clause: 'wire/rfc9112/message-framing',
    breaks: 'the connection of a response that was left unfinished serves the next request',
    sabotage: carriedOn(),
  },
  {
    id: 'third-sight-history/late-close-raises',
    property: 'websocket/close/after-client-left',
    clause: 'websocket/send/disconnected-oserror',
    breaks: 'a websocket.close behind websocket.disconnect raises what is no OSError',
    sabotage: calls('websocket', ({ receive, send }) => {
      let over = false
      return {
        receive: async () => {
          const event = await receive()
          over ||= event['type'] === 'websocket.disconnect'
          return event
        },
        send: (message) =>
          over && message['type'] === 'websocket.close'
            ? Promise.reject(new Error('Unexpected websocket.close.'))
            : send(message),
      }
    }),
  },
  {
    id: 'third-sight-history/content-of-head-is-a-request',
    property: 'http/receive/body-bytes/any-method',
    clause: 'http/receive/body-bytes',
    breaks: 'the content of a HEAD request is read as the next request',
    sabotage: requests((bytes) =>
      bytes.startsWith('HEAD ') ? bytes.replace(/content-length: *\d+\r\n/i, '') : bytes,
    ),
  },
]

/** Ends in the name of its application what that one leaves in chunks, and keeps the last chunk to itself. */
function carriedOn(): Sabotage {
  return {
    application: (app) => async (scope, receive, send) => {
      let last: Dict = {}
      await app(scope, receive, async (message) => {
        await send(message)
        last = message
      })
      if (last['type'] === 'http.response.body' && last['more_body'] === true)
        await send({ type: 'http.response.body' }).catch(() => undefined)
    },
    outgoing: (bytes) => bytes.replace(/(^|\r\n)0\r\n\r\n$/, '$1'),
  }
}

/** Calls begin where the one before them was when it answered. */
function inOneContext(concerns: (scope: Dict) => boolean): Sabotage {
  return {
    application: (app) => {
      let within = AsyncLocalStorage.snapshot()
      return (scope, receive, send) => {
        if (!concerns(scope)) return app(scope, receive, send)
        const say = (message: Dict): Promise<void> => {
          within = AsyncLocalStorage.snapshot()
          return send(message)
        }
        return within(() => app(scope, receive, say))
      }
    },
  }
}
