import { calls, type Dict } from '../sabotage/application.ts'
import { tapOf } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Messages that come once too often (www.rst, "Receive", "Send" and "Disconnect" of WebSocket). */
export const webSocketFlowMutants: readonly Mutant[] = [
  {
    id: 'websocket-flow/texts-received-twice',
    property: 'websocket/receive/event',
    clause: 'websocket/receive/text',
    breaks: 'every text message reaches the application twice',
    sabotage: calls('websocket', ({ receive }) => {
      const again: Dict[] = []
      return {
        receive: async () => {
          const event = again.shift() ?? (await receive())
          if (typeof event['text'] === 'string' && event['twice'] !== true) {
            again.push({ ...event, twice: true })
          }
          return event
        },
      }
    }),
  },
  {
    id: 'websocket-flow/message-after-disconnect',
    property: 'websocket/disconnect/code',
    clause: 'websocket/disconnect/event',
    breaks: 'receive() after websocket.disconnect yields another message',
    sabotage: calls('websocket', ({ receive }) => {
      let over = false
      return {
        receive: async () => {
          if (over) return { type: 'websocket.receive', bytes: null, text: 'late' }
          const event = await receive()
          over = event['type'] === 'websocket.disconnect'
          return event
        },
      }
    }),
  },
  {
    id: 'websocket-flow/given-up-handshake-hidden',
    property: 'websocket/disconnect/before-accept',
    clause: 'websocket/disconnect/before-accept',
    breaks: 'the end of a connection that was not accepted is kept from the application',
    sabotage: calls('websocket', ({ receive, send }) => {
      let accepted = false
      return {
        receive: async () => {
          const event = await receive()
          if (event['type'] === 'websocket.disconnect' && !accepted) await new Promise(() => {})
          return event
        },
        send: async (message) => {
          accepted ||= message['type'] === 'websocket.accept'
          await send(message)
        },
      }
    }),
  },
  {
    id: 'websocket-flow/accept-after-loss-raises',
    property: 'websocket/accept/after-client-left',
    clause: 'asgi/send/after-close-no-op-or-oserror',
    breaks: 'accepting a client that has left raises an error of no known kind',
    sabotage: calls('websocket', ({ scope, send }) => ({
      send: async (message) => {
        if (message['type'] === 'websocket.accept' && tapOf(scope) === null)
          throw new TypeError('the connection is upgraded already')
        await send(message)
      },
    })),
  },
  {
    id: 'websocket-flow/last-text-repeated-at-close',
    property: 'websocket/close/code',
    clause: 'websocket/send/text',
    breaks: 'a websocket.close is preceded by a message that nobody sent',
    sabotage: calls('websocket', ({ send }) => ({
      send: async (message) => {
        if (message['type'] === 'websocket.close') {
          await send({ type: 'websocket.send', text: 'goodbye' }).catch(() => undefined)
        }
        await send(message)
      },
    })),
  },
]
