/** RFC 6455 §5.2: what a frame is for. All other values are reserved. */
export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const

/** The reserved bits as one number; the first of them says "compressed" where RFC 7692 is agreed on. */
export const RSV1 = 4

export interface Frame {
  readonly fin: boolean
  /** RSV1, RSV2 and RSV3 as a number of three bits: 4, 2, 1. */
  readonly rsv: number
  readonly opcode: number
  /** Unmasked. */
  readonly payload: Buffer
}

/** How many bits say the length of the payload. */
export type LengthForm = 7 | 16 | 64

/** A frame of ours. Nothing is corrected: a tester must be able to break the rules. */
export interface SentFrame extends Frame {
  /** The masking key; null leaves the frame unmasked, which RFC 6455 §5.1 forbids to clients. */
  readonly mask: number | null
  /** Default: the smallest form that holds the length. */
  readonly lengthForm?: LengthForm
}

/** The smallest form, which RFC 6455 §5.2 prescribes. */
export function minimalForm(length: number): LengthForm {
  if (length < 126) return 7
  return length < 65_536 ? 16 : 64
}

export function isControl(opcode: number): boolean {
  return opcode >= 0x8
}

export function encodeFrame(frame: SentFrame): Buffer {
  const { fin, rsv, opcode, mask, payload } = frame
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const length = encodeLength(payload.length, frame.lengthForm ?? minimalForm(payload.length))
  length[0] = (length[0] ?? 0) | (mask === null ? 0 : 0x80)
  if (mask === null) return Buffer.concat([Buffer.of(first), length, payload])
  const key = Buffer.alloc(4)
  key.writeUInt32BE(mask >>> 0)
  return Buffer.concat([Buffer.of(first), length, key, masked(payload, key)])
}

function encodeLength(length: number, form: LengthForm): Buffer {
  switch (form) {
    case 7:
      return Buffer.of(length)
    case 16: {
      const bytes = Buffer.of(126, 0, 0)
      bytes.writeUInt16BE(length, 1)
      return bytes
    }
    case 64: {
      const bytes = Buffer.alloc(9)
      bytes[0] = 127
      bytes.writeBigUInt64BE(BigInt(length), 1)
      return bytes
    }
  }
}

/** RFC 6455 §5.3; its own inverse. */
export function masked(payload: Buffer, key: Buffer): Buffer {
  const out = Buffer.allocUnsafe(payload.length)
  for (let i = 0; i < payload.length; i += 1) out[i] = (payload[i] ?? 0) ^ (key[i & 3] ?? 0)
  return out
}
