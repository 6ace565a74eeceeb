import fc from 'fast-check'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { OPCODE } from '../../websocket/frame.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { pingFrame, plainMessage } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { type Property, processProperty } from '../property.ts'
import { NOT_BEFORE_MS, SHORT_SECONDS, serveWith } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line', 'websocket'] as const

const TIMEOUT = 'config/websocket-ping-timeout'

/**
 * Seconds. Longer than the interval: the next Ping must not let the one before it be forgotten. The later ones are for
 * a machine that stands still as long as a Pong may take: its Pongs, or the reading of them, would be late.
 */
const PING_TIMEOUTS = [2 * SHORT_SECONDS, 8 * SHORT_SECONDS, 30 * SHORT_SECONDS] as const

const COMPRESSED = { ...PLAIN, extensions: ['permessage-deflate'] }

/** The Pings of a server, and how long it waits for their answers. */
export const webSocketPings: readonly Property[] = [
  processProperty({
    id: 'config/websocket-ping-interval',
    law: 'an idle connection is pinged at the interval, and lives on while the pings are answered',
    clauses: [
      'config/websocket-ping-interval',
      'websocket/ping-pong/handled',
      'wire/rfc6455/control-frame-whole',
    ],
    needs: [...needs, 'websocket/ping-interval'],
    enough: 1,
    program: fc.record({ turns: fc.constantFrom(1, 2) }),
    async run(launcher, { turns }) {
      const clause = 'config/websocket-ping-interval'
      const trial = await serveWith(launcher, clause, { webSocketPingInterval: SHORT_SECONDS })
      const started = performance.now()
      // No Ping is compressed (RFC 7692 §6.1), whatever was agreed on for messages.
      const exchanges = [await establish(trial, COMPRESSED), ...(await alsoOverHttp2(trial))]
      const span = { started, turns }
      await Promise.all(exchanges.map((exchange) => judgeInterval(launcher, exchange, span)))
      if (launcher.target.has('documented/ping-interval-zero')) await judgeNoPing(launcher, clause)
    },
  }),
  processProperty({
    id: TIMEOUT,
    law: 'a client that leaves a Ping unanswered is disconnected; one that answers is not',
    clauses: [TIMEOUT],
    needs: [...needs, 'websocket/ping-interval', 'websocket/ping-timeout'],
    enough: 1,
    program: fc.constant('silent and talkative clients'),
    async run(launcher) {
      for (const seconds of PING_TIMEOUTS) {
        const { closed, pausedMs } = await judgeTimeout(launcher, seconds)
        const inTime = pausedMs < 500 * seconds
        if (!closed || inTime) {
          const open = 'the connection whose pings are answered open'
          launcher.check(TIMEOUT, !closed, open, () => 'closed')
          return
        }
      }
      launcher.judge.doubt(TIMEOUT, 'the machine stood still as its Pongs were due')
    },
  }),
]

/**
 * Silent clients are disconnected; `closed`: so is one that answers. `pausedMs`: how long, at most, neither the suite
 * nor the server went on meanwhile.
 */
async function judgeTimeout(
  launcher: Launcher,
  seconds: number,
): Promise<{ readonly closed: boolean; readonly pausedMs: number }> {
  const trial = await serveWith(launcher, TIMEOUT, {
    webSocketPingInterval: SHORT_SECONDS,
    webSocketPingTimeout: seconds,
  })
  let over = false
  const pausing = longestPause(trial.iut, () => over)
  try {
    const answering = await establish(trial)
    const silent = [await establish(trial), ...(await alsoOverHttp2(trial))]
    const fading = await establish(trial)
    // Some take whatever a client sends for a sign of life.
    if (launcher.target.has('documented/pong-required')) {
      const talkative = await establish(trial)
      silent.push(talkative)
      void talkOn(talkative)
    }
    void answerAll(answering)
    // Each Ping is owed an answer, and not the first alone.
    void answerFirst(fading)
    for (const one of [...silent, fading]) one.misused = true
    await Promise.all([...silent, fading].map((one) => one.over(TIMEOUT)))
    launcher.check(TIMEOUT, true, 'the end of the silent connections', () => '')
    over = true
    // Behind the last pause, if one has just ended.
    const pausedMs = await pausing
    return { closed: answering.peer.over, pausedMs }
  } finally {
    over = true
  }
}

/** Milliseconds: the longest time until `over` without a round trip through the server and back. */
async function longestPause(iut: Iut, over: () => boolean): Promise<number> {
  let longest = 0
  let last = performance.now()
  const turn = async (): Promise<boolean> => {
    await iut.settle()
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    return over()
  }
  await iut.becomes(turn, Number.POSITIVE_INFINITY).catch(() => false)
  return longest
}

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
  const exchange = await establish(trial)
  const { peer } = exchange
  const handled = 'websocket/ping-pong/handled'
  void exchange.app.receive().catch(() => undefined)
  peer.write(pingFrame(Buffer.from('still there'), 1))
  await exchange.until(({ pongs }) => pongs.length > 0 || peer.over, handled, 'a Pong')
  launcher.check(handled, peer.reader.pongs.length > 0, 'a Pong', () => 'the end')
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

/** Says something at each Ping in the place of an answer, until the connection is over. */
async function talkOn(exchange: WebSocketExchange): Promise<void> {
  const talk = (): void => exchange.say([plainMessage('text', 'still here')])
  talk()
  await atEachPing(exchange, talk)
}

/** Answers every Ping, until the connection is over. */
async function answerAll(exchange: WebSocketExchange): Promise<void> {
  await atEachPing(exchange, () => answerPing(exchange))
}

async function atEachPing({ peer }: WebSocketExchange, act: () => void): Promise<void> {
  for (let seen = 1; !peer.over; seen += 1) {
    const count = seen
    await peer.until(({ pings }) => pings.length >= count || peer.over)
    act()
  }
}
