import { closeSync, openSync } from 'node:fs'
import type { SentFrame } from '../../websocket/frame.ts'
import { OPCODE } from '../../websocket/frame.ts'
import { calls, scopes, sends } from '../sabotage/application.ts'
import { clientFrames } from '../sabotage/frames.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What is right on the usual route, and with clients that stay, wait and say nothing unusual. */
export const byTheWayMutants: readonly Mutant[] = [
  {
    id: 'by-the-way/type-over-tls',
    property: 'http/scope/type',
    clause: 'http/scope/type',
    breaks: 'over TLS the type of the scope is "https"',
    sabotage: scopes((scope) =>
      scope['scheme'] === 'https' ? { ...scope, type: 'https' } : scope,
    ),
  },
  {
    id: 'by-the-way/no-query-over-tls',
    property: 'http/scope/query-string',
    clause: 'http/scope/query-string',
    breaks: 'over TLS the query string is empty',
    sabotage: scopes((scope) =>
      scope['scheme'] === 'https' ? { ...scope, query_string: Buffer.alloc(0) } : scope,
    ),
  },
  {
    id: 'by-the-way/no-subprotocols-on-unix-socket',
    property: 'websocket/scope/subprotocols',
    clause: 'websocket/scope/subprotocols',
    breaks: 'on a unix socket no subprotocol is told',
    sabotage: scopes(
      (scope) =>
        Array.isArray(scope['server']) && scope['server'][1] === null
          ? { ...scope, subprotocols: [] }
          : scope,
      'websocket',
    ),
  },
  {
    id: 'by-the-way/key-of-its-own',
    property: 'wire/rfc6455/accept-key',
    clause: 'wire/rfc6455/accept-key',
    breaks: 'the key is decoded and encoded anew before it is answered',
    sabotage: requests((bytes) =>
      bytes.replace(
        /(sec-websocket-key: *)(\S+)/i,
        (_line, name: string, key: string) =>
          `${name}${Buffer.from(key, 'base64').toString('base64')}`,
      ),
    ),
  },
  {
    id: 'by-the-way/ping-behind-message',
    property: 'websocket/ping-pong/handled',
    clause: 'wire/rfc6455/ping-answered-soon',
    breaks: 'a Ping between the fragments of a message is answered behind the message',
    sabotage: pingsBehindMessages(),
  },
  {
    id: 'by-the-way/disconnect-before-trailers',
    property: 'http/receive/disconnect-after-response/trailers',
    clause: 'http/receive/no-early-disconnect',
    breaks: 'http.disconnect comes behind the last body event, although trailers are to come',
    sabotage: calls('http', ({ receive, send }) => {
      let trailers = false
      let over = false
      return {
        receive: () => (over ? Promise.resolve({ type: 'http.disconnect' }) : receive()),
        send: async (message) => {
          if (message['trailers'] === true) trailers = true
          await send(message)
          if (trailers && message['type'] === 'http.response.body') over = !message['more_body']
        },
      }
    }),
  },
  {
    id: 'by-the-way/file-left-open',
    property: 'process/resources-released/files',
    clause: 'process/resources-released',
    breaks: 'a file stays open when its client leaves before all of it was sent',
    sabotage: sends(async (message, { receive, send }) => {
      if (message['type'] !== 'http.response.pathsend') return await send(message)
      const descriptor = openSync(String(message['path']), 'r')
      let left = false
      void receive().then(async ({ type }) => {
        left = type === 'http.disconnect' || (await receive())['type'] === 'http.disconnect'
      })
      await send(message)
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (!left) closeSync(descriptor)
    }),
  },
  {
    id: 'by-the-way/old-post-awaited',
    property: 'wire/rfc9112/no-length-no-body',
    clause: 'wire/rfc9112/no-length-no-body',
    breaks: 'the body of a POST of HTTP/1.0 without a length runs until its client ends',
    sabotage: requests((bytes) =>
      /^(POST|PUT|PATCH|QUERY) \S+ HTTP\/1\.0/.test(bytes) && !/content-length/i.test(bytes)
        ? ''
        : bytes,
    ),
  },
  {
    id: 'by-the-way/impatient-with-start',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/startup/complete-awaited',
    breaks: 'an application that takes more than two seconds to start is served as if it had',
    sabotage: calls('lifespan', ({ receive, send }) => {
      let told = false
      return {
        receive: async () => {
          const event = await receive()
          if (event['type'] === 'lifespan.startup')
            setTimeout(() => {
              if (!told) void send({ type: 'lifespan.startup.complete' })
              told = true
            }, 2000)
          return event
        },
        send: async (message) => {
          const known = told && message['type'] === 'lifespan.startup.complete'
          told = true
          if (!known) await send(message)
        },
      }
    }),
  },
  {
    id: 'by-the-way/field-that-looks-familiar',
    property: 'wire/rfc6455/handshake-response',
    clause: 'websocket/scope/type',
    breaks: 'a handshake with a Sec-WebSocket field that nobody knows is refused',
    sabotage: requests((bytes) =>
      /\r\nsec-websocket-(note|key1|origin):/i.test(bytes) ? bytes.replace('GET', 'G@T') : bytes,
    ),
  },
  {
    id: 'by-the-way/few-may-wait',
    property: 'process/slow-clients-isolated',
    clause: 'asgi/send/returns',
    breaks: 'while five calls of send() wait for their clients, all others wait with them',
    sabotage: fewMayWait(),
  },
]

function pingsBehindMessages(): Mutant['sabotage'] {
  const held = new WeakMap<Tap, SentFrame[]>()
  return clientFrames((frame, tap) => {
    const waiting = held.get(tap)
    if (frame.opcode === OPCODE.ping && waiting !== undefined) {
      waiting.push(frame)
      return []
    }
    if (frame.opcode >= OPCODE.close) return [frame]
    if (!frame.fin) {
      held.set(tap, waiting ?? [])
      return [frame]
    }
    held.delete(tap)
    return [frame, ...(waiting ?? [])]
  })
}

function fewMayWait(): Mutant['sabotage'] {
  const waiting = new Set<Promise<void>>()
  return sends(async (message, { send }) => {
    while (waiting.size >= 5) await new Promise((resolve) => setTimeout(resolve, 20))
    const sending = send(message)
    waiting.add(sending)
    await sending.finally(() => waiting.delete(sending))
  })
}
