import type { Trial } from '../testers/trial.ts'
import { type PyDict, show } from '../testers/values.ts'
import type { WebSocketExchange } from './exchange.ts'
import { type MessagePlan, plainMessage } from './message-plan.ts'

const STOPS = 'wire/rfc6455/fail-stops-processing'

/** A message that is sent right behind the frames that break a rule. */
export const AFTERWARDS: MessagePlan = plainMessage('text', 'after the error')

/** The clauses that `judgeFailure` exercises beside the one of the rule that was broken. */
export const FAILING = [
  'wire/rfc6455/fail-closes',
  'wire/rfc6455/fail-close-frame',
  'wire/rfc6455/fail-stops-processing',
  'websocket/disconnect/any-cause',
] as const

/**
 * After frames that break the rule of `clause`: the application is told that it is over and gets
 * nothing of them, and the client sees a Close frame, which should be there, and the end of the
 * connection, which must (RFC 6455 §7.1.7). For a frame that is not masked the Close frame is optional: §5.1
 * says so in a sentence of its own.
 */
export async function judgeFailure(
  trial: Trial,
  exchange: WebSocketExchange,
  clause: string,
  closeFrame: 'due' | 'optional' = 'due',
): Promise<void> {
  const event = await exchange.receive(clause)
  const failed = trial.check(
    clause,
    event['type'] === 'websocket.disconnect',
    'websocket.disconnect, and nothing of what is wrong',
    () => show(event),
  )
  if (!failed) {
    await judgeStop(trial, exchange, event)
    return
  }
  trial.check('websocket/disconnect/any-cause', true, '', () => '')
  trial.check(STOPS, true, '', () => '')
  // Nothing says how soon: a server may wait until its application has taken note.
  await exchange.app.return()
  await exchange.over('wire/rfc6455/fail-closes')
  if (closeFrame === 'due')
    trial.check(
      'wire/rfc6455/fail-close-frame',
      exchange.peer.reader.close !== null,
      'a Close frame first',
      () => 'the end of the connection without one',
    )
  exchange.answerClose()
  await exchange.closed('wire/rfc6455/fail-closes')
  trial.check('wire/rfc6455/fail-closes', true, '', () => '')
}

/** A connection that has failed, by its Close, and goes on all the same with what came behind. */
async function judgeStop(trial: Trial, exchange: WebSocketExchange, event: PyDict): Promise<void> {
  if (event['text'] !== AFTERWARDS.content) return
  const { peer } = exchange
  const failed = await trial.iut.cameWithinQuiet(peer.until(() => peer.over))
  trial.check(STOPS, !failed, 'nothing of what came behind the error', () => show(event))
}
