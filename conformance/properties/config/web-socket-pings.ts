import fc from 'fast-check'
import type { Launcher } from '../../testers/launcher.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { OPCODE } from '../../websocket/frame.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { plainMessage } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { type Property, processProperty } from '../property.ts'
import { NOT_BEFORE_MS, SHORT_SECONDS, serveWith } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line', 'websocket'] as const

const COMPRESSED = { ...PLAIN, extensions: ['permessage-deflate'] }

/** The Pings of a server, and how long it waits for their answers. */
export const webSocketPings: readonly Property[] = [
  processProperty({
    id: 'config/websocket-ping-interval',
    law: 'an idle connection is pinged at the interval, and lives on while the pings are answered',
    clauses: ['config/websocket-ping-interval'],
    needs: [...needs, 'websocket/ping-interval'],
    enough: 1,
    program: fc.record({ turns: fc.constantFrom(1, 2) }),
    async run(launcher, { turns }) {
      const clause = 'config/websocket-ping-interval'
      const trial = await serveWith(launcher, clause, { webSocketPingInterval: SHORT_SECONDS })
      const started = performance.now()
      // No Ping is compressed (RFC 7692 §6), whatever was agreed on for messages.
      const exchanges = [await establish(trial, COMPRESSED), ...(await alsoOverHttp2(trial))]
      const span = { started, turns }
      await Promise.all(exchanges.map((exchange) => judgeInterval(launcher, exchange, span)))
      if (launcher.target.has('documented/ping-interval-zero')) await judgeNoPing(launcher, clause)
    },
  }),
  processProperty({
    id: 'config/websocket-ping-timeout',
    law: 'a client that leaves a Ping unanswered is disconnected; one that answers is not',
    clauses: ['config/websocket-ping-timeout'],
    needs: [...needs, 'websocket/ping-interval', 'websocket/ping-timeout'],
    enough: 1,
    program: fc.record({ talkative: fc.boolean() }),
    async run(launcher, { talkative }) {
      const clause = 'config/websocket-ping-timeout'
      const trial = await serveWith(launcher, clause, {
        webSocketPingInterval: SHORT_SECONDS,
        // Longer than the interval: the next Ping must not let the one before it be forgotten.
        webSocketPingTimeout: 2 * SHORT_SECONDS,
      })
      const answering = await establish(trial)
      const silent = [await establish(trial), ...(await alsoOverHttp2(trial))]
      const fading = await establish(trial)
      if (talkative) for (const one of silent) one.say([plainMessage('text', 'still here')])
      void answerAll(answering)
      // Each Ping is owed an answer, and not the first alone.
      void answerFirst(fading)
      await Promise.all([...silent, fading].map((one) => one.over(clause)))
      launcher.check(clause, true, 'the end of the silent connections', () => '')
      launcher.check(
        clause,
        !answering.peer.over,
        'the connection whose pings are answered open',
        () => 'closed',
      )
      for (const one of [...silent, fading]) one.misused = true
    },
  }),
]

/** Counted from before the first of them could come: one that is noticed late makes the next one no earlier. */
async function judgeInterval(
  launcher: Launcher,
  exchange: WebSocketExchange,
  { started, turns }: { readonly started: number; readonly turns: number },
): Promise<void> {
  const clause = 'config/websocket-ping-interval'
  // The first may come at once: an interval lies between two.
  for (let count = 1; count <= turns + 1; count += 1) {
    await exchange.until(({ pings }) => pings.length >= count, clause, `Ping ${count}`)
    const waited = performance.now() - started
    launcher.check(
      clause,
      waited >= (count - 1) * NOT_BEFORE_MS,
      `Ping ${count} after ${count - 1} intervals of about ${SHORT_SECONDS} s`,
      () => `after ${Math.round(waited)} ms`,
    )
    answerPing(exchange)
  }
}

/** Where 0 means none. */
async function judgeNoPing(launcher: Launcher, clause: string): Promise<void> {
  const trial = await serveWith(launcher, clause, { webSocketPingInterval: 0 })
  const { peer } = await establish(trial)
  const pinged = await trial.iut.becomes(() => peer.reader.pings.length > 0, NOT_BEFORE_MS * 2)
  launcher.check(clause, !pinged, 'no Ping at an interval of 0', () => 'one')
}

function answerPing(exchange: WebSocketExchange): void {
  const payload = exchange.peer.reader.pings.at(-1)
  if (payload === undefined) return
  exchange.peer.write({ fin: true, rsv: 0, opcode: OPCODE.pong, payload, mask: 0 })
}

async function answerFirst(exchange: WebSocketExchange): Promise<void> {
  await exchange.peer.until(({ pings }) => pings.length > 0 || exchange.peer.over)
  answerPing(exchange)
}

/** Answers every Ping, until the connection is over. */
async function answerAll(exchange: WebSocketExchange): Promise<void> {
  for (let answered = 1; !exchange.peer.over; answered += 1) {
    const count = answered
    await exchange.peer.until(({ pings }) => pings.length >= count || exchange.peer.over)
    answerPing(exchange)
  }
}
