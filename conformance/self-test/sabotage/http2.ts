import { encodeFrame, FLAG, FRAME, type Frame, PREFACE, settingsFrame } from '../../http2/frame.ts'
import { FrameReader } from '../../http2/frame-reader.ts'
import { HpackDecoder } from '../../http2/hpack.ts'
import { encodeFields } from '../../http2/hpack-encoder.ts'
import type { Field } from '../../http2/hpack-table.ts'
import type { Sabotage } from './sabotage.ts'
import type { Tap } from './tap.ts'

/** One frame becomes any number of frames. */
type Edit = (frame: Frame, tap: Tap) => readonly Frame[]

/** Connections whose client speaks HTTP/2 in the clear; what is encrypted passes as it is. */
const speaking = new WeakSet<Tap>()

const MAGIC = PREFACE.toString('latin1')

function listen(bytes: string, tap: Tap): string {
  if (bytes.startsWith(MAGIC)) speaking.add(tap)
  return bytes
}

/** Changes the frames of the server on their way out. */
export function serverFrames2(edit: Edit): Sabotage {
  return { incoming: listen, outgoing: reframing(edit) }
}

/** Changes the frames of the client, but for those in one segment with its preface. */
export function clientFrames2(edit: Edit): Sabotage {
  const reframe = reframing(edit)
  return {
    // The server may put the first segment back when it knows the version: it is heard again then.
    incoming: (bytes, tap) => (bytes.startsWith(MAGIC) ? listen(bytes, tap) : reframe(bytes, tap)),
  }
}

/** Changes the settings that the client announces with its preface. */
export function greeting(
  edit: (
    settings: readonly (readonly [number, number])[],
  ) => readonly (readonly [number, number])[],
): Sabotage {
  return {
    incoming: (bytes, tap) => {
      if (!bytes.startsWith(MAGIC)) return bytes
      listen(bytes, tap)
      const frames = new FrameReader().push(Buffer.from(bytes.slice(MAGIC.length), 'latin1'))
      const changed = frames.map((frame) =>
        frame.type === FRAME.settings ? settingsFrame(edit(settingsOf(frame))) : frame,
      )
      return MAGIC + Buffer.concat(changed.map(encodeFrame)).toString('latin1')
    },
  }
}

export function settingsOf({ payload }: Frame): (readonly [number, number])[] {
  return Array.from({ length: payload.length / 6 }, (_, index) => [
    payload.readUInt16BE(6 * index),
    payload.readUInt32BE(6 * index + 2),
  ])
}

/** Changes the field lists that the server sends: responses, trailers and promised requests. */
export function sentFields(
  edit: (fields: readonly Field[], frame: Frame) => readonly Field[],
): Sabotage {
  const decoders = new WeakMap<Tap, HpackDecoder>()
  return serverFrames2((frame, tap) => {
    const skip = frame.type === FRAME.pushPromise ? 4 : 0
    if (frame.type !== FRAME.headers && skip === 0) return [frame]
    const decoder = decoders.get(tap) ?? new HpackDecoder()
    decoders.set(tap, decoder)
    const fields = decoder.decode(frame.payload.subarray(skip))
    const block = encodeFields(edit(fields, frame))
    return [{ ...frame, payload: Buffer.concat([frame.payload.subarray(0, skip), block]) }]
  })
}

export function withoutFlag(frame: Frame, flag: number): Frame {
  return { ...frame, flags: frame.flags & ~flag }
}

export function endsStream({ type, flags }: Frame): boolean {
  return (type === FRAME.data || type === FRAME.headers) && (flags & FLAG.endStream) !== 0
}

/** Which streams of each connection one of its sides has ended. */
export class EndedStreams {
  readonly #ended: WeakMap<Tap, Set<number>> = new WeakMap()

  note(frame: Frame, tap: Tap): void {
    if (!endsStream(frame)) return
    this.#ended.set(tap, (this.#ended.get(tap) ?? new Set()).add(frame.stream))
  }

  has({ stream }: Frame, tap: Tap): boolean {
    return this.#ended.get(tap)?.has(stream) === true
  }
}

function reframing(edit: Edit): (bytes: string, tap: Tap) => string {
  const readers = new WeakMap<Tap, FrameReader>()
  return (bytes, tap) => {
    if (!speaking.has(tap)) return bytes
    const reader = readers.get(tap) ?? new FrameReader()
    readers.set(tap, reader)
    const frames = reader.push(Buffer.from(bytes, 'latin1'))
    const changed = frames.flatMap((frame) => edit(frame, tap))
    return Buffer.concat(changed.map(encodeFrame)).toString('latin1')
  }
}
