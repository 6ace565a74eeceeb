import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { Channel } from '../../testers/channel.ts'
import { type Exchange, startMessage } from '../../testers/exchange.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Message } from '../../testers/values.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const RETURNS = 'asgi/send/returns'
const HELD_UP = 'process/write-flow-control'

/** Of a send() that waits for its client. */
export const BLOCKED_CLAUSES: readonly string[] = [RETURNS, HELD_UP]

/** Together more than the sockets of both sides hold. */
export const PIECES = 16
export const PIECE: Buffer = Buffer.alloc(2 ** 20)
/** In which an application call whose client has gone has been cancelled. */
const CANCELLED_MS = 5000
const PERIODS = 5

/** asgi.rst, "Applications": send() returns once the event is sent, or the connection is closed. */
export const sendBlocked: Property = exchangeProperty({
  id: 'asgi/send/returns/blocked-response',
  beyondTcp: ENDING_ALIKE,
  law: 'a send() of a response waits for a client which reads nothing where that is promised, and comes back when that client is lost',
  clauses: BLOCKED_CLAUSES,
  enough: 2,
  caseOf: ({ again }) => String(again),
  program: fc.record({
    sized: fc.boolean(),
    listening: fc.boolean(),
    /** It has waited once already, until its client read on. */
    again: fc.boolean(),
  }),
  async run(trial, { sized, listening, again }) {
    const length = 2 * PIECES * PIECE.length
    const headers = sized ? [['content-length', String(length)] as const] : []
    await judgeBlocked(trial, await responding(trial, headers), listening, again)
  },
})

/** Who sends the same piece again and again. */
export interface Sender {
  readonly channel: Channel
  readonly app: RemoteScope
  readonly piece: Message
  /** As many are more than the sockets of both sides hold; absent: so many of a MiB. */
  readonly pieces?: number
  /** Quiet periods after which a send() is held to be waiting. */
  readonly periods?: number
  /** What promises that it has to wait. */
  readonly promise?: Capability
}

export async function responding(
  trial: Trial,
  headers: readonly (readonly [name: string, value: string])[] = [],
): Promise<Sender> {
  return await beginning(await trial.open(http.get('/'), { fresh: true }), headers)
}

/** Begins a response of which each further piece is large; its client may be lost. */
export async function beginning(
  exchange: Exchange,
  headers: readonly (readonly [name: string, value: string])[] = [],
): Promise<Sender> {
  await exchange.readBody()
  exchange.misused = true
  exchange.clientLeft = true
  await exchange.send(startMessage({ status: 200, headers }))
  const { channel, app } = exchange
  return { channel, app, piece: { type: 'http.response.body', body: PIECE, more_body: true } }
}

/** Sends until a send() waits for the client, which is lost then; false where none waited. */
export async function judgeBlocked(
  trial: Trial,
  sender: Sender,
  listening: boolean,
  again = false,
): Promise<boolean> {
  const { channel, app, promise = 'flow-control' } = sender
  const { wire } = channel
  const promised = trial.iut.target.has(promise)
  if (!promised) trial.judge.notApplicable(HELD_UP, 'its documentation does not promise it')
  if (listening) void app.receive().catch(() => undefined)
  let waiting = await untilWaiting(trial, sender)
  if (again && 'sent' in waiting) {
    wire.resumeReading()
    await trial.iut.returned(waiting.sent)
    waiting = await untilWaiting(trial, sender)
  }
  wire.reset()
  if ('sent' in waiting) {
    if (promised) trial.check(HELD_UP, true, '', () => '')
    await judgeReturn(trial, waiting.sent)
    return true
  }
  trial.judge.notApplicable(RETURNS, 'no send() waits for the client')
  const expected = 'a send() that waits for a client which reads nothing'
  const { observed } = waiting
  if (promised) trial.check(HELD_UP, false, expected, () => observed)
  return false
}

/** The send() that waits for a client which no longer reads; where none does, what came of them. */
async function untilWaiting(
  trial: Trial,
  { channel, app, piece, pieces = PIECES, periods = PERIODS }: Sender,
): Promise<{ readonly sent: Promise<unknown> } | { readonly observed: string }> {
  channel.wire.pauseReading()
  for (let turn = 0; turn < pieces; turn += 1) {
    const sent = app.send(piece)
    if (!(await trial.iut.cameWithinQuiet(sent, periods))) return { sent }
    const { raised } = await sent
    if (raised !== null)
      return { observed: `${turn} taken, then ${raised.chain[0]}: ${raised.text}` }
  }
  return { observed: `${pieces} taken` }
}

/** Of a send() that waited for a client which is lost by now. */
async function judgeReturn(trial: Trial, sent: Promise<unknown>): Promise<void> {
  let over = false
  const settle = (): void => {
    over = true
  }
  sent.then(settle, settle)
  // Some cancel the call a while after its client has gone, which ends it as well.
  await trial.iut.becomes(() => over, CANCELLED_MS)
  await trial.iut.within(sent, RETURNS, 'the return of a send() whose client is lost')
  trial.check(RETURNS, true, '', () => '')
}
