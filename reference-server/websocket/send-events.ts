import { InvalidEvent } from '../asgi/errors.ts'
import type { WebSocketAccept, WebSocketClose, WebSocketSend } from '../asgi/messages.ts'
import { isName, type OwnFields, readHeaders } from '../http/response-events.ts'

export interface Acceptance extends OwnFields {
  readonly subprotocol: string | null
}

export interface Closing {
  readonly code: number
  readonly reason: string
}

/** What the handshake itself says; www.rst names the first, RFC 6455 §4.2.2 the others. */
export const HANDSHAKE_FIELDS: readonly string[] = [
  'sec-websocket-protocol',
  'sec-websocket-accept',
  'sec-websocket-extensions',
]

/** RFC 6455 §5.5: a control frame has at most 125 bytes, two of them for the code. */
const REASON_BYTES = 123

/** Checks a `websocket.accept` event against what the client offered (RFC 6455 §4.2.2). */
export function readAccept(event: WebSocketAccept, offered: readonly string[]): Acceptance {
  const { subprotocol = null, headers } = event
  if (subprotocol !== null && typeof subprotocol !== 'string') {
    throw new InvalidEvent('subprotocol is a string or null.')
  }
  if (subprotocol !== null && !offered.includes(subprotocol)) {
    throw new InvalidEvent('subprotocol is one of those that the client offered.')
  }
  const list = headers === undefined ? [] : readHeaders(headers)
  for (const [name] of list) {
    if (HANDSHAKE_FIELDS.some((reserved) => isName(name, reserved))) {
      throw new InvalidEvent('The handshake sets sec-websocket headers itself; use subprotocol.')
    }
  }
  const has = (field: string): boolean => list.some(([name]) => isName(name, field))
  return { subprotocol, headers: list, hasDate: has('date'), hasServer: has('server') }
}

/** The message of a `websocket.send` event: exactly one of its two keys. */
export function readSend(event: WebSocketSend): string | Uint8Array {
  const { bytes = null, text = null } = event
  if ((bytes === null) === (text === null)) {
    throw new InvalidEvent('Exactly one of bytes and text is given and not null.')
  }
  if (text !== null) {
    if (typeof text !== 'string') throw new InvalidEvent('text is a string.')
    return text
  }
  if (!(bytes instanceof Uint8Array)) throw new InvalidEvent('bytes is a Uint8Array.')
  return bytes
}

/** Code and reason of a `websocket.close` event; RFC 6455 §7.4 says which codes may be sent. */
export function readClose(event: WebSocketClose): Closing {
  const { code = 1000, reason } = event
  const isStandard = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)
  if (!Number.isInteger(code) || !(isStandard || (code >= 3000 && code <= 4999))) {
    throw new InvalidEvent('code is a close code that may be sent: 1000 to 1014, 3000 to 4999.')
  }
  const text = reason ?? ''
  if (typeof text !== 'string') throw new InvalidEvent('reason is a string or null.')
  if (Buffer.byteLength(text) > REASON_BYTES) {
    throw new InvalidEvent(`reason takes at most ${REASON_BYTES} bytes.`)
  }
  return { code, reason: text }
}
