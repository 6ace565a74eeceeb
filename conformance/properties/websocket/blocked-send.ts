import fc from 'fast-check'
import type { Channel } from '../../testers/channel.ts'
import { startMessage } from '../../testers/exchange.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Message } from '../../testers/values.ts'
import { establish } from '../../websocket/open.ts'
import { judgeReturn } from '../http/send-blocked.ts'
import { exchangeProperty, type Property } from '../property.ts'

const RETURNS = 'asgi/send/returns'
const HELD_UP = 'process/write-flow-control'

/** asgi.rst, "Applications": send() returns once the event is sent, or the connection is closed. */
export const blockedSend: Property = exchangeProperty({
  id: 'asgi/send/returns/blocked',
  law: 'a send() waits for a client which reads nothing where that is promised, and comes back when that client is lost',
  clauses: [RETURNS, HELD_UP],
  needs: ['websocket'],
  enough: 2,
  caseOf: ({ of }) => of,
  program: fc.record({
    of: fc.constantFrom('a message' as const, 'a response' as const),
    listening: fc.boolean(),
  }),
  async run(trial, { of, listening }) {
    const promised = trial.iut.target.has('flow-control')
    if (!promised) trial.judge.notApplicable(HELD_UP, 'its documentation does not promise it')
    for (let round = 0; round < ROUNDS; round += 1) {
      const sender = of === 'a message' ? await speaking(trial) : await responding(trial)
      const waiting = await blocked(trial, sender, listening)
      if (waiting === null) {
        trial.judge.notApplicable(RETURNS, 'no send() waits for the client')
        const expected = 'a send() that waits for a client which reads nothing'
        if (promised) trial.check(HELD_UP, false, expected, () => `${PIECES} MiB taken`)
        return
      }
      if (promised) trial.check(HELD_UP, true, '', () => '')
      await judgeReturn(trial, waiting.send)
    }
  },
})

/** Who sends the same piece again and again. */
interface Sender {
  readonly channel: Channel
  readonly app: RemoteScope
  readonly piece: Message
}

async function speaking(trial: Trial): Promise<Sender> {
  const exchange = await establish(trial)
  exchange.misused = true
  const { channel, app } = exchange
  return { channel, app, piece: { type: 'websocket.send', bytes: PIECE } }
}

async function responding(trial: Trial): Promise<Sender> {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  await exchange.readBody()
  exchange.misused = true
  exchange.clientLeft = true
  await exchange.send(startMessage({ status: 200 }))
  const { channel, app } = exchange
  return { channel, app, piece: { type: 'http.response.body', body: PIECE, more_body: true } }
}

/** A send() that waits for a client, which is lost by then; null: none waited. */
async function blocked(
  trial: Trial,
  { channel: { wire }, app, piece }: Sender,
  listening: boolean,
): Promise<{ readonly send: Promise<unknown> } | null> {
  wire.pauseReading()
  if (listening) void app.receive().catch(() => undefined)
  for (let turn = 0; turn < PIECES; turn += 1) {
    const sent = app.send(piece)
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
