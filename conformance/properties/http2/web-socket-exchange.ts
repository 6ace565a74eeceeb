import { StreamTunnel } from '../../http2/stream-tunnel.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Message } from '../../testers/values.ts'
import type { Carrier } from '../../websocket/carrier.ts'
import { WebSocketExchange } from '../../websocket/exchange.ts'
import {
  type Handshake,
  handshakeRequest,
  judgeExtensions,
  PLAIN,
} from '../../websocket/handshake.ts'
import { CONNECT, open, type Socket } from './web-socket-stream.ts'

/**
 * A WebSocket that its application has accepted, over a stream of its own connection, in the same hands
 * as one over HTTP/1.1: RFC 8441 §5, "as if it were the TCP connection". Null where there is none.
 */
export async function establish(
  trial: Trial,
  { target, headers, subprotocols, extensions }: Handshake = PLAIN,
  accept: Message = {},
): Promise<WebSocketExchange | null> {
  const socket = await open(trial, target, [
    ...headers,
    ...subprotocols.map((names) => ['sec-websocket-protocol', names.join(', ')] as const),
    ...extensions.map((offer) => ['sec-websocket-extensions', offer] as const),
  ])
  if (socket === null) return null
  if (socket.app.type !== 'websocket') {
    trial.judge.notApplicable(CONNECT, 'it is served as another kind of request')
    return null
  }
  const request = handshakeRequest({ target, headers, subprotocols, extensions })
  const exchange = new WebSocketExchange(
    trial.iut,
    trial.judge,
    request,
    socket.client.channel,
    socket.app,
    answered(socket),
    overHttp2(socket),
  )
  trial.held.push(exchange)
  await exchange.connect()
  await exchange.accept(accept)
  return exchange
}

/** The head alone where it opens a tunnel; all of any other response. */
async function answered({ client, stream }: Socket): ReturnType<WebSocketExchange['response']> {
  await client.until(() => stream.assembly.head !== null || stream.over)
  const { head } = stream.assembly
  return head !== null && opens(head.status) ? stream.assembly.response() : await stream.answered
}

/** RFC 8441 §5: a 2xx completes the handshake, without any key. */
function overHttp2({ client, stream }: Socket): Carrier {
  return {
    tunnel: new StreamTunnel(client, stream),
    completion: 'a 2xx status',
    completes: opens,
    judge: judgeExtensions,
  }
}

function opens(status: number): boolean {
  return status >= 200 && status < 300
}
