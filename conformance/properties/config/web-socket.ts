import fc from 'fast-check'
import type { Launcher } from '../../testers/launcher.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { encodeFrame, OPCODE } from '../../websocket/frame.ts'
import { deflateAgreement, handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { framesOf, type MessagePlan, plainMessage } from '../../websocket/message-plan.ts'
import { establish, hold, knock } from '../../websocket/open.ts'
import * as overHttp2 from '../http2/web-socket-exchange.ts'
import { type Property, processProperty } from '../property.ts'
import { NOT_BEFORE_MS, SHORT_SECONDS, serveWith } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line', 'websocket'] as const

const QUEUE = 'config/websocket-max-queue'
const FRAGMENTS = 'config/websocket-max-fragments'
/** Thousandths: the fragments of a message that is beyond the limit are within it. */
const CUTS = [150, 300, 450, 600, 750, 900]

const OPPOSITE = { text: 'binary', binary: 'text' } as const

/** What a server may count in another place: compressed messages, fragments, either kind. */
const SHAPES = [false, true].flatMap((opposite) =>
  [[], CUTS].flatMap((cuts) =>
    [[], ['permessage-deflate']].map((extensions) => ({ opposite, cuts, extensions })),
  ),
)

/** What is set about WebSocket. */
export const webSocketSettings: readonly Property[] = [
  processProperty({
    id: 'config/websocket-off',
    law: 'with WebSocket off no handshake is completed and no websocket scope opened',
    clauses: ['config/websocket-off'],
    needs: [...needs, 'websocket/off'],
    enough: 1,
    program: fc.record({ target: fc.constantFrom('/', '/chat') }),
    async run(launcher, { target }) {
      const clause = 'config/websocket-off'
      const trial = await serveWith(launcher, clause, { webSocket: false })
      const answer = await knock(trial, handshakeRequest({ ...PLAIN, target }))
      const type = answer.scope?.type ?? 'http'
      launcher.check(clause, type !== 'websocket', 'no websocket scope', () => 'one')
      if (answer.scope === null) {
        const status = answer.response?.status
        launcher.check(clause, status !== 101, 'no 101', () => 'status 101')
      } else hold(trial, answer.scope)
    },
  }),
  processProperty({
    id: 'config/websocket-max-size',
    law: 'a message within the limit arrives, one beyond it does not and closes the connection, however small it or its fragments are made',
    clauses: ['config/websocket-max-size'],
    needs: [...needs, 'websocket/max-size'],
    enough: 1,
    program: fc.record({ kind: fc.constantFrom('text' as const, 'binary' as const) }),
    async run(launcher, { kind }) {
      const clause = 'config/websocket-max-size'
      const trial = await serveWith(launcher, clause, { webSocketMaxSize: 1000 })
      for (const shape of SHAPES) {
        const handshake = { ...PLAIN, extensions: shape.extensions }
        const message = (content: string): MessagePlan => ({
          ...plainMessage(shape.opposite ? OPPOSITE[kind] : kind, content),
          cuts: shape.cuts,
        })
        await judgeLimit(launcher, await establish(trial, handshake), message)
        if (!launcher.target.has('http/2/prior-knowledge')) continue
        const stream = await overHttp2.establish(trial, handshake)
        if (stream !== null) await judgeLimit(launcher, stream, message)
      }
    },
  }),
  processProperty({
    id: FRAGMENTS,
    law: 'a message of as many fragments as were set arrives, one of more does not and closes the connection',
    clauses: [FRAGMENTS],
    needs: [...needs, 'websocket/max-fragments'],
    enough: 1,
    program: fc.record({
      most: fc.integer({ min: 3, max: 9 }),
      kind: fc.constantFrom('text' as const, 'binary' as const),
    }),
    async run(launcher, { most, kind }) {
      const trial = await serveWith(launcher, FRAGMENTS, { webSocketMaxFragments: most })
      const exchange = await establish(trial)
      exchange.misused = true
      const inPieces = (pieces: number): MessagePlan => ({
        ...plainMessage(kind, 'f'.repeat(1000)),
        cuts: Array.from({ length: pieces - 1 }, (_, index) => 100 * (index + 1)),
      })
      exchange.say([inPieces(most)])
      const first = await exchange.receive(FRAGMENTS)
      const arrived = first['type'] === 'websocket.receive'
      launcher.check(FRAGMENTS, arrived, `a message of ${most} fragments`, () => show(first, 100))
      exchange.peer.write(...framesOf(inPieces(most + 1)))
      await exchange.over(FRAGMENTS)
      judgeCode(launcher, exchange, FRAGMENTS, 1008)
      exchange.answerClose()
      const next = await exchange.receive(FRAGMENTS)
      const over = next['type'] === 'websocket.disconnect'
      launcher.check(FRAGMENTS, over, 'websocket.disconnect', () => show(next, 100))
    },
  }),
  processProperty({
    id: QUEUE,
    law: 'a client that floods an application which does not receive is held up until it does, whatever the kind of its messages',
    clauses: [QUEUE],
    needs: [...needs, 'websocket/max-queue'],
    enough: 1,
    program: fc.record({ megabytes: fc.constantFrom(32, 40) }),
    async run(launcher, { megabytes }) {
      const trial = await serveWith(launcher, QUEUE, { webSocketMaxQueue: 2 })
      await Promise.all(
        (['text', 'binary'] as const).map((kind) => judgeHeldUp(trial, kind, megabytes)),
      )
    },
  }),
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
      const stream = launcher.target.has('http/2/prior-knowledge')
        ? await overHttp2.establish(trial)
        : null
      const exchanges = [await establish(trial), ...(stream === null ? [] : [stream])]
      await Promise.all(exchanges.map((exchange) => judgeInterval(launcher, exchange, turns)))
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
      const silent = await establish(trial)
      if (talkative) silent.say([plainMessage('text', 'still here')])
      const over = silent.over(clause)
      void answerAll(answering)
      await over
      launcher.check(clause, true, 'the end of the silent connection', () => '')
      launcher.check(
        clause,
        !answering.peer.over,
        'the connection whose pings are answered open',
        () => 'closed',
      )
      silent.misused = true
    },
  }),
  processProperty({
    id: 'config/websocket-deflate',
    law: 'permessage-deflate is accepted when it is on, and declined when it is off',
    clauses: ['config/websocket-deflate'],
    needs: [...needs, 'websocket/compression'],
    enough: 1,
    program: fc.record({ first: fc.boolean() }),
    async run(launcher, { first }) {
      const clause = 'config/websocket-deflate'
      for (const on of [first, !first]) {
        const trial = await serveWith(launcher, clause, { webSocketCompression: on })
        const exchange = await establish(trial, { ...PLAIN, extensions: ['permessage-deflate'] })
        const { answered } = exchange
        const agreed = answered ? deflateAgreement(answered) !== null : false
        launcher.check(clause, agreed === on, on ? 'an accepted offer' : 'a declined offer', () =>
          agreed ? 'an accepted offer' : 'a declined offer',
        )
      }
    },
  }),
]

async function judgeHeldUp(
  trial: Trial,
  kind: 'text' | 'binary',
  megabytes: number,
): Promise<void> {
  const exchange = await establish(trial)
  exchange.misused = true
  const { wire } = exchange.channel
  const plan = plainMessage(kind, 'q'.repeat(65_536))
  const frames = exchange.framesFor(Array.from({ length: megabytes * 16 }, () => plan))
  const bytes = Buffer.concat(frames.map(encodeFrame))
  wire.write(bytes)
  // Half of it is beyond what sockets hold on both sides: it must still be with us.
  const drained = await trial.iut.becomes(() => wire.unsent < bytes.length / 2, FLOOD_MS)
  trial.check(
    QUEUE,
    !drained,
    `a client that is held up, with ${kind} messages`,
    () => `${megabytes} MiB taken, all but ${wire.unsent} bytes`,
  )
  if (drained) return
  const events = await exchange.receiveAll(SOME, QUEUE)
  const whole = events.every((event) => event['type'] === 'websocket.receive')
  trial.check(QUEUE, whole, `${SOME} messages`, () => 'fewer, and a disconnect')
}

/** Where the documentation says with which code a limit closes. */
function judgeCode(
  launcher: Launcher,
  { peer }: WebSocketExchange,
  clause: string,
  expected: number,
): void {
  if (!launcher.target.has('documented/websocket-limit-codes')) return
  const code = peer.reader.close?.code ?? null
  launcher.check(clause, code === expected, `a Close with ${expected}`, () => String(code))
}

/** Messages that must come out of the queue once the application receives. */
const SOME = 48
/** In which a server without a limit would have taken some 30 MiB from a loopback connection. */
const FLOOD_MS = 1500

async function judgeInterval(
  launcher: Launcher,
  exchange: WebSocketExchange,
  turns: number,
): Promise<void> {
  const clause = 'config/websocket-ping-interval'
  // The first may come at once: an interval lies between two.
  await exchange.until(({ pings }) => pings.length >= 1, clause, 'Ping 1')
  answerPing(exchange)
  for (let count = 2; count <= turns + 1; count += 1) {
    const before = performance.now()
    await exchange.until(({ pings }) => pings.length >= count, clause, `Ping ${count}`)
    const waited = performance.now() - before
    launcher.check(
      clause,
      waited >= NOT_BEFORE_MS,
      `Ping ${count} about ${SHORT_SECONDS} s after the one before`,
      () => `${Math.round(waited)} ms`,
    )
    answerPing(exchange)
  }
}

async function judgeLimit(
  launcher: Launcher,
  exchange: WebSocketExchange,
  message: (content: string) => MessagePlan,
): Promise<void> {
  const clause = 'config/websocket-max-size'
  exchange.misused = true
  const { deflater } = exchange.peer
  exchange.say([message('w'.repeat(800))], deflater)
  const first = await exchange.receive(clause)
  launcher.check(clause, first['type'] === 'websocket.receive', 'the message within', () =>
    show(first),
  )
  exchange.peer.write(...framesOf(message('b'.repeat(5000)), deflater))
  await exchange.over(clause)
  judgeCode(launcher, exchange, clause, 1009)
  exchange.answerClose()
  const next = await exchange.receive(clause)
  launcher.check(clause, next['type'] === 'websocket.disconnect', 'websocket.disconnect', () =>
    show(next, 100),
  )
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

/** Answers every Ping, until the connection is over. */
async function answerAll(exchange: WebSocketExchange): Promise<void> {
  for (let answered = 1; !exchange.peer.over; answered += 1) {
    const count = answered
    await exchange.peer.until(({ pings }) => pings.length >= count || exchange.peer.over)
    answerPing(exchange)
  }
}
