import type { Trial } from '../testers/trial.ts'
import { show } from '../testers/values.ts'
import type { WebSocketExchange } from './exchange.ts'

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
  if (!failed) return
  trial.check('websocket/disconnect/any-cause', true, '', () => '')
  trial.check('wire/rfc6455/fail-stops-processing', true, '', () => '')
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
