import type { Channel } from '../../testers/channel.ts'
import { http, serialize } from '../../testers/request.ts'
import { valuesOf, type WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import type { WireConnection } from '../../testers/wire.ts'

/**
 * Judges that the server closes the connection. Another request tells at once where it does not: to be
 * served is the opposite of a close, and needs no waiting for a silence to end.
 */
export async function judgeClose(trial: Trial, channel: Channel, clause: string): Promise<void> {
  const { wire } = channel
  const served = channel.scopes.length
  if (!(await trial.iut.cameWithinQuiet(wire.closed)))
    wire.write(serialize(trial.mark(http.get('/behind-the-close'), channel)))
  await trial.iut.within(
    Promise.race([wire.closed, channel.scope()]),
    clause,
    'the close of the connection',
  )
  await trial.iut.settle()
  trial.check(
    clause,
    channel.scopes.length === served,
    'the close of the connection',
    () => 'another request served on it',
  )
}

/** Quiet periods in which a server that means to close after its response has done so. */
const CLOSING_PERIODS = 4

/**
 * Judges that a close behind a response was announced in it. A server that leaves the connection open
 * has said so by leaving the option out.
 */
export async function judgeSaysClose(
  trial: Trial,
  wire: WireConnection,
  response: WireResponse,
  clause: string,
): Promise<void> {
  const closed = await trial.iut.cameWithinQuiet(wire.closed, CLOSING_PERIODS)
  const says = valuesOf(response, 'connection').some((value) => /\bclose\b/i.test(value))
  trial.check(
    clause,
    !closed || says,
    'the close option in a response that a close follows',
    () => `status ${response.status} without it`,
  )
}
