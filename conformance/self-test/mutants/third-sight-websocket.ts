import { Receiver } from 'ws'
import { FLAG, FRAME } from '../../http2/frame.ts'
import { calls, type Dict, headersOf, sends } from '../sabotage/application.ts'
import { clientFrames2, EndedStreams, endsStream, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Mutant } from './mutant.ts'

/** Defects that show where two conditions of a WebSocket meet, each of which had been tried alone. */
export const thirdSightWebSocketMutants: readonly Mutant[] = [
  {
    id: 'third-sight/compressed-text-unchecked',
    property: 'wire/rfc6455/invalid-utf8-fails',
    clause: 'wire/rfc6455/invalid-utf8-fails',
    breaks: 'what is not UTF-8 passes where it is compressed',
    sabotage: { process: neverCheckCompressed },
  },
  {
    id: 'third-sight/extension-beside-subprotocol',
    property: 'websocket/send/bytes',
    clause: 'wire/rfc6455/rsv-bits',
    breaks: 'a response that names a subprotocol does not name the compression that is used',
    sabotage: {
      outgoing: (bytes) =>
        /^HTTP\/1\.1 101 [^]*\r\nsec-websocket-protocol:/.test(bytes)
          ? bytes.replace(/\r\nsec-websocket-extensions:[^\r]*/, '')
          : bytes,
    },
  },
  {
    id: 'third-sight/unread-lost-without-close',
    property: 'wire/rfc6455/close-code-1006',
    clause: 'websocket/receive/event',
    breaks: 'messages that were not yet received are dropped when the connection is lost',
    sabotage: forgettingAtLoss(),
  },
  {
    id: 'third-sight/compressed-never-waits',
    property: 'asgi/send/returns/blocked',
    clause: 'process/write-flow-control',
    breaks: 'where messages are compressed no send() waits for a client that reads nothing',
    slow: true,
    sabotage: sends(async (message, { scope, send }) => {
      const sent = send(message)
      const compressed = headersOf(scope).some(([name]) => name === 'sec-websocket-extensions')
      if (!compressed || message['type'] !== 'websocket.send') return await sent
      sent.catch(nothing)
    }, 'websocket'),
  },
  {
    id: 'third-sight/stream-never-ended',
    property: 'wire/rfc8441/orderly-close',
    clause: 'wire/rfc8441/orderly-close',
    breaks: 'a stream whose client has not ended its side is not ended by the server',
    slow: true,
    sabotage: neverTheFirstToEnd(),
  },
  {
    id: 'third-sight/version-unread',
    property: 'wire/rfc6455/version-unsupported/http2',
    clause: 'wire/rfc6455/version-unsupported',
    breaks: 'over HTTP/2 any version of WebSocket is taken for the one that is spoken',
    sabotage: clientFrames2((frame) =>
      frame.type === FRAME.headers ? [{ ...frame, payload: versionOf(frame.payload) }] : [frame],
    ),
  },
]

function neverCheckCompressed(): void {
  const original: unknown = Reflect.get(Receiver.prototype, 'dataMessage')
  Object.defineProperty(Receiver.prototype, 'dataMessage', {
    value(this: Record<string, unknown>, ...rest: unknown[]): unknown {
      this['_skipUTF8Validation'] = this['_compressed']
      return typeof original === 'function' ? Reflect.apply(original, this, rest) : undefined
    },
  })
}

/** Receives ahead of the application, and forgets what it has when 1006 comes. */
function forgettingAtLoss(): Sabotage {
  return calls('websocket', ({ receive }) => {
    const waiting: Dict[] = []
    let last: Dict | null = null
    let arrived: () => void = nothing
    const listen = async (): Promise<void> => {
      while (last === null) {
        const event = await receive()
        if (event['type'] !== 'websocket.disconnect') waiting.push(event)
        else {
          if (event['code'] === 1006) waiting.length = 0
          last = event
        }
        arrived()
      }
    }
    let listening: Promise<void> | null = null
    return {
      receive: async () => {
        listening ??= listen()
        for (;;) {
          const next = waiting.shift() ?? last
          if (next !== null) return next
          await new Promise<void>((resolve) => {
            arrived = resolve
          })
        }
      },
    }
  })
}

function nothing(): void {}

function neverTheFirstToEnd(): Sabotage {
  const ended = new EndedStreams()
  return both(
    serverFrames2((frame, tap) =>
      frame.type === FRAME.data && endsStream(frame) && !ended.has(frame, tap)
        ? [{ ...frame, flags: frame.flags & ~FLAG.endStream }]
        : [frame],
    ),
    clientFrames2((frame, tap) => {
      ended.note(frame, tap)
      return [frame]
    }),
  )
}

/** Behind a name come the length and the octets of its value. */
function versionOf(fields: Buffer): Buffer {
  const text = fields.toString('latin1')
  const changed = text.replace(/(sec-websocket-version)[\s\S]\d+/, '$1\x0213')
  return Buffer.from(changed, 'latin1')
}
