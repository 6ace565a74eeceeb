import { isControl, OPCODE, RSV1, type SentFrame } from '../../websocket/frame.ts'
import { clientFrames, serverFrames } from '../sabotage/frames.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Frames that must fail the connection, mended until the server takes them (RFC 6455 §5, RFC 7692). */
export const webSocketFrameMutants: readonly Mutant[] = [
  {
    id: 'frames/unmasked-accepted',
    property: 'wire/rfc6455/unmasked-frame-closes',
    clause: 'wire/rfc6455/unmasked-frame-closes',
    breaks: 'frames of the client need no mask',
    sabotage: clientFrames((frame) => [{ ...frame, mask: frame.mask ?? 0 }]),
  },
  {
    id: 'frames/reserved-bits-ignored',
    property: 'wire/rfc6455/rsv-bits',
    clause: 'wire/rfc6455/rsv-bits',
    breaks: 'reserved bits are ignored',
    sabotage: clientFrames((frame) => [{ ...frame, rsv: 0 }]),
  },
  {
    id: 'frames/unknown-opcodes-skipped',
    property: 'wire/rfc6455/unknown-opcode',
    clause: 'wire/rfc6455/unknown-opcode',
    breaks: 'frames of a reserved opcode are skipped',
    sabotage: clientFrames((frame) => (KNOWN.has(frame.opcode) ? [frame] : [])),
  },
  {
    id: 'frames/long-control-frames-cut',
    property: 'wire/rfc6455/control-frame-length',
    clause: 'wire/rfc6455/control-frame-length',
    breaks: 'control frames of any length are taken',
    sabotage: clientFrames((frame) =>
      isControl(frame.opcode) ? [{ ...frame, payload: frame.payload.subarray(0, 125) }] : [frame],
    ),
  },
  {
    id: 'frames/control-fragments-joined',
    property: 'wire/rfc6455/control-frame-whole',
    clause: 'wire/rfc6455/control-frame-whole',
    breaks: 'fragmented control frames are taken',
    sabotage: controlFragmentsJoined(),
  },
  {
    id: 'frames/continuation-of-nothing',
    property: 'wire/rfc6455/continuation-needs-start',
    clause: 'wire/rfc6455/continuation-needs-start',
    breaks: 'a continuation without a beginning is a message',
    sabotage: fragmentsMended(),
  },
  {
    id: 'frames/invalid-utf8-replaced',
    property: 'wire/rfc6455/invalid-utf8-fails',
    clause: 'wire/rfc6455/invalid-utf8-fails',
    breaks: 'text that is not UTF-8 is taken',
    sabotage: clientFrames((frame) =>
      frame.opcode === OPCODE.text || frame.opcode === OPCODE.continuation
        ? [{ ...frame, payload: frame.payload.map((byte) => (byte < 0x80 ? byte : 0x3f)) }].map(
            (mended) => ({ ...mended, payload: Buffer.from(mended.payload) }),
          )
        : [frame],
    ),
  },
  {
    id: 'frames/noncharacters-refused',
    property: 'websocket/receive/complete-messages',
    clause: 'websocket/receive/complete-messages',
    breaks: 'text with a noncharacter of Unicode fails the connection as if it were not UTF-8',
    sabotage: clientFrames((frame) =>
      frame.opcode === OPCODE.text && /[\ufffe\uffff]/.test(frame.payload.toString('utf8'))
        ? [{ ...frame, payload: Buffer.from([0xff]) }]
        : [frame],
    ),
  },
  {
    id: 'frames/close-bodies-echoed',
    property: 'wire/rfc6455/codes-below-1000',
    clause: 'wire/rfc6455/codes-below-1000',
    breaks: 'a Close is answered with its own body, whatever that is',
    sabotage: closeBodiesEchoed(),
  },
  {
    id: 'frames/compressed-bit-on-continuation',
    property: 'wire/rfc7692/rsv1-elsewhere-fails',
    clause: 'wire/rfc7692/rsv1-elsewhere-fails',
    breaks: 'the compressed bit is overlooked on later fragments',
    sabotage: clientFrames((frame) =>
      frame.opcode === OPCODE.continuation ? [{ ...frame, rsv: frame.rsv & ~RSV1 }] : [frame],
    ),
  },
  {
    id: 'frames/compressed-messages-delivered-raw',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc7692/transparent',
    breaks: 'compressed messages reach the application as they are on the wire',
    sabotage: clientFrames((frame) =>
      (frame.rsv & RSV1) === 0 ? [frame] : [{ ...frame, rsv: 0, opcode: OPCODE.binary }],
    ),
  },
  {
    id: 'frames/invalid-offers-accepted',
    property: 'wire/rfc7692/invalid-value-declined',
    clause: 'wire/rfc7692/invalid-value-declined',
    breaks: 'an offer of compression is accepted whatever its parameters are',
    sabotage: requests((bytes) =>
      bytes.replace(/(\r\nSec-WebSocket-Extensions: permessage-deflate)[^\r]*/, '$1'),
    ),
  },
]

const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE))

function closeBodiesEchoed(): Mutant['sabotage'] {
  const bodies = new WeakMap<Tap, Buffer>()
  return {
    ...clientFrames((frame, tap) => {
      if (frame.opcode !== OPCODE.close) return [frame]
      bodies.set(tap, frame.payload)
      return [{ ...frame, payload: Buffer.alloc(0) }]
    }),
    ...serverFrames((frame, tap) => [
      frame.opcode === OPCODE.close
        ? { ...frame, payload: bodies.get(tap) ?? frame.payload }
        : frame,
    ]),
  }
}

function controlFragmentsJoined(): Mutant['sabotage'] {
  const halves = new WeakSet<Tap>()
  return clientFrames((frame, tap) => {
    if (isControl(frame.opcode) && !frame.fin) {
      halves.add(tap)
      return [{ ...frame, fin: true }]
    }
    return frame.opcode === OPCODE.continuation && halves.delete(tap) ? [] : [frame]
  })
}

function fragmentsMended(): Mutant['sabotage'] {
  const open = new WeakSet<Tap>()
  return clientFrames((frame, tap): readonly SentFrame[] => {
    if (isControl(frame.opcode)) return [frame]
    const within = open.has(tap)
    if (frame.fin) open.delete(tap)
    else open.add(tap)
    if (within) return [{ ...frame, opcode: OPCODE.continuation }]
    return [frame.opcode === OPCODE.continuation ? { ...frame, opcode: OPCODE.text } : frame]
  })
}
