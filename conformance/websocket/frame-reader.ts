import type { Defect } from '../testers/response-reader.ts'
import { type Frame, isControl, type LengthForm, masked, minimalForm, OPCODE } from './frame.ts'

/** A frame as it came, with what only matters to the rules of framing. */
export interface ReadFrame extends Frame {
  readonly masked: boolean
  readonly lengthForm: LengthForm
}

interface Header {
  readonly size: number
  readonly form: LengthForm
  /** Bytes of payload; more than any buffer holds where the peer says so. */
  readonly length: bigint
}

/** The largest length whose most significant bit is 0. */
const MOST_SIGNIFICANT = 2n ** 63n - 1n

const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE))

/**
 * The strict reader of the frames that a server sends: sans-I/O, bytes in, frames out. It never
 * throws; what breaks RFC 6455 §5 is noted as a defect with the clause it breaks, and reading goes on.
 */
export class FrameReader {
  readonly defects: Defect[] = []
  #buffer: Buffer = Buffer.alloc(0)
  #lost = false

  /** Bytes of a frame that is not whole yet. */
  get pending(): number {
    return this.#buffer.length
  }

  push(bytes: Buffer): ReadFrame[] {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    const frames: ReadFrame[] = []
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): ReadFrame | null {
    const buffer = this.#buffer
    const header = this.#lost ? null : headerOf(buffer)
    if (header === null) return null
    if (header.length > MOST_SIGNIFICANT) {
      this.#note('wire/rfc6455/length-msb-zero', 'a length below 2^63', String(header.length))
      this.#lost = true
      return null
    }
    const hasMask = ((buffer[1] ?? 0) & 0x80) !== 0
    const start = header.size + (hasMask ? 4 : 0)
    if (BigInt(buffer.length - start) < header.length) return null
    const end = start + Number(header.length)
    const content = buffer.subarray(start, end)
    const first = buffer[0] ?? 0
    const frame: ReadFrame = {
      fin: (first & 0x80) !== 0,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      masked: hasMask,
      lengthForm: header.form,
      payload: hasMask ? masked(content, buffer.subarray(header.size, start)) : content,
    }
    this.#buffer = buffer.subarray(end)
    this.#inspect(frame)
    return frame
  }

  #inspect(frame: ReadFrame): void {
    const { length } = frame.payload
    const named = describeFrame(frame)
    if (frame.masked) this.#note('wire/rfc6455/server-frames-unmasked', 'no mask', named)
    if (frame.lengthForm !== minimalForm(length)) {
      const expected = `a length of ${minimalForm(length)} bits for ${length} bytes`
      this.#note('wire/rfc6455/length-minimal', expected, `${frame.lengthForm} bits`)
    }
    if (!KNOWN.has(frame.opcode)) {
      this.#note('wire/rfc6455/unknown-opcode', 'a defined opcode', named)
    }
    if (!isControl(frame.opcode)) return
    if (length > 125) {
      this.#note('wire/rfc6455/control-frame-length', 'at most 125 bytes', `${length} bytes`)
    }
    if (!frame.fin) this.#note('wire/rfc6455/control-frame-whole', 'FIN on a control frame', named)
  }

  #note(clause: string, expected: string, observed: string): void {
    this.defects.push({ clause, expected, observed })
  }
}

/** Null while the header is not whole. */
function headerOf(buffer: Buffer): Header | null {
  if (buffer.length < 2) return null
  const short = (buffer[1] ?? 0) & 0x7f
  if (short < 126) return { size: 2, form: 7, length: BigInt(short) }
  if (short === 126) {
    if (buffer.length < 4) return null
    return { size: 4, form: 16, length: BigInt(buffer.readUInt16BE(2)) }
  }
  return buffer.length < 10 ? null : { size: 10, form: 64, length: buffer.readBigUInt64BE(2) }
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OPCODE).map(([name, code]) => [code, name]),
)

/** For people: `text frame of 5 bytes`, `unknown opcode 11, RSV 4, not final, masked, of 0 bytes`. */
export function describeFrame(frame: ReadFrame): string {
  const kind = NAMES.get(frame.opcode)
  return [
    kind === undefined ? `unknown opcode ${frame.opcode}` : `${kind} frame`,
    ...(frame.rsv === 0 ? [] : [`RSV ${frame.rsv}`]),
    ...(frame.fin ? [] : ['not final']),
    ...(frame.masked ? ['masked'] : []),
    `of ${frame.payload.length} bytes`,
  ].join(', ')
}
