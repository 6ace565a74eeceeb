import fc from 'fast-check'
import { encodeFrame, OPCODE } from '../../websocket/frame.ts'
import { establish } from '../../websocket/open.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'wire/rfc6455/message-size-limited'

const PIECE = Buffer.alloc(2 ** 20, 'm')
/** MiB, beyond every limit that a server is known to have by default. */
const PIECES = 72
/** A server that takes no more in this time holds its client up, which bounds the message as well. */
const TAKEN_MS = 4000

/** RFC 6455 §10.4: a client may try to use up the memory of the server by a message that does not end. */
export const endlessMessage: Property = processProperty({
  id: CLAUSE,
  law: 'a message that goes on and on is not taken in without a limit',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'websocket'],
  enough: 1,
  program: fc.record({ kind: fc.constantFrom('text' as const, 'binary' as const) }),
  async run(launcher, { kind }) {
    const iut = await launcher.serve(CLAUSE, {})
    const exchange = await establish(launcher.trial(iut))
    exchange.misused = true
    const { channel, peer } = exchange
    const { wire } = channel
    let taken = 0
    const more = piece(OPCODE.continuation)
    for (; taken < PIECES && wire.usable && !peer.over; taken += 1) {
      wire.write(taken === 0 ? piece(OPCODE[kind]) : more, '1 MiB of a message')
      const drained = await iut.becomes(
        () => wire.unsent === 0 || !wire.usable || peer.over,
        TAKEN_MS,
      )
      if (!drained) break
    }
    await iut.settle()
    const whole = taken === PIECES && wire.usable && !peer.over
    launcher.check(
      CLAUSE,
      !whole,
      'a limit, by default too',
      () => `${PIECES} MiB of one message taken`,
    )
    wire.reset()
  },
})

/** A piece of it as a frame; a key of zeros masks as well as any other. */
function piece(opcode: number): Buffer {
  return encodeFrame({ fin: false, rsv: 0, opcode, payload: PIECE, mask: 0 })
}
