import { encodeFrame, masked, OPCODE, type SentFrame } from '../../websocket/frame.ts'
import type { Sabotage } from './sabotage.ts'
import type { Tap } from './tap.ts'

/** One frame becomes any number of frames; `split`: it arrived in more than one piece. */
type Edit = (frame: SentFrame, tap: Tap, split: boolean) => readonly SentFrame[]

/** Changes the frames of clients before the server reads them. */
export function clientFrames(edit: Edit): Sabotage {
  return { incoming: reframing(edit) }
}

/** Changes the frames of the server on their way out. */
export function serverFrames(edit: Edit): Sabotage {
  return { outgoing: reframing(edit) }
}

/** Close frames of the server become something else; null swallows them. */
export function closeFrames(edit: (payload: Buffer) => Buffer | null): Sabotage {
  return serverFrames((frame) => {
    if (frame.opcode !== OPCODE.close) return [frame]
    const payload = edit(frame.payload)
    return payload === null ? [] : [{ ...frame, payload }]
  })
}

function reframing(edit: Edit): (bytes: string, tap: Tap) => string {
  const rests = new WeakMap<Tap, Buffer>()
  return (bytes, tap) => {
    if (!tap.upgraded) return bytes
    let rest = rests.get(tap) ?? Buffer.alloc(0)
    let split = rest.length > 0
    rest = Buffer.concat([rest, Buffer.from(bytes, 'latin1')])
    const changed: Buffer[] = []
    for (let cut = cutFrame(rest); cut !== null; cut = cutFrame(rest)) {
      changed.push(...edit(cut.frame, tap, split).map(encodeFrame))
      rest = rest.subarray(cut.length)
      split = false
    }
    rests.set(tap, rest)
    return Buffer.concat(changed).toString('latin1')
  }
}

/** The first frame of the bytes and its length on the wire; null while it is incomplete. */
function cutFrame(bytes: Buffer): { frame: SentFrame; length: number } | null {
  const [first = 0, second = 0] = bytes
  const form = second & 0x7f
  const lengthBytes = form === 126 ? 2 : form === 127 ? 8 : 0
  const head = 2 + lengthBytes + (second >= 0x80 ? 4 : 0)
  if (bytes.length < 2 || bytes.length < head) return null
  const size = form < 126 ? form : readLength(bytes, lengthBytes)
  if (bytes.length < head + size) return null
  const payload = bytes.subarray(head, head + size)
  const key = second >= 0x80 ? bytes.subarray(head - 4, head) : null
  const frame = {
    fin: first >= 0x80,
    rsv: (first >> 4) & 7,
    opcode: first & 0xf,
    payload: key === null ? Buffer.from(payload) : masked(payload, key),
    mask: key === null ? null : key.readUInt32BE(0),
  }
  return { frame, length: head + size }
}

/** Of the eight bytes of the longest form, the first two are zero in all that is sent here. */
function readLength(bytes: Buffer, width: number): number {
  return width === 2 ? bytes.readUInt16BE(2) : bytes.readUIntBE(4, 6)
}
