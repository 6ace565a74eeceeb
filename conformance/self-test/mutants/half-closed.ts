import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { FRAME } from '../../http2/frame.ts'
import { headersOf, messages, sends, withHeaders } from '../sabotage/application.ts'
import { sentFields, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import { type Tap, tapOf } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** What a client is told at the end of a connection, or of its own side of it. */
export const halfClosedMutants: readonly Mutant[] = [
  {
    id: 'half-closed/denial-broken-off',
    property: 'config/half-close',
    clause: 'config/half-close',
    breaks: 'a denial ends in its middle for a client that has ended its side',
    slow: true,
    sabotage: denialBrokenOff(),
  },
  {
    id: 'half-closed/goaway-of-nothing',
    property: 'wire/rfc9113/goaway-last-stream',
    clause: 'wire/rfc9113/goaway-last-stream',
    breaks: 'a GOAWAY over an error says that no stream was acted on',
    slow: true,
    sabotage: serverFrames2((frame) => {
      if (frame.type !== FRAME.goaway || frame.payload.readUInt32BE(4) === 0) return [frame]
      return [{ ...frame, payload: Buffer.concat([Buffer.alloc(4), frame.payload.subarray(4)]) }]
    }),
  },
  {
    id: 'half-closed/length-of-a-tunnel',
    property: 'wire/rfc9110/connect-without-length',
    clause: 'wire/rfc9110/connect-without-length',
    breaks: 'a WebSocket over HTTP/2 is accepted with the content-length of the application',
    slow: true,
    sabotage: both(
      messages((message) => {
        if (message['type'] !== 'websocket.accept') return message
        return withHeaders(message, renamed(headersOf(message), 'content-length', CARRIED))
      }, 'websocket'),
      sentFields((fields) => renamed(fields, CARRIED, 'content-length')),
    ),
  },
]

/** Under this name the field passes the server. */
const CARRIED = 'x-carried-length'

function renamed(
  fields: readonly (readonly [string, string])[],
  from: string,
  to: string,
): readonly (readonly [string, string])[] {
  return fields.map(([name, value]) => [name === from ? to : name, value])
}

function denialBrokenOff(): Sabotage {
  const ended = new Set<number>()
  const watching = (message: unknown): void => {
    const socket =
      typeof message === 'object' && message !== null && 'socket' in message ? message.socket : null
    if (!(socket instanceof Socket)) return
    const port = socket.remotePort ?? 0
    socket.once('end', () => ended.add(port))
    socket.once('close', () => ended.delete(port))
  }
  const breaking = sends(async (message, { scope, send }) => {
    const { client } = scope
    const port = Array.isArray(client) ? Number(client[1]) : 0
    const tap: Tap | null = tapOf(scope)
    const denies = message['type'] === 'websocket.http.response.body'
    if (denies && ended.has(port)) tap?.end()
    else await send(message)
  }, 'websocket')
  return both(breaking, { process: () => subscribe('net.server.socket', watching) })
}
