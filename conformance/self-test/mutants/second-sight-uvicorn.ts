import { calls, headersOf, scopes, sends, textOf } from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

/** Defects that were planted in another server first, and passed there. */
export const secondSightUvicornMutants: readonly Mutant[] = [
  {
    id: 'second-sight/state-copied-to-the-ground',
    property: 'lifespan/state/shallow-copy',
    clause: 'lifespan/state/shallow-copy',
    breaks: 'requests get copies of the objects in the state, too',
    sabotage: calls('http', ({ scope }) => ({
      scope: { ...scope, state: structuredClone(scope['state']) },
    })),
  },
  {
    id: 'second-sight/websocket-state-copied-to-the-ground',
    property: 'websocket/scope/state',
    clause: 'websocket/scope/state',
    breaks: 'WebSocket connections get copies of the objects in the state, too',
    sabotage: calls('websocket', ({ scope }) => ({
      scope: { ...scope, state: structuredClone(scope['state']) },
    })),
  },
  unraised('config/limit-header-size', 'limitHeaderBytes', 65_536),
  unraised('config/limit-header-count', 'limitHeaderCount', 100),
  {
    id: 'second-sight/handshakes-believe-anybody',
    property: 'config/proxy-trusted-networks',
    clause: 'config/proxy-trusted-networks',
    breaks: 'forwarding fields of a handshake are believed, whoever sent them',
    sabotage: scopes((scope) => {
      const told = headersOf(scope).find(([name]) => name === 'x-forwarded-for')?.[1]
      return told === undefined ? scope : { ...scope, client: [told, 0], scheme: 'wss' }
    }, 'websocket'),
  },
  {
    id: 'second-sight/head-in-parts-leaks',
    property: 'wire/rfc9110/head-no-content',
    clause: 'wire/rfc9110/head-no-content',
    breaks: 'of a body for HEAD only the last part is kept back',
    sabotage: sends(async (message, { scope, send, tap }) => {
      await send(message)
      if (scope['method'] === 'HEAD' && message['more_body'] === true)
        tap?.inject(textOf(message['body']))
    }),
  },
  {
    id: 'second-sight/continue-inside-response',
    property: 'wire/rfc9110/expect-100-final/begun',
    clause: 'wire/rfc9110/expect-100-final',
    breaks: 'the content is invited when the application asks, though its response has begun',
    sabotage: calls('http', ({ scope, send, receive, tap }) => {
      let begun = false
      const expects = headersOf(scope).some(([name]) => name === 'expect')
      return {
        send: async (message) => {
          await send(message)
          begun = true
        },
        receive: () => {
          if (begun && expects) tap?.inject('HTTP/1.1 100 Continue\r\n\r\n')
          return receive()
        },
      }
    }),
  },
  {
    id: 'second-sight/response-never-waits',
    property: 'asgi/send/returns/blocked-response',
    clause: 'process/write-flow-control',
    breaks: 'send() of a response returns at once, whatever its client takes',
    slow: true,
    sabotage: sends(async (message, { send }) => {
      if (message['more_body'] === true) void send(message).catch(() => undefined)
      else await send(message)
    }),
  },
]

/** The limit by default stays, whatever larger one is asked for. */
function unraised(
  clause: string,
  name: 'limitHeaderBytes' | 'limitHeaderCount',
  most: number,
): Mutant {
  return {
    id: `second-sight/${clause.replace('config/limit-', '')}-not-raised`,
    property: `${clause}/raised`,
    clause,
    breaks: `what ${clause} is about can be lowered and not raised`,
    sabotage: {
      launch: (request) => {
        const given = request.settings?.['command-line']
        const limit = given?.[name]
        if (limit === undefined) return request
        const settings = { ...given, [name]: Math.min(most, limit) }
        return { ...request, settings: { ...request.settings, 'command-line': settings } }
      },
    },
  }
}
