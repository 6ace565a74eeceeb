import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import type { Channel } from '../../testers/channel.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { http, serialize } from '../../testers/request.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { closeFrame } from '../../websocket/message-plan.ts'
import { adopt } from '../../websocket/open.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'config/timeout-keep-alive'
const UPGRADED = 'config/timeout-keep-alive-upgraded'
/** RFC 9112 §9.3.2: the corresponding responses must be sent. */
const PIPELINED = 'wire/rfc9112/pipelining-order'

/** Which request of a connection is held: the one behind a pipelined one, or the one after both. */
type Hold = 'behind another' | 'after two'
const HOLDS: Hold[] = ['behind another', 'after two']

/** Milliseconds: more than the five seconds after which most servers drop an idle connection. */
const LONGER = 6_500

/**
 * A time-out for idle connections is none for those in use. Each program first does what might leave
 * a timer behind, then holds the connection in use for longer than the usual time-out: on a server of its own, as
 * those that are shared keep idle connections for longer.
 */
export const inUse: readonly Property[] = [
  processProperty({
    id: 'config/timeout-keep-alive/in-use',
    law: 'a connection whose request is being served is not closed as if it were idle',
    clauses: [CLAUSE, PIPELINED],
    needs: ['http/1.1', 'process'],
    enough: 1,
    // All of them in each program, side by side: one takes as long as both.
    program: fc.shuffledSubarray(HOLDS, { minLength: HOLDS.length }),
    async run(launcher, holds) {
      const trial = launcher.trial(await launcher.serve(CLAUSE, {}))
      const ends = await Promise.allSettled(holds.map((kind) => holdBehind(trial, kind)))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    },
  }),
  processProperty({
    id: 'config/timeout-keep-alive/upgraded',
    law: 'a connection that went over to WebSocket behind a request is not closed as if it were idle',
    clauses: [UPGRADED],
    needs: ['http/1.1', 'process', 'websocket'],
    enough: 1,
    program: fc.constantFrom('/ws', '/'),
    async run(launcher, target) {
      const trial = launcher.trial(await launcher.serve(UPGRADED, {}))
      const channel = await trial.connect()
      const handshake = trial.mark(handshakeRequest({ ...PLAIN, target }), channel)
      const first = await lead(trial, channel, http.get('/one'), handshake)
      await answer(first)
      const scope = channel.scope()
      const answered = channel.wire.response()
      // To close behind the first response, or to serve the handshake as a request, is the server's right.
      if (!(await trial.iut.cameWithinQuiet(scope, 10)) || !channel.wire.usable) return
      const arrived = await scope
      if (arrived.type !== 'websocket') return void arrived.return()
      // The scope of the request before it is not one of the WebSocket connection.
      channel.scopes.shift()
      const exchange = adopt(trial, handshake, { scope: arrived, channel, answered })
      await exchange.connect()
      await exchange.accept()
      const { peer } = exchange
      await Promise.race([setTimeout(LONGER), channel.wire.closed])
      trial.check(
        UPGRADED,
        channel.wire.usable && !peer.over,
        `an open WebSocket after ${LONGER / 1000} seconds`,
        () => 'closed by the server',
      )
      if (channel.wire.usable) peer.write(closeFrame(Buffer.from([3, 232])))
    },
  }),
]

async function holdBehind(trial: Trial, kind: Hold): Promise<void> {
  const channel = await trial.connect()
  const [first, second] = await pipelined(trial, channel, http.get('/one'), http.get('/two'))
  await answer(first)
  if (!channel.wire.usable) return
  const later = await second()
  if (kind === 'behind another') return await hold(trial, later, PIPELINED)
  await answer(later)
  if (!channel.wire.usable) return
  const { served } = await trial.attempt(http.get('/three'), { channel })
  if (served !== null) await hold(trial, served, CLAUSE)
}

/** Writes both requests at once; the second is adopted when it is its turn. */
async function pipelined(
  trial: Trial,
  channel: Channel,
  first: Parameters<Trial['mark']>[0],
  second: Parameters<Trial['mark']>[0],
): Promise<readonly [Exchange, () => Promise<Exchange>]> {
  const exchange = await lead(trial, channel, first, trial.mark(second, channel))
  return [exchange, () => trial.adopt(second, channel)]
}

/** Writes a request with another right behind it, and adopts the first. */
async function lead(
  trial: Trial,
  channel: Channel,
  first: Parameters<Trial['mark']>[0],
  behind: Parameters<Trial['mark']>[0],
): Promise<Exchange> {
  channel.wire.reader.expect(first.method)
  channel.wire.reader.expect(behind.method)
  channel.wire.write(Buffer.concat([serialize(trial.mark(first, channel)), serialize(behind)]))
  return await trial.adopt(first, channel)
}

async function answer(exchange: Exchange): Promise<WireResponse | null> {
  await exchange.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
  return await exchange.response()
}

/** Answers after longer than an idle connection lives. */
async function hold(trial: Trial, exchange: Exchange, clause: string): Promise<void> {
  const { wire } = exchange.channel
  await Promise.race([setTimeout(LONGER), wire.closed])
  const held = trial.check(
    clause,
    wire.usable,
    `the connection open while its request is served, after ${LONGER / 1000} seconds too`,
    () => 'closed by the server',
  )
  if (!held) return
  exchange.misused = true
  const response = await answer(exchange)
  trial.check(clause, response?.complete === true, 'then its response', () =>
    response === null ? 'a close without a response' : 'a part of it',
  )
}
