import { MARKER } from '../../testers/channel.ts'
import { serialize } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import type { PyDict } from '../../testers/values.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'

/** The scope of a WebSocket handshake that a proxy seems to have forwarded; the application turns it down. */
export async function forwardedHandshake(
  trial: Trial,
  clause: string,
  client: string,
  scheme: string,
): Promise<PyDict> {
  const channel = await trial.connect()
  const request = handshakeRequest({
    ...PLAIN,
    headers: [
      // The client of the scope does not tell the connection now.
      [MARKER, channel.id],
      ['X-Forwarded-For', client],
      ['X-Forwarded-Proto', scheme],
    ],
  })
  const answered = channel.wire.response()
  channel.wire.reader.expect('GET')
  channel.wire.write(serialize(request))
  const scope = await trial.iut.within(channel.scope(), clause, 'a scope for the handshake')
  void answered
  await scope.return()
  return scope.scope
}
