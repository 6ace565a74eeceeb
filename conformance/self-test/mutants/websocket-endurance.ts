import { FLAG, FRAME } from '../../http2/frame.ts'
import { OPCODE } from '../../websocket/frame.ts'
import {
  calls,
  type Dict,
  headersOf,
  messages,
  never,
  scopes,
  sends,
  textOf,
} from '../sabotage/application.ts'
import { clientFrames, closeFrames, serverFrames } from '../sabotage/frames.ts'
import { clientFrames2, EndedStreams, endsStream, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import { type Tap, tapOf } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Defects that show where a WebSocket is held up, or ends while its server is at work. */
export const webSocketEnduranceMutants: readonly Mutant[] = [
  {
    id: 'websocket-endurance/pongs-unheard',
    property: 'config/websocket-ping-timeout',
    clause: 'config/websocket-ping-timeout',
    breaks: 'the Pongs of a client are not heard, and it is disconnected as if it had sent none',
    sabotage: clientFrames((frame) => (frame.opcode === OPCODE.pong ? [] : [frame])),
  },
  {
    id: 'websocket-endurance/late-accept-raises',
    property: 'process/shutdown-exit-code/pending-handshake',
    clause: 'asgi/send/after-close-no-op-or-oserror',
    breaks:
      'a handshake that a stopping server has refused cannot be accepted without an internal error',
    sabotage: raisingBehindRefusal(),
  },
  {
    id: 'websocket-endurance/send-of-a-lost-client',
    property: 'websocket/disconnect/any-cause/at-work',
    clause: 'asgi/send/returns',
    breaks: 'the send() of a large message never returns where its client is lost meanwhile',
    slow: true,
    sabotage: sends(async (message, { scope, send }) => {
      await send(message)
      if (isLarge(message) && tapOf(scope) === null) await never()
    }, 'websocket'),
  },
  {
    id: 'websocket-endurance/end-behind-large-message',
    property: 'websocket/disconnect/any-cause/at-work',
    clause: 'websocket/disconnect/any-cause',
    breaks: 'the end of a connection behind a large message is kept from the application',
    slow: true,
    sabotage: calls('websocket', ({ receive }) => {
      let large = false
      return {
        receive: async () => {
          const event = await receive()
          if (large && event['type'] === 'websocket.disconnect') await never()
          large ||= isLarge(event)
          return event
        },
      }
    }),
  },
  {
    id: 'websocket-endurance/message-lost-at-end',
    property: 'websocket/disconnect/any-cause/at-work',
    clause: 'websocket/receive/event',
    breaks: 'a large message is lost where the connection ends right behind it',
    slow: true,
    sabotage: calls('websocket', ({ receive }) => ({
      receive: async () => {
        const event = await receive()
        return isLarge(event) ? await receive() : event
      },
    })),
  },
  {
    id: 'websocket-endurance/ping-behind-full-queue',
    property: 'websocket/ping-pong/handled/full-queue',
    slow: true,
    clause: 'wire/rfc6455/ping-answered',
    breaks: 'a Ping that comes behind many messages which nobody has received is lost',
    sabotage: losingBehindMessages(OPCODE.ping),
  },
  {
    id: 'websocket-endurance/message-behind-full-queue',
    property: 'websocket/ping-pong/handled/full-queue',
    slow: true,
    clause: 'websocket/receive/event',
    breaks: 'of many messages that nobody has received the later ones are lost',
    sabotage: losingBehindMessages(OPCODE.text),
  },
  {
    id: 'websocket-endurance/compressed-flood',
    property: 'config/websocket-max-queue',
    clause: 'config/websocket-max-queue',
    breaks: 'a client whose messages are compressed is never held up',
    sabotage: unboundedWhereCompressed(),
  },
  {
    id: 'websocket-endurance/empty-subprotocols',
    property: 'websocket/scope/subprotocols',
    clause: 'wire/rfc9110/empty-list-elements',
    breaks: 'empty elements of the list of subprotocols are names like any other',
    sabotage: scopes((scope) => {
      const lines = headersOf(scope).filter(([name]) => name === 'sec-websocket-protocol')
      const names = lines.flatMap(([, value]) => value.split(',').map((name) => name.trim()))
      return { ...scope, subprotocols: names }
    }, 'websocket'),
  },
  {
    id: 'websocket-endurance/subprotocol-not-offered',
    property: 'wire/rfc6455/subprotocol-from-offer',
    clause: 'wire/rfc6455/subprotocol-from-offer',
    breaks: 'whatever subprotocol an application accepts is in the response',
    sabotage: acceptedAsIs('subprotocol'),
  },
  {
    id: 'websocket-endurance/accept-field-twice',
    property: 'wire/rfc6455/subprotocol-from-offer',
    clause: 'wire/rfc6455/response-fields-once',
    breaks: 'a sec-websocket-accept of the application stands beside that of the server',
    sabotage: acceptedAsIs('headers'),
  },
  {
    id: 'websocket-endurance/longest-reason-cut',
    property: 'websocket/close/code',
    clause: 'websocket/close/reason',
    breaks: 'a Close with the longest reason there is loses its last octet',
    sabotage: closeFrames((payload) => payload.subarray(0, 124)),
  },
  {
    id: 'websocket-endurance/longest-reason-heard-cut',
    property: 'websocket/disconnect/code',
    clause: 'websocket/disconnect/code',
    breaks: 'the longest reason that a client can give is heard without its last octet',
    sabotage: clientFrames((frame) =>
      frame.opcode === OPCODE.close
        ? [{ ...frame, payload: frame.payload.subarray(0, 124) }]
        : [frame],
    ),
  },
  {
    id: 'websocket-endurance/cancelled-as-1005',
    property: 'websocket/disconnect/http2',
    clause: 'wire/rfc6455/close-code-1006',
    breaks: 'over HTTP/2 a lost connection has the code 1005',
    sabotage: calls('websocket', ({ scope, receive }) => ({
      receive: async () => {
        const event = await receive()
        return scope['http_version'] === '2' && event['code'] === 1006
          ? { ...event, code: 1005 }
          : event
      },
    })),
  },
  {
    id: 'websocket-endurance/ended-half-held',
    property: 'websocket/disconnect/http2',
    clause: 'websocket/scope/app-end-closes-socket',
    breaks: 'a stream whose client has ended its half is never ended by the server',
    slow: true,
    sabotage: neverTheLastToEnd(),
  },
  {
    id: 'websocket-endurance/denial-of-the-accepted',
    property: 'websocket/accept/twice',
    clause: 'wire/rfc6455/handshake-response',
    breaks: 'a connection that was accepted can still be denied by a response',
    sabotage: sends(async (message, { send, tap }) => {
      if (message['type'] !== 'websocket.http.response.start') return await send(message)
      tap?.inject('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
      tap?.end()
    }, 'websocket'),
  },
  {
    id: 'websocket-endurance/none-as-empty-text',
    property: 'websocket/send/invalid-event-raises',
    clause: 'asgi/error/invalid-event-raises',
    breaks: 'a websocket.send whose only key is None is taken for an empty message',
    sabotage: messages((message) => {
      const { type, bytes, text } = message
      const none = type === 'websocket.send' && (bytes ?? null) === null && (text ?? null) === null
      return none && Object.keys(message).length === 2 ? { type, text: '' } : message
    }, 'websocket'),
  },
  {
    id: 'websocket-endurance/code-below-1000',
    property: 'websocket/close/unsendable',
    clause: 'wire/rfc6455/codes-below-1000',
    breaks: 'a Close of the application goes out with its code, whatever that is',
    sabotage: codesAsGiven(),
  },
  {
    id: 'websocket-endurance/compressed-pongs-lost',
    property: 'websocket/ping-pong/handled/slow-reader',
    clause: 'wire/rfc6455/ping-answered',
    breaks: 'a Ping that comes while a compressed message is on its way is lost',
    sabotage: deafWhileCompressed(),
  },
  {
    id: 'websocket-endurance/accepted-when-closed',
    property: 'wire/rfc6455/no-data-after-close',
    clause: 'wire/rfc6455/rsv-bits',
    breaks:
      'a websocket.accept behind a websocket.close is answered with another handshake response',
    sabotage: calls('websocket', ({ send, tap }) => {
      let closed = false
      return {
        send: async (message) => {
          const { type } = message
          if (closed && type === 'websocket.accept')
            return tap?.inject('HTTP/1.1 101 Switching Protocols\r\n\r\n'.repeat(4))
          closed ||= type === 'websocket.close'
          await send(message)
        },
      }
    }),
  },
]

/** A handshake that is open at SIGTERM is refused in the place of its application. */
function raisingBehindRefusal(): Sabotage {
  return calls('websocket', ({ send, tap }) => {
    let refused = false
    const refuse = (): void => {
      refused = true
      tap?.refuse(503)
    }
    process.once('SIGTERM', refuse)
    return {
      send: async (message) => {
        if (refused && message['type'] === 'websocket.accept')
          throw new TypeError('the connection is no longer there')
        process.off('SIGTERM', refuse)
        await send(message)
      },
    }
  })
}

/** Frames of one kind are lost once so many messages have waited for the application. */
function losingBehindMessages(opcode: number): Sabotage {
  const waiting = new WeakMap<Tap, number>()
  const flooded = new WeakSet<Tap>()
  const count = (tap: Tap, step: number): void => {
    const now = (waiting.get(tap) ?? 0) + step
    waiting.set(tap, now)
    if (now > MANY) flooded.add(tap)
  }
  const counting = calls('websocket', ({ receive, tap }) => ({
    receive: async () => {
      const event = await receive()
      if (tap !== null && event['type'] === 'websocket.receive') count(tap, -1)
      return event
    },
  }))
  const losing = clientFrames((frame, tap) => {
    if (frame.opcode === opcode && flooded.has(tap)) return []
    if (frame.opcode === OPCODE.text || frame.opcode === OPCODE.binary) count(tap, 1)
    return [frame]
  })
  return both(counting, losing)
}

const MANY = 20

/** Where compression is offered, what has come is taken at once, whether or not anybody asks for it. */
function unboundedWhereCompressed(): Sabotage {
  return calls('websocket', ({ scope, receive, send }) => {
    if (!offersExtensions(scope)) return {}
    const waiting: Dict[] = []
    let arrived: () => void = nothing
    const take = async (): Promise<void> => {
      for (;;) {
        const event = await receive()
        waiting.push(event)
        arrived()
        if (event['type'] === 'websocket.disconnect') return
      }
    }
    const next = async (): Promise<Dict> => {
      for (;;) {
        const event = waiting.shift()
        if (event !== undefined) return event
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
    }
    let connected = false
    return {
      receive: async () => {
        if (connected) return await next()
        connected = true
        return await receive()
      },
      send: async (message) => {
        await send(message)
        if (message['type'] === 'websocket.accept') void take()
      },
    }
  })
}

/** One key of a websocket.accept reaches the wire unchecked. */
function acceptedAsIs(key: 'subprotocol' | 'headers'): Sabotage {
  const unchecked = new WeakMap<Tap, string>()
  const hiding = sends(async (message, { send, tap }) => {
    const { [key]: given, ...rest } = message
    if (message['type'] !== 'websocket.accept' || tap === null) return await send(message)
    const lines =
      key === 'subprotocol'
        ? [['sec-websocket-protocol', textOf(given)]]
        : headersOf(message).map(([name, value]) => [name, value])
    unchecked.set(tap, lines.map((line) => `\r\n${line.join(': ')}`).join(''))
    return await send(rest)
  }, 'websocket')
  const outgoing = (bytes: string, tap: Tap): string =>
    bytes.startsWith('HTTP/1.1 101 ')
      ? bytes.replace(/\r\n/, `${unchecked.get(tap) ?? ''}\r\n`)
      : bytes
  return both(hiding, { outgoing })
}

/** The server ends its half of a stream only where it is the first to do so. */
function neverTheLastToEnd(): Sabotage {
  const ended = new EndedStreams()
  return both(
    serverFrames2((frame, tap) => {
      if (!ended.has(frame, tap)) return [frame]
      if (frame.type === FRAME.rstStream) return []
      return endsStream(frame) ? [{ ...frame, flags: frame.flags & ~FLAG.endStream }] : [frame]
    }),
    clientFrames2((frame, tap) => {
      ended.note(frame, tap)
      return [frame]
    }),
  )
}

/** What the server would refuse it hears as 1000, and sends as it was given. */
function codesAsGiven(): Sabotage {
  const given = new WeakMap<Tap, number>()
  const hiding = sends(async (message, { send, tap }) => {
    const { code } = message
    const low = typeof code === 'number' && code >= 0 && code < 1000
    if (low && tap !== null) given.set(tap, code)
    await send(low ? { ...message, code: 1000 } : message)
  }, 'websocket')
  const showing = serverFrames((frame, tap) => {
    const code = given.get(tap)
    if (frame.opcode !== OPCODE.close || code === undefined) return [frame]
    const payload = Buffer.from(frame.payload)
    payload.writeUInt16BE(code)
    return [{ ...frame, payload }]
  })
  return both(hiding, showing)
}

function deafWhileCompressed(): Sabotage {
  const sending = new WeakSet<Tap>()
  const watching = sends(async (message, { send, tap, scope }) => {
    if (!offersExtensions(scope) || tap === null || !isLarge(message)) return await send(message)
    sending.add(tap)
    await send(message)
    sending.delete(tap)
  }, 'websocket')
  const deaf = clientFrames((frame, tap) =>
    frame.opcode === OPCODE.ping && sending.has(tap) ? [] : [frame],
  )
  return both(watching, deaf)
}

function offersExtensions(scope: Dict): boolean {
  return headersOf(scope).some(([name]) => name === 'sec-websocket-extensions')
}

function isLarge({ bytes, text }: Dict): boolean {
  const content = bytes ?? text
  return (typeof content === 'string' || content instanceof Uint8Array) && content.length > 900_000
}

function nothing(): void {}
