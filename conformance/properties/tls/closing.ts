import fc from 'fast-check'
import { certificates } from '../../testers/certificates.ts'
import type { Channel } from '../../testers/channel.ts'
import { TargetLostError } from '../../testers/iut.ts'
import { type HttpRequest, http } from '../../testers/request.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import { isAlert, type TlsRecord } from '../../testers/tls-records.ts'
import type { Trial } from '../../testers/trial.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { SHORT_SECONDS } from '../config/serve-with.ts'
import { type Property, processProperty } from '../property.ts'

const NOTIFY = 'wire/rfc9112/tls-close-notify'
const CLEAN = 'wire/rfc6455/clean-close'
const INCOMPLETE = 'wire/rfc9112/tls-incomplete-close'

/** What the connection is at when its client goes. */
const LEFT = ['idle', 'waiting'] as const

/** RFC 9112 §9.8: the end of a connection that TLS carries. */
export const closing: Property = processProperty({
  id: NOTIFY,
  law: 'the server sends a closure alert before it closes, and outlives clients that send none',
  clauses: [NOTIFY, INCOMPLETE, CLEAN],
  needs: ['http/1.1', 'config/command-line', 'tls'],
  enough: 1,
  program: fc.record({ left: fc.constantFrom(...LEFT) }),
  async run(launcher, { left }) {
    const { files } = await certificates()
    const timed = launcher.target.has('timeout/keep-alive')
    const timeouts = timed ? { timeoutKeepAlive: SHORT_SECONDS } : {}
    const settings = { 'command-line': { tls: files, ...timeouts } }
    const iut = await launcher.serve(NOTIFY, { tls: ANY_TLS, settings })
    const trial = launcher.trial(iut)
    const ends = ENDS.filter(({ byTime }) => timed || !byTime)
    await Promise.all(ends.map((end) => judgeNotify(trial, end)))
    if (launcher.target.has('websocket')) await judgeClean(trial)
    for (const how of left === 'idle' ? LEFT : LEFT.toReversed()) await judgeRude(trial, how)
  },
})

/** A client goes without a word of TLS: the next one is served. */
async function judgeRude(trial: Trial, left: (typeof LEFT)[number]): Promise<void> {
  const rude = await trial.open(http.get('/rude'), { fresh: true })
  rude.clientLeft = true
  if (left === 'idle') {
    await rude.respond({ status: 200, body: ['ok'] })
    await rude.response()
  }
  rude.channel.wire.reset()
  const awaited = 'the next client served'
  const lost = (error: unknown): never => {
    trial.check(INCOMPLETE, !(error instanceof TargetLostError), awaited, () => String(error))
    throw error
  }
  const next = await trial.open(http.get('/next'), { fresh: true }).catch(lost)
  await next.respond({ status: 204 })
  const response = await next.response(INCOMPLETE)
  trial.check(INCOMPLETE, response?.status === 204, awaited, () => String(response?.status))
}

/** Why a server ends a connection; where it refuses the bytes, no application is called for them. */
type End = { readonly why: string; readonly byTime?: boolean } & (
  | { readonly request: HttpRequest }
  | { readonly bytes: string }
)

const ENDS: readonly End[] = [
  {
    why: 'a request that asks for the close',
    request: http.get('/closing', [['Connection', 'close']]),
  },
  { why: 'a request of HTTP/1.0', request: { ...http.get('/old'), version: '1.0' } },
  { why: 'bytes that are no request', bytes: 'GET /broken HTTP/1.1\r\nHost a\r\n\r\n' },
  { why: 'the keep-alive time-out', request: http.get('/idle'), byTime: true },
]

interface Watched {
  readonly channel: Channel
  readonly records: readonly TlsRecord[]
}

/** A connection whose records are noted. A server may wait for the client's half of the closure before send() returns. */
async function watched(trial: Trial): Promise<Watched> {
  const records: TlsRecord[] = []
  const channel = await trial.iut.connect({
    ...ANY_TLS,
    onRecord: (record) => records.push(record),
  })
  trial.channels.push(channel)
  const { wire } = channel
  void wire.closed.then(() => wire.close())
  return { channel, records }
}

/** What a server that closes at all does then: whether it has to is another law's. */
async function judgeNotify(trial: Trial, end: End): Promise<void> {
  const { channel, records } = await watched(trial)
  const { wire } = channel
  if ('bytes' in end) {
    wire.reader.expect('GET')
    wire.write(Buffer.from(end.bytes))
  } else {
    const exchange = await trial.open(end.request, { channel })
    // No piece of this response is as short as an alert.
    const body = 'a content that no alert is as short as'
    const headers = [['content-length', String(body.length)]] as const
    await exchange.respond({ status: 200, headers, body: [body] })
    await exchange.response()
  }
  await judgeLast(trial, NOTIFY, { channel, records }, end.why)
}

/** RFC 6455 §7.1.1: "closes the underlying TCP connection" as well as "the TLS session, if applicable". */
async function judgeClean(trial: Trial): Promise<void> {
  const { channel, records } = await watched(trial)
  const exchange = await openWebSocket(trial, PLAIN, { channel })
  await exchange.connect()
  await exchange.accept()
  void exchange.app
    .send({ type: 'websocket.close', code: 1000, reason: REASON })
    .catch(() => undefined)
  await exchange.over(CLEAN)
  exchange.answerClose()
  void exchange.app.return().catch(() => undefined)
  await judgeLast(trial, CLEAN, { channel, records }, 'the closing handshake')
}

/** So that its frame is longer than an alert. */
const REASON = 'a reason that no alert is as short as'

async function judgeLast(
  trial: Trial,
  clause: string,
  { channel, records }: Watched,
  why: string,
): Promise<void> {
  if (!(await trial.iut.becomes(() => channel.wire.closing !== null, CLOSES_MS))) return
  const last = records.at(-1)
  trial.check(
    clause,
    last !== undefined && isAlert(last),
    `a closure alert as the last record, after ${why}`,
    () => `a record of type ${last?.type} with ${last?.length} bytes`,
  )
}

/** In which a connection is closed, by clocks that are coarse as well. */
const CLOSES_MS = 1000 * SHORT_SECONDS + 2500
