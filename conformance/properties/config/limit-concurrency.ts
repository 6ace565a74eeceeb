import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import { knock, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { establish, knock as handshake, hold } from '../../websocket/open.ts'
import { BARE, judgeBare } from '../http/surplus.ts'
import { ask } from '../http2/web-socket-stream.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'config/limit-concurrency'

/** How many at once. */
export const limitConcurrency: Property = processProperty({
  id: CLAUSE,
  law: 'requests beyond the limit of concurrency get 503 and never reach the application; those below it do, WebSockets among them where they count',
  clauses: [CLAUSE, BARE],
  needs: ['http/1.1', 'config/command-line', 'limit/concurrency'],
  enough: 2,
  program: fc.record({ limit: fc.integer({ min: 3, max: 5 }) }),
  async run(launcher, { limit }) {
    const settings = { 'command-line': { limitConcurrency: limit } }
    const iut = await launcher.serve(CLAUSE, { settings })
    const trial = launcher.trial(iut)
    const streams = launcher.target.has('http/2/prior-knowledge')
    const held: Exchange[] = []
    const attempt = async (method = 'GET') => {
      await iut.settle()
      const channel = await trial.connect()
      const attempted = await trial.attempt({ ...http.get('/'), method }, { channel })
      if (attempted.served === null && method === 'HEAD') await judgeBare(trial, channel.wire)
      if (attempted.served !== null) held.push(attempted.served)
      return attempted
    }
    const sockets: WebSocketExchange[] = []
    const counted = launcher.target.has('documented/limit-concurrency-websockets') ? 2 : 0
    for (let count = 1; count <= counted; count += 1) sockets.push(await establish(trial))
    for (let count = counted + 1; count < limit; count += 1) {
      const { served, refused } = await attempt()
      launcher.check(CLAUSE, served !== null, `request ${count} of ${limit} served`, () =>
        refused === null ? '' : describeRefusal(refused),
      )
    }
    // Whether the limit is the last that is served or the first that is not, readers differ.
    await attempt()
    for (const method of ['GET', 'HEAD']) {
      const { refused } = await attempt(method)
      launcher.check(
        CLAUSE,
        refused?.response?.status === 503,
        `503 for a ${method} beyond a limit of ${limit}`,
        () => (refused === null ? 'it reached the application' : describeRefusal(refused)),
      )
    }
    if (counted > 0) await judgeSocketBeyond(trial, limit)
    if (streams) await judgeStreamBeyond(trial, await openHttp2(trial), limit)
    // One that was refused has not taken a place, nor given one back.
    if (counted > 0 && streams)
      for (let again = 0; again < 2; again += 1) await judgeTunnelBeyond(trial, limit)
    for (const exchange of held) {
      await exchange.respond({ status: 200, body: ['done'] })
      await exchange.response()
      iut.release(exchange.channel)
    }
    for (const socket of sockets) {
      await socket.app.return()
      await socket.leave(CLAUSE)
      await socket.closed(CLAUSE)
    }
    const { served } = await attempt()
    launcher.check(CLAUSE, served !== null, 'service again after the crowd has left', () => '503')
    await served?.respond({ status: 204 })
    await served?.response()
    if (streams) await judgeStreams(trial, limit)
  },
})

/** Streams of one connection are a crowd like requests of several. */
async function judgeStreams(trial: Trial, limit: number): Promise<void> {
  const client = await openHttp2(trial)
  for (let count = 1; count < limit - 1; count += 1) await serve(trial, client, h2.get('/'))
  for (let count = 0; count < 2; count += 1) await knock(trial, client, h2.get('/'))
  await judgeStreamBeyond(trial, client, limit)
}

/** `answer` is null where the application was called. */
function judgeBeyond(
  trial: Trial,
  limit: number,
  what: string,
  answer: { readonly status: number | undefined } | null,
): void {
  const expected = `503 for a ${what} beyond a limit of ${limit}`
  trial.check(CLAUSE, answer?.status === 503, expected, () =>
    answer === null ? 'it reached the application' : `status ${answer.status}`,
  )
}

async function judgeSocketBeyond(trial: Trial, limit: number): Promise<void> {
  const answer = await handshake(trial, handshakeRequest({ ...PLAIN, target: '/beyond' }))
  const refused = answer.scope === null ? { status: answer.response?.status } : null
  judgeBeyond(trial, limit, 'WebSocket', refused)
  if (answer.scope !== null) hold(trial, answer.scope)
}

async function judgeTunnelBeyond(trial: Trial, limit: number): Promise<void> {
  const asked = await ask(trial, '/beyond', [])
  if (asked === null) return
  const { first } = asked
  const served = first instanceof RemoteScope
  judgeBeyond(trial, limit, 'WebSocket over HTTP/2', served ? null : { status: first?.status })
  if (served) hold(trial, first)
}

async function judgeStreamBeyond(trial: Trial, client: Http2Client, limit: number): Promise<void> {
  const { served, response } = await knock(trial, client, h2.get('/beyond'))
  judgeBeyond(trial, limit, 'stream', served === null ? { status: response?.status } : null)
  await served?.exchange.respond({ status: 204 })
}
