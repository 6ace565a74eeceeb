import fc from 'fast-check'
import { unlike } from '../../arbitraries/websocket.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { encodeFrame } from '../../websocket/frame.ts'
import { deflateAgreement, handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { framesOf, type MessagePlan, plainMessage } from '../../websocket/message-plan.ts'
import { establish, hold, knock } from '../../websocket/open.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { type Property, processProperty } from '../property.ts'
import { takesHalfOf } from './flood.ts'
import { serveWith } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line', 'websocket'] as const

const DISCONNECT = 'websocket/disconnect/any-cause'
const COMPRESSED = { ...PLAIN, extensions: ['permessage-deflate'] }
const QUEUE = 'config/websocket-max-queue'
const FRAGMENTS = 'config/websocket-max-fragments'
/** Bytes of a message. */
const LIMIT = 1000
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
      for (const stream of await alsoOverHttp2(trial, { ...PLAIN, target })) {
        stream.misused = true
        launcher.check(clause, false, 'no WebSocket over HTTP/2 either', () => 'one')
      }
    },
  }),
  processProperty({
    id: 'config/websocket-max-size',
    law: 'a message within the limit arrives, one beyond it does not and closes the connection, however small it or its fragments are made',
    clauses: ['config/websocket-max-size', DISCONNECT],
    needs: [...needs, 'websocket/max-size'],
    enough: 1,
    program: fc.record({ kind: fc.constantFrom('text' as const, 'binary' as const) }),
    async run(launcher, { kind }) {
      const clause = 'config/websocket-max-size'
      const trial = await serveWith(launcher, clause, { webSocketMaxSize: LIMIT })
      for (const shape of SHAPES) {
        const handshake = { ...PLAIN, extensions: shape.extensions }
        const message = (content: string): MessagePlan => ({
          ...plainMessage(shape.opposite ? OPPOSITE[kind] : kind, content),
          cuts: shape.cuts,
        })
        const exchanges = [await establish(trial, handshake)]
        exchanges.push(...(await alsoOverHttp2(trial, handshake)))
        for (const exchange of exchanges) await judgeLimit(launcher, exchange, message)
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
      const exchanges = [
        await establish(trial),
        await establish(trial, { ...PLAIN, extensions: ['permessage-deflate'] }),
        ...(await alsoOverHttp2(trial)),
      ]
      for (const exchange of exchanges) await judgeFragments(launcher, exchange, most, kind)
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
      const [stream] = await alsoOverHttp2(trial)
      await Promise.all([
        ...(['text', 'binary'] as const).map(async (kind) =>
          judgeHeldUp(trial, await establish(trial), kind, megabytes),
        ),
        judgeHeldUp(trial, await establish(trial, COMPRESSED), 'text', megabytes),
        // No socket holds what the window of a stream keeps back: less will show, and sooner.
        ...(stream === undefined ? [] : [judgeHeldUp(trial, stream, 'binary', megabytes / 8)]),
        judgeGoesOn(trial, await establish(trial)),
      ])
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
        const offer = { ...PLAIN, extensions: ['permessage-deflate'] }
        const exchanges = [await establish(trial, offer)]
        exchanges.push(...(await alsoOverHttp2(trial, offer)))
        for (const { answered } of exchanges) {
          const agreed = answered ? deflateAgreement(answered) !== null : false
          launcher.check(
            clause,
            agreed === on,
            on ? 'an accepted offer' : 'a declined offer',
            () => (agreed ? 'an accepted offer' : 'a declined offer'),
          )
        }
      }
    },
  }),
]

async function judgeHeldUp(
  trial: Trial,
  exchange: WebSocketExchange,
  kind: 'text' | 'binary',
  megabytes: number,
): Promise<void> {
  exchange.misused = true
  const { tunnel } = exchange
  const { deflater } = exchange.peer
  // Half as many bytes carry what is compressed.
  const content = deflater === null ? 'q'.repeat(65_536) : NIBBLES
  const plan = plainMessage(kind, content)
  const count = megabytes * (deflater === null ? 16 : 32)
  exchange.sent.push(...Array.from({ length: count }, () => plan))
  // Nothing of it refers to another message: the same frame may come again and again.
  const message = Buffer.concat(framesOf(plan, deflater).map(encodeFrame))
  const drained = await takesHalfOf(trial.iut, tunnel, message, count)
  trial.check(
    QUEUE,
    !drained,
    `a client that is held up, with ${deflater === null ? '' : 'compressed '}${kind} messages`,
    () => `half of ${megabytes} MiB taken`,
  )
  if (drained) return
  const events = await exchange.receiveAll(SOME, QUEUE)
  const whole = events.every((event) => event['type'] === 'websocket.receive')
  trial.check(QUEUE, whole, `${SOME} messages`, () => 'fewer, and a disconnect')
}

/** What an application waited for was never in the queue, and takes no place in it. */
async function judgeGoesOn(trial: Trial, exchange: WebSocketExchange): Promise<void> {
  const message = plainMessage('text', 'a'.repeat(65_536))
  const waits = [true, true, true, false, true, false]
  for (const waiting of waits) {
    if (!waiting) {
      exchange.say([message], null)
      await trial.iut.settle()
    }
    const event = exchange.receive(QUEUE)
    if (waiting) {
      await trial.iut.settle()
      exchange.say([message], null)
    }
    await event
  }
}

async function judgeFragments(
  launcher: Launcher,
  exchange: WebSocketExchange,
  most: number,
  kind: 'text' | 'binary',
): Promise<void> {
  exchange.misused = true
  const { deflater } = exchange.peer
  const inPieces = (pieces: number): MessagePlan => ({
    ...plainMessage(kind, 'f'.repeat(1000)),
    cuts: Array.from({ length: pieces - 1 }, (_, index) => 100 * (index + 1)),
  })
  // RFC 6455 §5.4: control frames come between the fragments of a message, and are none of them.
  const between = [
    { ping: true, payload: 'one' },
    { ping: false, payload: '' },
  ]
  for (const plan of [inPieces(most), { ...inPieces(most), between }]) {
    exchange.say([plan], deflater)
    const event = await exchange.receive(FRAGMENTS)
    const arrived = event['type'] === 'websocket.receive'
    launcher.check(FRAGMENTS, arrived, `a message of ${most} fragments`, () => show(event, 100))
  }
  exchange.peer.write(...framesOf(inPieces(most + 1), deflater))
  await exchange.over(FRAGMENTS)
  judgeCode(launcher, exchange, FRAGMENTS, 1008)
  exchange.answerClose()
  const next = await exchange.receive(FRAGMENTS)
  const over = next['type'] === 'websocket.disconnect'
  launcher.check(FRAGMENTS, over, 'websocket.disconnect', () => show(next, 100))
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

/** Sixteen letters without any order, which take half an octet each when they are compressed. */
const NIBBLES = unlike(4, 65_536).replaceAll(/./g, (letter) =>
  String.fromCharCode(97 + (letter.charCodeAt(0) % 16)),
)

/** Messages that must come out of the queue once the application receives. */
const SOME = 48

/** Beyond the limit; not when it is compressed, nor in any of its fragments, even as they inflate. */
const BEYOND = unlike(3, 4000)
  .replaceAll(/[^a-z]/g, 'a')
  .replaceAll(/[b-z]/g, 'b')

async function judgeLimit(
  launcher: Launcher,
  exchange: WebSocketExchange,
  message: (content: string) => MessagePlan,
): Promise<void> {
  const clause = 'config/websocket-max-size'
  exchange.misused = true
  const { deflater } = exchange.peer
  const isExact = launcher.target.has('limit/exact')
  // Two of them are more than the limit, however well they are compressed: it is one for each.
  const sizes = [800, isExact ? LIMIT : 800]
  const within = sizes.map((size, seed) => message(unlike(seed, size)))
  exchange.say(within, deflater)
  for (const event of await exchange.receiveAll(within.length, clause))
    launcher.check(clause, event['type'] === 'websocket.receive', 'the messages within', () =>
      show(event, 100),
    )
  const isEdge = isExact && deflater === null
  const beyond = isEdge ? unlike(3, LIMIT + 1) : BEYOND
  exchange.peer.write(...framesOf(message(beyond), deflater))
  await exchange.over(clause)
  judgeCode(launcher, exchange, clause, 1009)
  exchange.answerClose()
  const next = await exchange.receive(DISCONNECT)
  const arrived = next['type'] === 'websocket.receive'
  launcher.check(arrived ? clause : DISCONNECT, !arrived, 'websocket.disconnect', () =>
    show(next, 100),
  )
}
