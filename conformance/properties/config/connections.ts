import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { Settings } from '../../../targets/settings.ts'
import { SETTING } from '../../http2/frame.ts'
import { knock as knockHttp2, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { describeAnswer } from '../../websocket/exchange.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { hold, knock } from '../../websocket/open.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeClose, judgeSaysClose } from '../wire/closing.ts'
import { exchangeOf, serveWith } from './serve-with.ts'

const needs: readonly Capability[] = ['http/1.1', 'config/command-line']

const NO_KEEP_ALIVE = 'config/keep-alive-off'
const SAYS_CLOSE = 'wire/rfc9112/close-announced'
const REQUESTS = 'config/limit-keep-alive-requests'
const HOSTS = 'config/server-names'
const LIMITS = 'config/http2-limits'
const STREAMS = 'http/2/limit-streams'

/** Limits of HTTP/2 that are announced as SETTINGS (RFC 9113 §6.5.2), far from what any server has by default. */
const ANNOUNCED: readonly (readonly [Capability, Settings, name: string, id: number, number])[] = [
  [STREAMS, { http2Streams: 23 }, 'MAX_CONCURRENT_STREAMS', SETTING.maxConcurrentStreams, 23],
  [
    'http/2/limit-frame-size',
    { http2FrameSize: 33_000 },
    'MAX_FRAME_SIZE',
    SETTING.maxFrameSize,
    33_000,
  ],
  [
    'http/2/limit-window',
    { http2Window: 99_000 },
    'INITIAL_WINDOW_SIZE',
    SETTING.initialWindowSize,
    99_000,
  ],
  [
    'http/2/limit-headers',
    { http2HeaderList: 41_000 },
    'MAX_HEADER_LIST_SIZE',
    SETTING.maxHeaderListSize,
    41_000,
  ],
]

/** Which connections and requests a server takes. */
export const connections: readonly Property[] = [
  processProperty({
    id: NO_KEEP_ALIVE,
    law: 'without keep-alive every response is the last of its connection, and says so',
    clauses: [NO_KEEP_ALIVE, SAYS_CLOSE],
    needs: [...needs, 'keep-alive/off'],
    enough: 1,
    program: fc.record({ method: fc.constantFrom('GET', 'HEAD') }),
    async run(launcher, { method }) {
      const trial = await serveWith(launcher, NO_KEEP_ALIVE, { keepAlive: false })
      const { exchange, response } = await exchangeOf(trial, { ...http.get('/'), method })
      launcher.check(NO_KEEP_ALIVE, response?.status === 200, 'a response', () =>
        describeAnswer(response),
      )
      const { channel } = exchange
      await judgeClose(trial, channel, NO_KEEP_ALIVE)
      if (response !== null) await judgeSaysClose(trial, channel.wire, response, SAYS_CLOSE)
    },
  }),
  processProperty({
    id: REQUESTS,
    law: 'a connection serves as many requests as were set, and is closed behind the last of them',
    clauses: [REQUESTS],
    needs: [...needs, 'limit/keep-alive-requests'],
    enough: 1,
    program: fc.record({ most: fc.constantFrom(2, 3) }),
    async run(launcher, { most }) {
      const trial = await serveWith(launcher, REQUESTS, { limitKeepAliveRequests: most })
      const { exchange } = await exchangeOf(trial)
      const { channel } = exchange
      for (let served = 1; served < most; served += 1) {
        const next = await trial.open(http.get('/next'), { channel })
        await next.respond({ status: 200, body: ['ok'] })
        const response = await next.response(REQUESTS)
        const of = `response ${served + 1} of ${most}`
        launcher.check(REQUESTS, response?.complete === true, of, () => describeAnswer(response))
      }
      await judgeClose(trial, channel, REQUESTS)
    },
  }),
  processProperty({
    id: HOSTS,
    law: 'requests, streams and handshakes for a host that is not served get 404, and no application sees them',
    clauses: [HOSTS],
    needs: [...needs, 'host-name/served'],
    enough: 1,
    program: fc.record({ other: fc.constantFrom('other.test', 'assay.test.example') }),
    async run(launcher, { other }) {
      // The host that every program of the suite asks for.
      const trial = await serveWith(launcher, HOSTS, { serverNames: ['assay.test'] })
      const { response } = await exchangeOf(trial)
      trial.check(HOSTS, response?.status === 200, 'the named host served', () =>
        describeAnswer(response),
      )
      const channel = await trial.connect()
      const { served, refused } = await trial.attempt(
        { ...http.get('/'), headers: [['Host', other]] },
        { channel },
      )
      const status = refused?.response?.status ?? null
      trial.check(HOSTS, served === null && status === 404, `404 for ${other}`, () =>
        served === null ? String(status) : 'a scope',
      )
      if (served !== null) await served.respond({ status: 204 })
      else if (!(await trial.iut.cameWithinQuiet(channel.wire.closed))) {
        // Nor does a refusal harm what comes behind it, unless the server closes the connection.
        const behind = await trial.attempt(http.get('/behind'), { channel })
        if (behind.served !== null) await judgeServed(trial, behind.served)
      }
      if (launcher.target.has('websocket')) {
        const request = handshakeRequest(PLAIN)
        const headers = [['Host', other] as const, ...request.headers]
        const answer = await knock(trial, { ...request, headers })
        if (answer.scope !== null) hold(trial, answer.scope)
        const denied = answer.scope === null && answer.response?.status === 404
        trial.check(HOSTS, denied, `404 for a handshake with ${other}`, () =>
          answer.scope === null ? describeAnswer(answer.response) : 'a scope',
        )
      }
      if (!launcher.target.has('http/2/prior-knowledge')) return
      const client = await openHttp2(trial)
      const asked = await knockHttp2(trial, client, { ...h2.get('/'), authority: other })
      trial.check(HOSTS, asked.response?.status === 404, `404 for ${other} over HTTP/2`, () =>
        asked.served === null ? describeAnswer(asked.response) : 'a scope',
      )
      await judgeServed(trial, (await serve(trial, client, h2.get('/behind'))).exchange)
    },
  }),
  processProperty({
    id: LIMITS,
    law: 'the limits of HTTP/2 that were set are those that the server announces',
    clauses: [LIMITS],
    needs: ['http/2', 'http/2/prior-knowledge', STREAMS, 'config/command-line'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/limits') }),
    async run(launcher, { path }) {
      // The first of them is what the property needs.
      const set = ANNOUNCED.filter(
        ([capability]) => capability === STREAMS || launcher.target.has(capability),
      )
      const settings = set.reduce<Settings>((all, [, setting]) => ({ ...all, ...setting }), {})
      const trial = await serveWith(launcher, LIMITS, settings)
      const client = await openHttp2(trial)
      for (const [, , name, id, value] of set) {
        const told = client.settings.get(id)
        trial.check(LIMITS, told === value, `${name} ${value}`, () => String(told ?? 'none'))
      }
      const { served } = await knockHttp2(trial, client, h2.get(path))
      trial.check(LIMITS, served !== null, 'a request served', () => 'a refusal')
      if (served === null) return
      await served.exchange.respond({ status: 204 })
      await served.exchange.response()
    },
  }),
]

/** A request for a host that is served, behind one that was refused. */
async function judgeServed(trial: Trial, exchange: Exchange): Promise<void> {
  await exchange.respond({ status: 200, body: ['ok'] })
  const response = await exchange.response(HOSTS)
  trial.check(HOSTS, response?.status === 200, 'the next request served', () =>
    describeAnswer(response),
  )
}
