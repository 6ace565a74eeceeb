import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import { answer, knock, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { http, serialize } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import type { WireConnection } from '../../testers/wire.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { type Handshake, handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { closeFrame } from '../../websocket/message-plan.ts'
import { adopt, establish, knock as knockWebSocket, openWebSocket } from '../../websocket/open.ts'
import { switchToHttp2 } from '../http2/switched.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { type Property, processProperty } from '../property.ts'
import { SHORT_SECONDS, serveWith } from './serve-with.ts'
import { judgeTimeOut } from './timeouts.ts'

const CLAUSE = 'config/timeout-keep-alive'
const UPGRADED = 'config/timeout-keep-alive-upgraded'
const PIPELINED = 'wire/rfc9112/pipelining-order'
const FAREWELL = 'wire/rfc9113/goaway-before-close'
const needs = ['http/1.1', 'config/command-line', 'timeout/keep-alive'] as const

/** Milliseconds that a connection in use is held: well beyond the time-out for those that are idle. */
const HELD_MS = 1000 * (2 * SHORT_SECONDS + 0.5)

/**
 * The keep-alive time-out is one for connections between two requests. What a connection waits for while
 * one is under way, whoever is slow and whatever is spoken, is no reason to end it.
 */
export const heldConnections: readonly Property[] = [
  processProperty({
    id: 'config/timeout-keep-alive/held',
    law: 'a connection is not idle while its application, or its client, takes long over a request',
    clauses: [CLAUSE, PIPELINED],
    needs,
    enough: 1,
    program: fc.record({ requests: fc.constantFrom(0, 1) }),
    async run(launcher, { requests }) {
      const trial = await serveWith(launcher, CLAUSE, { timeoutKeepAlive: SHORT_SECONDS })
      await allOf([
        slowApplication(trial, requests),
        slowBehindAnother(trial),
        slowClient(trial),
        slowSwitched(trial),
        ...(launcher.target.has('http/2/prior-knowledge') ? [slowStream(trial)] : []),
      ])
    },
  }),
  processProperty({
    id: 'config/timeout-keep-alive-upgraded/held',
    law: 'a handshake that the application takes long over, and a WebSocket without traffic, are not idle',
    clauses: [UPGRADED],
    needs: [...needs, 'websocket'],
    enough: 1,
    program: fc.record({ target: fc.constantFrom('/', '/chat') }),
    async run(launcher, { target }) {
      const trial = await serveWith(launcher, UPGRADED, { timeoutKeepAlive: SHORT_SECONDS })
      const handshake = { ...PLAIN, target }
      const quiet = [
        await establish(trial, handshake),
        ...(await establishBehind(trial, handshake)),
        ...(await alsoOverHttp2(trial, handshake)),
      ]
      await allOf([
        slowAccept(trial, target),
        ...quiet.map((exchange) => quietWebSocket(trial, exchange)),
      ])
    },
  }),
  processProperty({
    id: 'config/timeout-keep-alive/http2',
    law: 'a connection of HTTP/2 without streams is closed after the keep-alive time-out, and not at once, nor without a GOAWAY',
    clauses: [CLAUSE, FAREWELL],
    needs: [...needs, 'http/2/prior-knowledge'],
    enough: 1,
    program: fc.record({ requests: fc.constantFrom(1, 2) }),
    async run(launcher, { requests }) {
      const trial = await serveWith(launcher, CLAUSE, { timeoutKeepAlive: SHORT_SECONDS })
      // First in use, so that its time is over before that of the idle ones.
      const busy = await openHttp2(trial)
      const { exchange } = await serve(trial, busy, h2.get('/held'))
      const last: readonly ((client: Http2Client) => Promise<void>)[] = [
        async () => undefined,
        (client) => malformedStream(trial, client),
        (client) => outlastingStream(trial, client),
      ]
      await allOf(
        last.map(async (before) => {
          const client = await openHttp2(trial)
          const started = performance.now()
          await answer(trial, client, requests)
          await before(client)
          await judgeTimeOut(trial, client.channel.wire, CLAUSE, started)
          const told = client.goAway !== null
          trial.check(FAREWELL, told, 'a GOAWAY before the close', () => 'a close without it')
        }),
      )
      await exchange.respond({ status: 200, body: ['after a while'] })
      const response = await exchange.response(CLAUSE)
      const whole = response?.complete === true
      const expected = 'a stream that is in use answered after that time too'
      trial.check(CLAUSE, whole, expected, () => (busy.closed ? 'a close' : 'its reset'))
    },
  }),
]

async function slowApplication(trial: Trial, requests: number): Promise<void> {
  const channel = await trial.connect()
  for (let count = 0; count < requests; count += 1) {
    const before = await trial.open(http.get('/before'), { channel })
    await before.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
    await before.response()
    if (!channel.wire.usable) return
  }
  const exchange = await trial.open(http.get('/held'), { channel })
  await answerLate(trial, exchange, 'its request is with the application')
}

/** The request has arrived before the response is sent behind which the connection would be idle. */
async function slowBehindAnother(trial: Trial): Promise<void> {
  const channel = await trial.connect()
  const [first, second] = [http.get('/first'), http.get('/held')]
  for (const { method } of [first, second]) channel.wire.reader.expect(method)
  const marked = [first, second].map((request) => serialize(trial.mark(request, channel)))
  channel.wire.write(Buffer.concat(marked))
  const before = await trial.adopt(first, channel)
  await trial.iut.settle()
  await before.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
  await before.response()
  if (!channel.wire.usable) return
  const exchange = await trial.adopt(second, channel, PIPELINED)
  await answerLate(trial, exchange, 'a request that had come with another is with the application')
}

/** Half of the content comes at once, the rest of it late. */
async function slowClient(trial: Trial): Promise<void> {
  const channel = await trial.connect()
  const request = trial.mark(http.post('/slow', 'first second'), channel)
  const bytes = serialize(request)
  channel.wire.reader.expect(request.method)
  channel.wire.write(bytes.subarray(0, bytes.length - 6))
  if (!(await outlasts(trial, CLAUSE, channel.wire, 'its request is still arriving'))) return
  channel.wire.write(bytes.subarray(bytes.length - 6))
  const exchange = await trial.adopt(request, channel, CLAUSE)
  await exchange.readBody()
  await exchange.respond({ status: 200, body: ['ok'] })
  await exchange.response(CLAUSE)
}

/** Its request was made over HTTP/1.1, behind which the connection would be idle. */
async function slowSwitched(trial: Trial): Promise<void> {
  const switched = await switchToHttp2(trial, '/held', CLAUSE)
  if (switched === null) return
  const { wire, stream } = switched
  const reason = 'the request with which it went over to HTTP/2 is with the application'
  if (!(await outlasts(trial, CLAUSE, wire, reason))) return
  switched.respond('ok')
  const response = await trial.iut.within(stream.answered, CLAUSE, 'a response on stream 1')
  trial.check(CLAUSE, response?.complete === true, 'a whole response', () => 'none')
}

async function slowStream(trial: Trial): Promise<void> {
  const client = await openHttp2(trial)
  const { exchange } = await serve(trial, client, h2.get('/held'))
  await answerLate(trial, exchange, 'a stream is with the application')
}

/** Refused or served, it is over then. */
async function malformedStream(trial: Trial, client: Http2Client): Promise<void> {
  const request = { ...h2.get('/malformed'), headers: [['host', 'other.example'] as const] }
  const { served } = await knock(trial, client, request)
  await served?.exchange.respond({ status: 204 })
  await served?.exchange.response(CLAUSE)
}

/** For longer than an idle connection lives; its end begins another such time. */
async function outlastingStream(trial: Trial, client: Http2Client): Promise<void> {
  const { exchange } = await serve(trial, client, h2.get('/long'))
  exchange.misused = true
  await setTimeout(HELD_MS)
  await exchange.respond({ status: 200, body: ['ok'] })
  await exchange.response(CLAUSE)
}

/** On a connection that was idle before; none where the server serves no handshake there. */
async function establishBehind(
  trial: Trial,
  handshake: Handshake,
): Promise<readonly WebSocketExchange[]> {
  const channel = await trial.connect()
  const before = await trial.open(http.get('/before'), { channel })
  await before.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
  await before.response()
  if (!channel.wire.usable) return []
  // The scope of the request before it is not one of the WebSocket connection.
  channel.scopes.shift()
  const request = handshakeRequest(handshake)
  const knocked = await knockWebSocket(trial, request, { channel })
  if (knocked.scope === null) return []
  if (knocked.scope.type !== 'websocket') {
    void knocked.scope.return()
    return []
  }
  const exchange = adopt(trial, request, knocked)
  await exchange.connect()
  await exchange.accept()
  return [exchange]
}

async function slowAccept(trial: Trial, target: string): Promise<void> {
  const exchange = await openWebSocket(trial, { ...PLAIN, target })
  exchange.misused = true
  await exchange.connect()
  const { wire } = exchange.channel
  if (!(await outlasts(trial, UPGRADED, wire, 'its handshake is with the application'))) return
  await exchange.send({ type: 'websocket.close' })
  await exchange.response(UPGRADED)
}

async function quietWebSocket(trial: Trial, exchange: WebSocketExchange): Promise<void> {
  const { peer } = exchange
  const { wire } = exchange.channel
  if (!(await outlasts(trial, UPGRADED, wire, 'it is a WebSocket'))) return
  trial.check(UPGRADED, !peer.over, 'an open WebSocket', () => 'a Close frame')
  if (!peer.over) peer.write(closeFrame(Buffer.from([3, 232])))
}

/** The response comes when an idle connection would be gone. */
async function answerLate(trial: Trial, exchange: Exchange, reason: string): Promise<void> {
  exchange.misused = true
  if (!(await outlasts(trial, CLAUSE, exchange.channel.wire, reason))) return
  await exchange.respond({ status: 200, body: ['ok'] })
  await exchange.response(CLAUSE)
}

/** Whether the connection is still there after longer than an idle one lives; false is a verdict already. */
async function outlasts(
  trial: Trial,
  clause: string,
  wire: WireConnection,
  reason: string,
): Promise<boolean> {
  await Promise.race([setTimeout(HELD_MS), wire.closed])
  return trial.check(
    clause,
    wire.usable,
    `a connection that lives on while ${reason}, after ${HELD_MS / 1000} s with a time-out of ${SHORT_SECONDS} s too`,
    () => 'closed by the server',
  )
}

/** Waits for all of them before any failure is passed on. */
async function allOf(holds: readonly Promise<void>[]): Promise<void> {
  for (const end of await Promise.allSettled(holds)) if (end.status === 'rejected') throw end.reason
}
