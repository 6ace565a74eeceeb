import fc from 'fast-check'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Channel } from '../../testers/channel.ts'
import type { Holdings } from '../../testers/control.ts'
import { bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { Silence } from '../../testers/patience.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { closeBody } from '../../websocket/close.ts'
import { closeFrame } from '../../websocket/message-plan.ts'
import { establish, openWebSocket } from '../../websocket/open.ts'
import { judgeAnswered } from '../http2/harmful.ts'
import { type Property, processProperty } from '../property.ts'

const needs = ['http/1.1', 'process'] as const

/** A server that others depend on while somebody misbehaves. */
export const robustness: readonly Property[] = [
  processProperty({
    id: 'process/application-error-survived',
    law: 'an exception of the application is answered with 500, logged, that of a WebSocket which its client has left too, and harms no other request',
    clauses: [
      'process/application-error-survived',
      'process/application-error-response',
      'process/application-error-logged',
    ],
    needs,
    enough: 1,
    program: fc.record({
      exception: fc.constantFrom(
        'RuntimeError' as const,
        'ValueError' as const,
        'OSError' as const,
      ),
    }),
    async run(launcher, { exception }) {
      const iut = await launcher.serve('process/application-error-survived', {})
      const trial = launcher.trial(iut)
      const bystander = await trial.open(http.get('/bystander'), { fresh: true })
      const exchange = await trial.open(http.get('/fails'), { fresh: true })
      exchange.misused = true
      const text = `failed on purpose ${exception}`
      await exchange.app.raise(exception, text)
      const response = await exchange.response('process/application-error-response')
      launcher.check(
        'process/application-error-response',
        response?.status === 500 && response.complete,
        'a whole 500',
        () => (response === null ? 'a close' : `status ${response.status}`),
      )
      const logged = await iut.becomes(async () => (await launcher.log(iut)).includes(text), LOG_MS)
      launcher.check('process/application-error-logged', logged, `${text} in the log`, () =>
        iut.running.logTail(),
      )
      if (launcher.target.has('websocket')) await judgeLoggedBehindEnd(launcher, trial)
      if (launcher.target.has('http/2/prior-knowledge')) await judgeStreamsApart(trial, exception)
      const survived = 'process/application-error-survived'
      await judgeAnswered(trial, bystander, 'the response of another request', survived)
      await judgeServes(trial, 'process/application-error-survived')
    },
  }),
  processProperty({
    id: 'process/resources-released',
    law: 'when connections have ended, the server holds no more descriptors and tasks than before them',
    clauses: ['process/resources-released'],
    needs,
    enough: 1,
    program: fc.record({ connections: fc.constantFrom(12, 20) }),
    async run(launcher, { connections }) {
      const clause = 'process/resources-released'
      const iut = await launcher.serve(clause, {})
      const trial = launcher.trial(iut)
      // What a server opens once and keeps is opened now.
      await crowd(trial, 3)
      await visitors(trial, 3)
      await deserters(trial, 2)
      const base = await settled(iut)
      if (base === null || base.fds < 0) {
        launcher.judge.doubt(clause, 'the system does not tell how many descriptors are open')
        return
      }
      await crowd(trial, connections)
      await visitors(trial, connections)
      await deserters(trial, connections / 2)
      let now = base
      const fell = (of: 'tasks' | 'fds'): Promise<boolean> =>
        iut.becomes(async () => {
          now = (await holdings(iut, of === 'fds')) ?? now
          return now[of] <= base[of] + SLACK
        }, RELEASE_MS)
      // A task that can never end is no garbage, although the collector would take it.
      launcher.check(
        clause,
        (await fell('tasks')) && (await fell('fds')),
        `about ${base.fds} descriptors and ${base.tasks} tasks`,
        () =>
          `${now.fds} descriptors and ${now.tasks} tasks after ${3.5 * connections} connections`,
      )
    },
  }),
  processProperty({
    id: 'process/descriptors-used-up',
    law: 'a server whose descriptors were used up by connections serves again when these have ended',
    clauses: ['process/descriptors-used-up'],
    needs,
    enough: 1,
    program: fc.record({ descriptors: fc.constantFrom(128, 160) }),
    async run(launcher, { descriptors }) {
      const clause = 'process/descriptors-used-up'
      const iut = await launcher.serve(clause, { descriptors })
      const trial = launcher.trial(iut)
      const channels: Channel[] = []
      // What the server cannot take any more waits in the backlog of its socket.
      for (let count = 0; count < descriptors; count += 1) channels.push(await trial.connect())
      await iut.becomes(() => false, SHORTAGE_MS)
      for (const channel of channels) iut.release(channel)
      // Some look only once a second whether there are descriptors again.
      await iut.becomes(() => false, SHORTAGE_MS)
      await judgeServes(trial, clause)
    },
  }),
  processProperty({
    id: 'process/slow-clients-isolated',
    law: 'clients that send or read slowly do not keep others from being served',
    clauses: ['process/slow-clients-isolated'],
    needs,
    enough: 1,
    program: fc.record({ slow: fc.constantFrom(6, 8) }),
    async run(launcher, { slow }) {
      const clause = 'process/slow-clients-isolated'
      const iut = await launcher.serve(clause, {})
      const trial = launcher.trial(iut)
      for (let count = 0; count < slow; count += 1) {
        const sender = await trial.connect()
        sender.wire.reader.expect('GET')
        sender.wire.write(Buffer.from('GET /slow HTTP/1.1\r\nHost: a\r\nX-Slo'))
        await holdReader(trial, 8)
      }
      for (let count = 0; count < 3; count += 1) await judgeServes(trial, clause)
    },
  }),
]

/** As long as descriptors are short, and as long as a server may take to see that they no longer are. */
const SHORTAGE_MS = 1500
/** In which an entry is written that a server keeps back at first. */
const LOG_MS = 4000
/** In which a server lets go of what ended connections have left. */
const RELEASE_MS = 6000
/** Descriptors and tasks that come and go by themselves. */
const SLACK = 3

/** An OSError could be one of send(), which says no more than that the client has left. */
/** Behind the start of a response a server cannot answer with 500: it ends the stream, and nothing else. */
async function judgeStreamsApart(
  trial: Trial,
  exception: 'RuntimeError' | 'ValueError' | 'OSError',
): Promise<void> {
  const clause = 'process/application-error-survived'
  const client = await openHttp2(trial)
  const { exchange: beside } = await serve(trial, client, h2.get('/bystander'))
  for (const begun of [false, true]) {
    const { exchange } = await serve(trial, client, h2.get('/fails'))
    exchange.misused = true
    if (begun) await exchange.send(startMessage({ status: 200 }))
    if (begun) await exchange.send(bodyMessage('begun', true))
    await exchange.app.raise(exception)
    // Whether its client hears of it is judged elsewhere.
    await trial.iut.cameWithinQuiet(exchange.response())
  }
  await judgeAnswered(trial, beside, 'the response of another stream of the connection', clause)
}

async function judgeLoggedBehindEnd(launcher: Launcher, trial: Trial): Promise<void> {
  const clause = 'process/application-error-logged'
  const exchange = await establish(trial)
  exchange.peer.write(closeFrame(closeBody(1000)))
  await exchange.receive('websocket/disconnect/event')
  const text = 'failed on purpose behind the disconnect'
  await exchange.app.raise('RuntimeError', text)
  const { iut } = trial
  const logged = await iut.becomes(async () => (await launcher.log(iut)).includes(text), LOG_MS)
  launcher.check(clause, logged, `${text} in the log`, () => iut.running.logTail())
}

/** A client that takes nothing of a response which is larger than what sockets hold. */
async function holdReader(trial: Trial, pieces: number): Promise<Exchange> {
  const reader = await trial.open(http.get('/large'), { fresh: true })
  reader.misused = true
  reader.channel.wire.pauseReading()
  await reader.send(startMessage({ status: 200, headers: [] }))
  const piece = 'x'.repeat(2 ** 20)
  for (let count = 0; count < pieces; count += 1)
    void reader.app.send(bodyMessage(piece, true)).catch(() => undefined)
  return reader
}

/** Clients that take nothing of their response, and leave while it waits for them. */
async function deserters(trial: Trial, connections: number): Promise<void> {
  for (let count = 0; count < connections; count += 1) {
    const reader = await holdReader(trial, 4)
    reader.clientLeft = true
    await trial.iut.settle()
    trial.iut.release(reader.channel)
    void reader.app.return().catch(() => undefined)
  }
}

/** Exchanges on connections of their own; half of the clients leave before they are answered. */
async function crowd(trial: Trial, connections: number): Promise<void> {
  for (let count = 0; count < connections; count += 1) {
    const exchange = await trial.open(http.get('/'), { fresh: true })
    exchange.misused = true
    exchange.clientLeft = true
    const { channel } = exchange
    if (count % 2 === 0) {
      await exchange.respond({ status: 200, body: ['ok'] })
      await exchange.response()
    } else {
      trial.iut.release(channel)
      await exchange.app.return()
    }
    trial.iut.release(channel)
  }
}

/** Clients that never send a thing, as probes of load balancers do, and handshakes that nobody answers. */
async function visitors(trial: Trial, connections: number): Promise<void> {
  const { iut } = trial
  for (let count = 0; count < connections; count += 1) {
    const silent = await iut.connect()
    silent.wire.close()
    await iut.settle()
    iut.release(silent)
    if (!iut.target.has('websocket')) continue
    const exchange = await openWebSocket(trial)
    exchange.misused = true
    await exchange.app.return()
    await iut.cameWithinQuiet(exchange.channel.wire.closed)
    iut.release(exchange.channel)
  }
}

async function judgeServes(trial: Trial, clause: string): Promise<void> {
  const next = await trial.open(http.get('/next'), { fresh: true }).catch((error: unknown) => {
    // A server that is held up is what is judged here, whatever it shows in.
    throw error instanceof Silence
      ? new Silence(clause, error.awaited, error.waitedMs, error.doubt)
      : error
  })
  await next.respond({ status: 200, body: ['in', ' two', ' parts'] })
  const response = await next.response(clause)
  trial.check(clause, response?.status === 200, 'the next request served', () =>
    String(response?.status),
  )
}

/** What the one worker holds; null while there is none. */
async function holdings(iut: Iut, collect: boolean): Promise<Holdings | null> {
  for (const worker of iut.workers) return await worker.holdings(collect)
  return null
}

/** The same once it no longer falls. */
async function settled(iut: Iut): Promise<Holdings | null> {
  let last = await holdings(iut, true)
  for (let turn = 0; turn < 10; turn += 1) {
    await iut.cameWithinQuiet(new Promise(() => undefined), 5)
    const now = await holdings(iut, true)
    if (now === null || last === null || (now.fds >= last.fds && now.tasks >= last.tasks)) break
    last = now
  }
  return last
}
