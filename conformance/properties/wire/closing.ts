import type { Channel } from '../../testers/channel.ts'
import { http, serialize } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'

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
