import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { type Property, processProperty } from '../property.ts'
import { visit, waysOf } from '../visits.ts'
import {
  exchangeOf,
  NOT_BEFORE_MS,
  SHORT_SECONDS,
  serveWith,
  whileTrickling,
} from './serve-with.ts'
import { judgeUnfinishedHeads, judgeUnreadResponse } from './stalled-streams.ts'

const needs = ['http/1.1', 'config/command-line'] as const

/** Heads that go no further. */
const BEGUN = ['GET / HT', 'GET / HTTP/1.1\r\nHost: a\r\nX-Part: 1']

const RESPONSE = { status: 200, headers: [] } as const

/** How long a server puts up with a client. */
export const timeouts: readonly Property[] = [
  processProperty({
    id: 'config/timeout-keep-alive',
    law: 'an idle connection is closed after the keep-alive time-out, in order and not at once',
    clauses: ['config/timeout-keep-alive', 'wire/rfc9112/graceful-timeout-close'],
    needs: [...needs, 'timeout/keep-alive'],
    enough: 1,
    program: fc.record({ requests: fc.constantFrom(2, 3) }),
    async run(launcher, { requests }) {
      const clause = 'config/timeout-keep-alive'
      const trial = await serveWith(launcher, clause, { timeoutKeepAlive: SHORT_SECONDS })
      const started = performance.now()
      // Side by side: behind its first request a connection is as idle as behind its last.
      const idle = [await idleAfter(trial, 1), await idleAfter(trial, requests)]
      await Promise.all(idle.map((wire) => judgeTimeOut(trial, wire, clause, started)))
      for (const { closing } of idle)
        trial.check(
          'wire/rfc9112/graceful-timeout-close',
          closing !== 'reset',
          'a FIN',
          () => 'a reset',
        )
    },
  }),
  processProperty({
    id: 'config/timeout-header-read',
    law: 'a client that never finishes its header section is dropped after the time-out, even if it keeps on sending, over HTTP/2 too; one that does finish is served',
    clauses: ['config/timeout-header-read'],
    needs: [...needs, 'timeout/header-read'],
    enough: 1,
    program: fc.shuffledSubarray(BEGUN, { minLength: BEGUN.length }),
    async run(launcher, heads) {
      const clause = 'config/timeout-header-read'
      const trial = await serveWith(launcher, clause, { timeoutHeader: SHORT_SECONDS })
      const started = performance.now()
      const slow = await Promise.all(
        heads.map(async (begun) => {
          const channel = await trial.connect()
          channel.wire.reader.expect('GET')
          channel.wire.write(Buffer.from(begun))
          return channel
        }),
      )
      // The time is one for the whole head, so that octet after octet makes it no longer.
      const trickling = await trial.connect()
      // Nor is a head the first one of its connection, as a rule.
      const { exchange: before } = await exchangeOf(trial)
      const later = before.channel
      later.wire.reader.expect('GET')
      for (const { wire } of [trickling, later])
        wire.write(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-Trickle: '))
      const drip = (): void => {
        for (const { wire } of [trickling, later]) if (wire.usable) wire.write(Buffer.from('t'))
      }
      const streams = launcher.target.has('timeout/header-read-http2')
        ? judgeUnfinishedHeads(trial, clause)
        : Promise.resolve()
      streams.catch(() => undefined)
      await whileTrickling(drip, async () => {
        await exchangeOf(trial)
        await Promise.all(slow.map(({ wire }) => judgeTimeOut(trial, wire, clause, started)))
        for (const { wire } of [trickling, later])
          await trial.iut.within(wire.closed, clause, 'a close in spite of the trickle')
        await streams
      })
      trial.check(
        clause,
        [...slow, trickling].every(({ scopes }) => scopes.length === 0) &&
          later.scopes.length === 1,
        'no scope',
        () => 'an unfinished request served',
      )
    },
  }),
  processProperty({
    id: 'config/timeout-write-stall',
    law: 'a client that takes nothing of its response is dropped after the time-out, over HTTP/2 too, and the application told',
    clauses: ['config/timeout-write-stall'],
    needs: [...needs, 'timeout/write-stall'],
    enough: 1,
    program: fc.record({ pieces: fc.constantFrom(8, 16) }),
    async run(launcher, { pieces }) {
      const clause = 'config/timeout-write-stall'
      const trial = await serveWith(launcher, clause, { timeoutStall: SHORT_SECONDS })
      const exchange = await trial.open(http.get('/'), { fresh: true })
      exchange.misused = true
      const { wire } = exchange.channel
      wire.pauseReading()
      await exchange.readBody()
      const told = exchange.receive(clause)
      await exchange.send(startMessage(RESPONSE))
      const piece = 'x'.repeat(2 ** 20)
      for (let count = 0; count < pieces; count += 1)
        void exchange.app.send(bodyMessage(piece, true)).catch(() => undefined)
      const event = await told
      trial.check(clause, event['type'] === 'http.disconnect', 'http.disconnect', () => show(event))
      void exchange.app.return().catch(() => undefined)
      wire.resumeReading()
      await trial.iut.within(wire.closed, clause, 'the end of the connection')
      if (launcher.target.has('http/2/prior-knowledge'))
        await judgeUnreadResponse(trial, clause, pieces)
    },
  }),
  processProperty({
    id: 'config/timeout-graceful-shutdown',
    law: 'a shutdown waits for a request in flight as long as it was set to, and no longer, nor for a WebSocket or a stream',
    clauses: ['config/timeout-graceful-shutdown', 'process/shutdown-grace-bounded'],
    needs: [...needs, 'process', 'timeout/shutdown'],
    enough: 1,
    program: fc.record({ begun: fc.boolean() }),
    async run(launcher, { begun }) {
      const clause = 'config/timeout-graceful-shutdown'
      const trial = await serveWith(launcher, clause, { timeoutShutdown: SHORT_SECONDS })
      const { iut } = trial
      const drains = iut.target.has('process/drains-on-sigterm')
      const exchange = await trial.open(http.get('/'), { fresh: true })
      exchange.misused = true
      if (begun) {
        await exchange.send(startMessage(RESPONSE))
        await exchange.send(bodyMessage('half', true))
      }
      const { wire } = exchange.channel
      void wire.closed.then(() => wire.close())
      // Nobody ends these: neither the client, nor the application.
      for (const way of waysOf(iut)) {
        const other = (await visit(trial, way))?.channel.wire
        // Nor do they end their half where it is promised that nobody waits for them.
        if (!launcher.target.has('documented/silent-clients-cut'))
          void other?.closed.then(() => other.close())
      }
      const started = performance.now()
      iut.expectEnd()
      iut.signal('SIGTERM')
      const exit = await iut.ended()
      const waited = performance.now() - started
      trial.check(
        clause,
        exit === null || waited >= NOT_BEFORE_MS || !drains,
        `${SHORT_SECONDS} s for the request in flight`,
        () => `${Math.round(waited)} ms`,
      )
      for (const bound of [clause, 'process/shutdown-grace-bounded'])
        trial.check(bound, exit !== null, 'the end of the server', () => 'it still runs')
    },
  }),
]

/** A connection whose requests have been answered, all of them. */
async function idleAfter(trial: Trial, requests: number): Promise<WireConnection> {
  const { exchange } = await exchangeOf(trial)
  const { channel } = exchange
  for (let count = 1; count < requests && channel.wire.usable; count += 1) {
    const again = await trial.open(http.get('/again'), { channel })
    await again.respond({ status: 200, body: ['ok'] })
    await again.response()
  }
  return channel.wire
}

/**
 * The connection stays open for a while, and is closed by the server in the end. `started`: before the server could
 * begin to count, so that a delay of our own makes no close an early one.
 */
export async function judgeTimeOut(
  trial: Trial,
  wire: WireConnection,
  clause: string,
  started: number = performance.now(),
): Promise<void> {
  await trial.iut.within(wire.closed, clause, 'a close after the time-out')
  const waited = performance.now() - started
  trial.check(
    clause,
    waited >= NOT_BEFORE_MS,
    `a close about ${SHORT_SECONDS} s later`,
    () => `${Math.round(waited)} ms`,
  )
}
