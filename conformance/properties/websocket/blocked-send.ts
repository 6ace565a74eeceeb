import fc from 'fast-check'
import type { Trial } from '../../testers/trial.ts'
import { establish } from '../../websocket/open.ts'
import {
  BLOCKED_CLAUSES,
  judgeBlocked,
  PIECE,
  responding,
  type Sender,
} from '../http/send-blocked.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** asgi.rst, "Applications": send() returns once the event is sent, or the connection is closed. */
export const blockedSend: Property = exchangeProperty({
  id: 'asgi/send/returns/blocked',
  law: 'a send() waits for a client which reads nothing where that is promised, and comes back when that client is lost',
  clauses: BLOCKED_CLAUSES,
  needs: ['websocket'],
  enough: 2,
  caseOf: ({ of }) => of,
  program: fc.record({
    of: fc.constantFrom('a message' as const, 'a response' as const),
    listening: fc.boolean(),
  }),
  async run(trial, { of, listening }) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const sender = of === 'a message' ? await speaking(trial) : await responding(trial)
      if (!(await judgeBlocked(trial, sender, listening))) return
    }
  },
})

async function speaking(trial: Trial): Promise<Sender> {
  const exchange = await establish(trial)
  exchange.misused = true
  const { channel, app } = exchange
  return { channel, app, piece: { type: 'websocket.send', bytes: PIECE } }
}

/** A server that forgets such a send() may do so only now and then. */
const ROUNDS = 3
