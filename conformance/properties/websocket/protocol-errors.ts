import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Deflater } from '../../websocket/deflate.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { AFTERWARDS, FAILING, judgeFailure } from '../../websocket/failure.ts'
import { OPCODE, RSV1, type SentFrame } from '../../websocket/frame.ts'
import { type Handshake, PLAIN } from '../../websocket/handshake.ts'
import { framesOf, type MessagePlan } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const MASK = 0x5a_a5_0f_f0

function frame(
  opcode: number,
  payload: Buffer | string,
  changes: Partial<SentFrame> = {},
): SentFrame {
  return { fin: true, rsv: 0, opcode, payload: Buffer.from(payload), mask: MASK, ...changes }
}

const control = fc.constantFrom('ping' as const, 'pong' as const)
const data = fc.constantFrom('text' as const, 'binary' as const)
const unfinished = { fin: false }

/** RFC 6455 §8.1: sequences that are not UTF-8, and stay so whatever follows them. */
const notUtf8 = fc.constantFrom(
  'ff',
  'fe80',
  'c080',
  'c1bf',
  'e08080',
  'eda080',
  'edbfbf',
  'f0808080',
  'f4908080',
  'f8888080',
  '80',
  'c3',
  'e282',
  'f09d84',
  'cebae1bdb9cf83cebcceb5eda080656469746564',
)

/** RFC 6455 §5.1: the server closes, and "MAY send a Close frame" first. */
const UNMASKED = 'wire/rfc6455/unmasked-frame-closes'

/** Names the clauses that all of them judge, so that a server breaks those once and not seven times. */
const FIRST = 'wire/rfc6455/rsv-bits'

/** Frames that break a rule, and what that rule is. */
export interface Breach<Value = unknown> {
  readonly clause: string
  readonly law: string
  readonly program: Arbitrary<Value>
  /** `deflater`: where messages may be compressed, null where that was not agreed on. */
  frames(value: Value, deflater: Deflater | null): readonly SentFrame[]
}

/** What a client must not send: the server fails the connection, and the application sees none of it. */
export const BREACHES: readonly Breach[] = [
  fails(
    UNMASKED,
    'a frame that is not masked fails the connection',
    fc.record({ kind: fc.oneof(data, control), payload: fc.string({ maxLength: 10 }) }),
    ({ kind, payload }) => [frame(OPCODE[kind], payload, { mask: null })],
  ),
  fails(
    FIRST,
    'a reserved bit that no extension in use defines fails the connection',
    fc.record({ kind: fc.oneof(data, control), rsv: fc.integer({ min: 1, max: 7 }) }),
    // RFC 7692 §6.1 gives RSV1 a meaning, and the others none.
    ({ kind, rsv }, deflater) => [
      frame(OPCODE[kind], 'x', { rsv: deflater === null || rsv !== RSV1 ? rsv : rsv + 1 }),
    ],
  ),
  fails(
    'wire/rfc6455/unknown-opcode',
    'a reserved opcode fails the connection',
    fc.record({
      opcode: fc.constantFrom(3, 4, 5, 6, 7, 11, 12, 13, 14, 15),
      payload: fc.string({ maxLength: 10 }),
    }),
    ({ opcode, payload }) => [frame(opcode, payload)],
  ),
  fails(
    'wire/rfc6455/control-frame-length',
    'a control frame of more than 125 bytes fails the connection',
    fc.record({ kind: control, length: fc.integer({ min: 126, max: 300 }) }),
    ({ kind, length }) => [frame(OPCODE[kind], 'x'.repeat(length))],
  ),
  fails(
    'wire/rfc6455/control-frame-whole',
    'a fragmented control frame fails the connection',
    fc.record({ kind: control, payload: fc.string({ maxLength: 10 }) }),
    ({ kind, payload }) => [
      frame(OPCODE[kind], payload, unfinished),
      frame(OPCODE.continuation, payload),
    ],
  ),
  fails(
    'wire/rfc6455/continuation-needs-start',
    'a continuation of nothing, or a new message within another, fails the connection',
    fc.record({ kind: data, within: fc.boolean(), fin: fc.boolean() }),
    ({ kind, within, fin }) =>
      within
        ? [frame(OPCODE[kind], 'begun', unfinished), frame(OPCODE[kind], 'new', { fin })]
        : [frame(OPCODE.continuation, 'rest', { fin })],
  ),
  fails(
    'wire/rfc6455/invalid-utf8-fails',
    'a text message that is not UTF-8 fails the connection, in one frame or in fragments, compressed or not',
    fc.record({
      before: fc.string({ maxLength: 5 }),
      bad: notUtf8,
      cuts: fc.array(fc.nat(1000), { maxLength: 2 }),
    }),
    ({ before, bad, cuts }, deflater) => {
      const payload = Buffer.concat([Buffer.from(before), Buffer.from(bad, 'hex')])
      const plan = {
        kind: 'binary',
        content: payload.toString('latin1'),
        cuts,
        between: [],
      } as const
      const [first, ...rest] = framesOf({ ...plan, mask: MASK }, deflater)
      return first === undefined ? [] : [{ ...first, opcode: OPCODE.text }, ...rest]
    },
  ),
]

function fails<Value>(
  clause: string,
  law: string,
  program: Arbitrary<Value>,
  frames: (value: Value, deflater: Deflater | null) => readonly SentFrame[],
): Breach<Value> {
  return { clause, law, program, frames }
}

export const protocolErrors: readonly Property[] = BREACHES.map((breach) =>
  exchangeProperty({
    id: breach.clause,
    law: breach.law,
    clauses: breach.clause === FIRST ? [breach.clause, ...FAILING] : [breach.clause],
    beyondTcp: ENDING_ALIKE,
    needs: ['websocket'],
    program: breaching(breach),
    async run(trial, program) {
      await judgeBreach(trial, await establish(trial, offering(program)), breach, program)
    },
  }),
)

interface Breaching {
  readonly messages: readonly MessagePlan[]
  readonly bad: unknown
  /** Offered, so that rules are broken where messages are compressed, too. */
  readonly compression: boolean
}

/** The handshake before it. */
export function offering({ compression }: Breaching): Handshake {
  return { ...PLAIN, extensions: compression ? ['permessage-deflate'] : [] }
}

/** One broken rule, after messages that keep them all and before one that must not be processed. */
export function breaching({ program }: Breach): Arbitrary<Breaching> {
  return fc.record({
    messages: fc.array(arbitrary.smallMessage, { maxLength: 2 }),
    bad: program,
    compression: fc.boolean(),
  })
}

export async function judgeBreach(
  trial: Trial,
  exchange: WebSocketExchange,
  breach: Breach,
  { messages, bad }: Breaching,
): Promise<void> {
  const { deflater } = exchange.peer
  exchange.say(messages, deflater)
  await exchange.receiveAll(messages.length, 'websocket/receive/event')
  exchange.peer.write(...breach.frames(bad, deflater), ...framesOf(AFTERWARDS))
  await judgeFailure(
    trial,
    exchange,
    breach.clause,
    breach.clause === UNMASKED ? 'optional' : 'due',
  )
}
