import { OPCODE } from '../../websocket/frame.ts'
import {
  bytesOf,
  calls,
  type Dict,
  events,
  messages,
  sends,
  textOf,
} from '../sabotage/application.ts'
import { clientFrames, closeFrames, serverFrames } from '../sabotage/frames.ts'
import { both } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Messages and endings that do not arrive as they were sent (www.rst, "Receive" to "Close"). */
export const webSocketMessageMutants: readonly Mutant[] = [
  {
    id: 'websocket/text-as-bytes',
    property: 'websocket/receive/complete-messages',
    clause: 'websocket/receive/text',
    breaks: 'text messages arrive as bytes',
    sabotage: received((event) =>
      typeof event['text'] === 'string'
        ? { ...event, bytes: Buffer.from(event['text'], 'utf8'), text: null }
        : event,
    ),
  },
  {
    id: 'websocket/both-keys-filled',
    property: 'websocket/receive/complete-messages',
    clause: 'websocket/receive/exactly-one',
    breaks: 'a text message arrives as text and as bytes',
    sabotage: received((event) =>
      typeof event['text'] === 'string'
        ? { ...event, bytes: Buffer.from(event['text'], 'utf8') }
        : event,
    ),
  },
  {
    id: 'websocket/messages-cut',
    property: 'websocket/receive/complete-messages',
    clause: 'websocket/receive/complete-messages',
    breaks: 'of messages of more than ten bytes only the beginning arrives',
    sabotage: received((event) =>
      event['bytes'] instanceof Uint8Array
        ? { ...event, bytes: bytesOf(textOf(event['bytes']).slice(0, 10)) }
        : event,
    ),
  },
  {
    id: 'websocket/fragments-as-messages',
    property: 'websocket/receive/complete-messages',
    clause: 'websocket/receive/complete-messages',
    breaks: 'each fragment arrives as a message of its own',
    sabotage: fragmentsApart(),
  },
  {
    id: 'websocket/split-frames-garbled',
    property: 'wire/rfc6455/fragments-supported',
    clause: 'wire/rfc6455/fragments-supported',
    breaks: 'a frame that arrives in several segments is unmasked wrongly',
    sabotage: clientFrames((frame, _, split) =>
      split
        ? [{ ...frame, payload: Buffer.from(frame.payload.map((byte) => byte ^ 0x80)) }]
        : [frame],
    ),
  },
  {
    id: 'websocket/pongs-invented',
    property: 'websocket/ping-pong/handled',
    clause: 'wire/rfc6455/pong-payload',
    breaks: 'a Pong that answers no Ping comes before each that does',
    sabotage: serverFrames((frame) =>
      frame.opcode === OPCODE.pong ? [{ ...frame, payload: Buffer.from('pong') }, frame] : [frame],
    ),
  },
  {
    id: 'websocket/pings-delivered',
    property: 'websocket/ping-pong/handled',
    clause: 'websocket/receive/bytes',
    breaks: 'the application gets Pings as messages',
    sabotage: clientFrames((frame) =>
      frame.opcode === OPCODE.ping ? [frame, { ...frame, opcode: OPCODE.binary }] : [frame],
    ),
  },
  {
    id: 'websocket/sent-bytes-as-text',
    property: 'websocket/send/bytes',
    clause: 'websocket/send/bytes',
    breaks: 'bytes go out as a text message',
    sabotage: messages(
      (message) =>
        message['bytes'] instanceof Uint8Array
          ? { type: 'websocket.send', text: textOf(message['bytes']) }
          : message,
      'websocket',
    ),
  },
  {
    id: 'websocket/server-frames-masked',
    property: 'websocket/send/bytes',
    clause: 'wire/rfc6455/server-frames-unmasked',
    breaks: 'the server masks its frames',
    sabotage: serverFrames((frame) => [{ ...frame, mask: 0x01_02_03_04 }]),
  },
  {
    id: 'websocket/disconnect-code-constant',
    property: 'websocket/disconnect/code',
    clause: 'websocket/disconnect/code',
    breaks: 'every disconnect has the code 1000',
    sabotage: disconnects((event) => ({ ...event, code: 1000 })),
  },
  {
    id: 'websocket/disconnect-reason-upper-case',
    property: 'websocket/disconnect/code',
    clause: 'wire/rfc6455/close-reason',
    breaks: 'the reason of a disconnect is something else than the client gave',
    sabotage: disconnects((event) => ({ ...event, reason: 'the client left' })),
  },
  {
    id: 'websocket/lost-connection-as-1005',
    property: 'wire/rfc6455/close-code-1006',
    clause: 'wire/rfc6455/close-code-1006',
    breaks: 'a lost connection has the code 1005',
    sabotage: disconnects((event) => (event['code'] === 1006 ? { ...event, code: 1005 } : event)),
  },
  {
    id: 'websocket/violation-code-told',
    property: 'wire/rfc6455/close-code-1006/own-end',
    clause: 'wire/rfc6455/close-code-1006',
    breaks: 'the code with which the server fails a connection is told as if it had been received',
    sabotage: violationCodeTold(),
  },
  {
    id: 'websocket/close-not-answered',
    property: 'wire/rfc6455/close-answered',
    clause: 'wire/rfc6455/close-answered',
    breaks: 'a Close of the client is not answered with a Close',
    sabotage: closeFrames(() => null),
  },
  {
    id: 'websocket/close-code-constant',
    property: 'websocket/close/code',
    clause: 'websocket/close/code',
    breaks: 'the code of websocket.close is ignored',
    sabotage: messages(
      (message) => (message['type'] === 'websocket.close' ? { ...message, code: 1001 } : message),
      'websocket',
    ),
  },
  {
    id: 'websocket/close-reason-lost',
    property: 'websocket/close/code',
    clause: 'websocket/close/reason',
    breaks: 'the reason of websocket.close does not go out',
    sabotage: closeFrames((payload) => payload.subarray(0, 2)),
  },
  {
    id: 'websocket/application-end-unnoticed',
    property: 'websocket/scope/app-end-closes-socket',
    clause: 'websocket/scope/app-end-closes-socket',
    breaks: 'the socket stays open when the application has returned',
    slow: true,
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        await app(scope, receive, send)
        if (scope['type'] === 'websocket') await new Promise<never>(() => undefined)
      },
    },
  },
  {
    id: 'websocket/invalid-event-accepted',
    property: 'websocket/send/invalid-event-raises',
    clause: 'asgi/error/invalid-event-raises',
    breaks: 'send() of a WebSocket swallows its own complaints',
    sabotage: sends((message, { send }) => send(message).catch(() => undefined), 'websocket'),
  },
  {
    id: 'websocket/reserved-code-sent',
    property: 'websocket/close/unsendable',
    clause: 'wire/rfc6455/reserved-codes-not-sent',
    breaks: 'any code is put into a Close frame',
    sabotage: sends(async (message, { send, tap }) => {
      await send(message).catch((error: unknown) => {
        if (message['type'] === 'websocket.close') tap?.inject(closeWith(Number(message['code'])))
        throw error
      })
    }, 'websocket'),
  },
  {
    id: 'websocket/late-send-silent',
    property: 'websocket/send/disconnected-oserror',
    clause: 'websocket/send/disconnected-oserror',
    breaks: 'send() on a WebSocket that is closed returns as if it were open',
    sabotage: sends((message, { send }) => send(message).catch(() => undefined), 'websocket'),
  },
  {
    id: 'websocket/reraised-logged',
    property: 'websocket/send/exception-caught-when-reraised',
    clause: 'websocket/send/disconnected-not-logged',
    breaks: 'the exception of a late send() that escapes from a WebSocket application is logged',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        await app(scope, receive, send).catch((error: unknown) => {
          process.stderr.write(`ERROR: Exception in ASGI application: ${String(error)}\n`)
          throw error
        })
      },
    },
  },
]

function received(edit: (event: Dict) => Dict): Mutant['sabotage'] {
  return events(
    (event) => (event['type'] === 'websocket.receive' ? edit(event) : event),
    'websocket',
  )
}

function disconnects(edit: (event: Dict) => Dict): Mutant['sabotage'] {
  return events(
    (event) => (event['type'] === 'websocket.disconnect' ? edit(event) : event),
    'websocket',
  )
}

function violationCodeTold(): Mutant['sabotage'] {
  const broken = new WeakSet<Tap>()
  const noted = clientFrames((frame, tap) => {
    if (frame.opcode > OPCODE.binary && frame.opcode < OPCODE.close) broken.add(tap)
    return [frame]
  })
  const told = calls('websocket', ({ receive, tap }) => ({
    receive: async () => {
      const event = await receive()
      const isBroken = tap !== null && broken.has(tap)
      return isBroken && event['code'] === 1006 ? { ...event, code: 1002 } : event
    },
  }))
  return both(noted, told)
}

function fragmentsApart(): Mutant['sabotage'] {
  const kinds = new WeakMap<object, number>()
  return clientFrames((frame, tap) => {
    if (frame.opcode >= OPCODE.close) return [frame]
    const opcode =
      frame.opcode === OPCODE.continuation ? (kinds.get(tap) ?? OPCODE.binary) : frame.opcode
    kinds.set(tap, opcode)
    return [{ ...frame, opcode, fin: true }]
  })
}

/** An unmasked Close frame as a binary string. */
function closeWith(code: number): string {
  return String.fromCharCode(0x88, 2, code >> 8, code & 0xff)
}
