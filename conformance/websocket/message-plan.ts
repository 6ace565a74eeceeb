import type { Deflater } from './deflate.ts'
import { OPCODE, RSV1, type SentFrame } from './frame.ts'

/** A data message of the client, and how it goes on the wire: plain data, as programs hold it. */
export interface MessagePlan {
  readonly kind: 'text' | 'binary'
  /** Text as characters; binary as a binary string (one character, one byte). */
  readonly content: string
  /** Where its payload is cut into fragments, in thousandths; equal cuts make empty fragments. */
  readonly cuts: readonly number[]
  /** A control frame before each later fragment, as long as there are some: binary strings. */
  readonly between: readonly { readonly ping: boolean; readonly payload: string }[]
  /** Masking key of every frame of it. */
  readonly mask: number
}

/** One unfragmented message. */
export function plainMessage(kind: MessagePlan['kind'], content: string): MessagePlan {
  return { kind, content, cuts: [], between: [], mask: 0x12_34_56_78 }
}

export function payloadOf({ kind, content }: Pick<MessagePlan, 'kind' | 'content'>): Buffer {
  return Buffer.from(content, kind === 'text' ? 'utf8' : 'latin1')
}

/** The frames of a message in the order in which they are sent, compressed where a deflater is given. */
export function framesOf(plan: MessagePlan, deflater: Deflater | null = null): SentFrame[] {
  const plain = payloadOf(plan)
  const payload = deflater === null ? plain : deflater.compress(plain)
  const offsets = plan.cuts
    .map((share) => Math.floor((share * payload.length) / 1000))
    .toSorted((a, b) => a - b)
  const edges = [0, ...offsets, payload.length]
  const frames: SentFrame[] = []
  for (const [index, end] of edges.slice(1).entries()) {
    const control = plan.between[index - 1]
    if (control !== undefined) frames.push(controlFrame(control, plan.mask))
    frames.push({
      fin: index === edges.length - 2,
      rsv: index === 0 && deflater !== null ? RSV1 : 0,
      opcode: index === 0 ? OPCODE[plan.kind] : OPCODE.continuation,
      payload: payload.subarray(edges[index] ?? 0, end),
      mask: plan.mask,
    })
  }
  return frames
}

export function pingFrame(payload: Buffer, mask = 0): SentFrame {
  return { fin: true, rsv: 0, opcode: OPCODE.ping, payload, mask }
}

export function closeFrame(payload: Buffer, mask = 0): SentFrame {
  return { fin: true, rsv: 0, opcode: OPCODE.close, payload, mask }
}

function controlFrame(control: MessagePlan['between'][number], mask: number): SentFrame {
  return {
    fin: true,
    rsv: 0,
    opcode: control.ping ? OPCODE.ping : OPCODE.pong,
    payload: Buffer.from(control.payload, 'latin1'),
    mask,
  }
}
