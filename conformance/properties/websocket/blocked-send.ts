import fc from 'fast-check'
import type { Trial } from '../../testers/trial.ts'
import { establish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const RETURNS = 'asgi/send/returns'
const HELD_UP = 'process/write-flow-control'

/** asgi.rst, "Applications": send() returns once the event is sent, or the connection is closed. */
export const blockedSend: Property = exchangeProperty({
  id: 'asgi/send/returns/blocked',
  law: 'a send() waits for a client which reads nothing where that is promised, and comes back when that client is lost',
  clauses: [RETURNS, HELD_UP],
  needs: ['websocket'],
  enough: 1,
  program: fc.record({ listening: fc.boolean() }),
  async run(trial, { listening }) {
    const promised = trial.iut.target.has('flow-control')
    if (!promised) trial.judge.notApplicable(HELD_UP, 'its documentation does not promise it')
    for (let round = 0; round < ROUNDS; round += 1) {
      const waiting = await blocked(trial, listening)
      if (waiting === null) {
        trial.judge.notApplicable(RETURNS, 'no send() waits for the client')
        const expected = 'a send() that waits for a client which reads nothing'
        if (promised) trial.check(HELD_UP, false, expected, () => `${PIECES} MiB taken`)
        return
      }
      if (promised) trial.check(HELD_UP, true, '', () => '')
      await trial.iut.within(waiting.send, RETURNS, 'the return of a send() whose client is lost')
      trial.check(RETURNS, true, '', () => '')
    }
  },
})

/** A send() that waits for a client, which is lost by then; null: none waited. */
async function blocked(
  trial: Trial,
  listening: boolean,
): Promise<{ readonly send: Promise<unknown> } | null> {
  const exchange = await establish(trial)
  exchange.misused = true
  const { wire } = exchange.channel
  wire.pauseReading()
  if (listening) void exchange.app.receive().catch(() => undefined)
  for (let piece = 0; piece < PIECES; piece += 1) {
    const sent = exchange.app.send({ type: 'websocket.send', bytes: PIECE })
    if (await trial.iut.cameWithinQuiet(sent, PERIODS)) continue
    wire.reset()
    return { send: sent }
  }
  wire.reset()
  return null
}

/** A server that forgets such a send() may do so only now and then. */
const ROUNDS = 3
/** Together more than the sockets of both sides hold. */
const PIECES = 16
const PIECE = Buffer.alloc(2 ** 20)
/** Quiet periods after which a send() is held to be waiting. */
const PERIODS = 5
