import { Http2Client } from '../../http2/client.ts'
import type { ClientStream } from '../../http2/client-stream.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { type HttpRequest, http, serialize } from '../../testers/request.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import type { WireConnection } from '../../testers/wire.ts'

/** The payload of a SETTINGS frame: 100 streams at a time, windows of 65,535 octets (RFC 7540 §3.2.1). */
export const HTTP2_SETTINGS = ['HTTP2-Settings', 'AAMAAABkAAQAAP__'] as const

/** A request that was made over HTTP/1.1 and is with the application over HTTP/2. */
interface Switched {
  readonly wire: WireConnection
  readonly stream: ClientStream
  respond(content: string): void
}

/** The fields of a request that offers a protocol, with a field that the offer needs (RFC 9110 §7.8). */
export function offering(
  offer: string,
  needed?: readonly [name: string, value: string],
): readonly (readonly [string, string])[] {
  const options = ['Upgrade', ...(needed === undefined ? [] : [needed[0]])]
  return [
    ['Connection', options.join(', ')],
    ['Upgrade', offer],
    ...(needed === undefined ? [] : [needed]),
  ]
}

/** Null: the server ignored the offer, as it may, and has served the request over HTTP/1.1. */
export async function switchToHttp2(
  trial: Trial,
  target: string,
  clause: string,
): Promise<Switched | null> {
  const channel = await trial.connect()
  const request: HttpRequest = http.get(target, offering('h2c', HTTP2_SETTINGS))
  channel.wire.reader.expect(request.method)
  const arrived = channel.scope()
  const answered = channel.wire.response()
  channel.wire.write(serialize(trial.mark(request, channel)))
  await trial.iut.within(
    Promise.race([arrived, answered]),
    'wire/rfc9110/upgrade-optional',
    'a scope or a response for the request',
  )
  if (await staysWithHttp1(trial, answered)) {
    const scope = await trial.iut.within(arrived, 'wire/rfc9110/upgrade-optional', 'a scope')
    await trial.hold(request, channel, scope, answered).respond({ status: 204 })
    return null
  }
  const client = new Http2Client(channel, { greets: true })
  const stream = client.stream(request.method)
  const scope = await trial.iut.within(arrived, clause, 'a scope for the request')
  trial.held.push({ app: scope, judgeInvariants: () => undefined })
  return {
    wire: channel.wire,
    stream,
    respond: (content) => {
      for (const message of [startMessage({ status: 200 }), bodyMessage(content, false)])
        void scope.send(message).catch(() => undefined)
    },
  }
}

/** A server that takes the offer up says so before anything else. */
async function staysWithHttp1(
  trial: Trial,
  answered: Promise<WireResponse | null>,
): Promise<boolean> {
  return !(await trial.iut.cameWithinQuiet(answered)) || (await answered)?.status !== 101
}
