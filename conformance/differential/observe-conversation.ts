import type { Channel } from '../testers/channel.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import { show } from '../testers/values.ts'
import { Inflater } from '../websocket/deflate.ts'
import { deflateAgreement } from '../websocket/handshake.ts'
import { MessageReader } from '../websocket/message-reader.ts'
import type { Aspect } from './observe.ts'

/** What a server said after a 101: whole messages, however they were framed and compressed. */
export function observeConversation({ wire }: Channel, subject: string): Aspect[] {
  const upgrade = wire.received.find(({ status }) => status === 101)
  if (upgrade === undefined) return []
  const reader = new MessageReader(inflaterFor(upgrade))
  reader.push(
    afterUpgrade(Buffer.concat(wire.events.filter(isArrival).map((event) => event.bytes))),
  )
  const messages = reader.messages.map(({ kind, content }) => `${kind} ${show(content, 100)}`)
  const { close } = reader
  return [
    { subject, name: 'messages', value: messages.join('; ') || 'none' },
    { subject, name: 'pongs', value: reader.pongs.map((payload) => show(payload, 100)).join('; ') },
    { subject, name: 'close frame', value: close === null ? 'none' : String(close.code) },
    ...(close === null ? [] : [{ subject, name: 'close reason', value: close.reason }]),
  ]
}

function inflaterFor(upgrade: WireResponse): Inflater | null {
  const agreed = deflateAgreement(upgrade)
  return agreed && new Inflater(agreed.serverWindowBits, !agreed.serverNoContextTakeover)
}

function isArrival({ direction, what }: { direction: string; what: string }): boolean {
  return direction === 'in' && what === 'bytes'
}

/** Interim responses and the 101 have no content: what follows the head of the 101 is frames. */
function afterUpgrade(bytes: Buffer): Buffer {
  const head = bytes.indexOf('HTTP/1.1 101')
  const end = bytes.indexOf('\r\n\r\n', Math.max(head, 0))
  return end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4)
}
