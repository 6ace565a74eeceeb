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
import * as overHttp1 from '../../websocket/open.ts'
import { CONNECT, open, type Socket } from './web-socket-stream.ts'

/**
 * A WebSocket that its application has accepted, over a stream of its own connection, in the same hands
 * as one over HTTP/1.1: RFC 8441 §5, "as if it were the TCP connection". Null where there is none.
 */
export async function establish(
  trial: Trial,
  handshake: Handshake = PLAIN,
  accept: Message = {},
): Promise<WebSocketExchange | null> {
  const exchange = await openExchange(trial, handshake)
  await exchange?.accept(accept)
  return exchange
}

/** One whose application has heard of it, and has not answered. */
export async function openExchange(
  trial: Trial,
  { target, headers, subprotocols, extensions }: Handshake = PLAIN,
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
  return exchange
}

/** A twin over HTTP/2 of what is judged over HTTP/1.1, where the server speaks both on one port. */
export async function alsoOverHttp2(
  trial: Trial,
  handshake: Handshake = PLAIN,
  accept: Message = {},
): Promise<WebSocketExchange[]> {
  if (!trial.iut.target.has('http/2/prior-knowledge')) return []
  const exchange = await establish(trial, handshake, accept)
  return exchange === null ? [] : [exchange]
}

/** Over HTTP/2 where that is asked for and the server speaks it on the same port, else over HTTP/1.1. */
export async function establishOver(
  trial: Trial,
  http2: boolean,
  handshake: Handshake = PLAIN,
): Promise<WebSocketExchange> {
  const [exchange] = http2 ? await alsoOverHttp2(trial, handshake) : []
  return exchange ?? (await overHttp1.establish(trial, handshake))
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
