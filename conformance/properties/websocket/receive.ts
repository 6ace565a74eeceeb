import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { encodeFrame, OPCODE } from '../../websocket/frame.ts'
import {
  framesOf,
  type MessagePlan,
  pingFrame,
  plainMessage,
} from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** www.rst, "Receive - receive event", and RFC 6455 §5.4 and §5.5.2 below it. */
export const receive: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/receive/complete-messages',
    law: 'every message of the client reaches the application whole, once and in order, however it is fragmented and masked',
    clauses: [
      'websocket/receive/complete-messages',
      'websocket/receive/event',
      'websocket/receive/bytes',
      'websocket/receive/text',
      'websocket/receive/exactly-one',
      'websocket/receive/fragmentation-handled',
      'wire/rfc6455/fragments-supported',
      'wire/rfc6455/fragments-in-order',
      'wire/rfc6455/control-between-fragments',
      'wire/rfc6455/unmasking',
    ],
    needs: ['websocket'],
    program: fc.array(arbitrary.message, { minLength: 1, maxLength: 5 }),
    async run(trial, plans) {
      const exchange = await establish(trial)
      exchange.say(plans)
      await judgeArrival(trial, exchange, 'websocket/receive/complete-messages')
      await judgePongs(trial, exchange, pingsOf(plans), BETWEEN)
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/fragments-supported',
    law: 'neither the segments in which frames arrive nor the number of fragments change anything about the messages',
    clauses: ['wire/rfc6455/fragments-supported', 'websocket/receive/event'],
    needs: ['websocket'],
    program: fc.record({
      plans: fc.array(arbitrary.smallMessage, { minLength: 1, maxLength: 3 }),
      cuts: http.cutShares,
      /** Of a message before the others; 0: there is none. */
      fragments: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(80, 400) },
      ),
    }),
    async run(trial, { plans, cuts, fragments }) {
      const exchange = await establish(trial)
      const all = fragments === 0 ? plans : [inFragments(fragments), ...plans]
      const bytes = Buffer.concat(exchange.framesFor(all).map(encodeFrame))
      await trial.write(exchange.channel, bytes, http.cutsOf(cuts, bytes.length))
      await judgeArrival(trial, exchange, 'wire/rfc6455/fragments-supported')
    },
  }),
  exchangeProperty({
    id: 'websocket/ping-pong/handled',
    law: 'each Ping is answered by a Pong with its payload, and the application sees neither Ping nor Pong',
    clauses: [
      'websocket/ping-pong/handled',
      'wire/rfc6455/ping-answered',
      'wire/rfc6455/ping-answered-soon',
      'wire/rfc6455/pong-payload',
      'wire/rfc6455/pong-unsolicited',
    ],
    needs: ['websocket'],
    program: fc.record({
      payloads: fc.array(
        fc.oneof(
          { weight: 4, arbitrary: arbitrary.binaryString(20) },
          { weight: 1, arbitrary: fc.constant('p'.repeat(125)) },
        ),
        { minLength: 1, maxLength: 4 },
      ),
      unsolicited: fc.boolean(),
      last: arbitrary.smallMessage,
      /** Between the fragments of the last message, of which the rest comes only when one is answered. */
      within: fc.boolean(),
    }),
    families: {
      names: ['pings', 'pings and pongs'],
      of: ({ unsolicited }) => (unsolicited ? 'pings and pongs' : 'pings'),
    },
    async run(trial, { payloads, unsolicited, last, within }) {
      const exchange = await establish(trial)
      // The application waits for a message: a server may read no further than it is asked to.
      const [first, ...rest] = exchange.framesFor([within ? { ...last, cuts: [500] } : last])
      const arrival = judgeArrival(trial, exchange, 'websocket/ping-pong/handled')
      arrival.catch(() => undefined)
      if (within && first !== undefined) exchange.peer.write(first)
      for (const payload of payloads) {
        const ping = pingFrame(Buffer.from(payload, 'latin1'), 1)
        if (unsolicited) exchange.peer.write({ ...ping, opcode: OPCODE.pong })
        exchange.peer.write(ping)
      }
      // Before anything comes that the application is given.
      const soon = 'wire/rfc6455/ping-answered-soon'
      await exchange.until(({ pongs }) => pongs.length >= 1 || exchange.peer.over, soon, 'a Pong')
      trial.check(soon, true, '', () => '')
      exchange.peer.write(...(within || first === undefined ? rest : [first, ...rest]))
      await arrival
      await judgePongs(
        trial,
        exchange,
        payloads,
        unsolicited ? ['wire/rfc6455/pong-unsolicited'] : [],
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/receive/complete-messages/large',
    law: 'a message of more than a megabyte reaches the application as one, where the server takes it at all',
    clauses: ['websocket/receive/complete-messages', 'websocket/receive/exactly-one'],
    needs: ['websocket'],
    enough: 4,
    caseOf: ({ kind, fragments }) => `${kind} ${fragments}`,
    program: fc.record({
      kind: fc.constantFrom('text' as const, 'binary' as const),
      fragments: fc.constantFrom(1, 3),
      bytes: fc.constantFrom(1_100_000, 1_600_000),
    }),
    async run(trial, { kind, fragments, bytes }) {
      const exchange = await establish(trial)
      const clause = 'websocket/receive/complete-messages'
      const plan = { ...inFragments(fragments), kind, content: arbitrary.unlike(5, bytes) }
      exchange.say([plan])
      const event = await exchange.receive(clause)
      if (event['type'] !== 'websocket.disconnect')
        trial.check(clause, event['type'] === 'websocket.receive', 'the message', () =>
          show(event, 200),
        )
      else trial.judge.notApplicable(clause, 'the server takes no messages of that size')
      exchange.answerClose()
      await exchange.app.return()
    },
  }),
]

/** Of one octet each. */
function inFragments(count: number): MessagePlan {
  const cuts = Array.from({ length: count - 1 }, (_, index) => (1000 * (index + 1)) / count)
  return { ...plainMessage('binary', 'f'.repeat(count)), cuts }
}

/** As many events as the client has sent messages; their content is judged with every program. */
async function judgeArrival(
  trial: Trial,
  exchange: WebSocketExchange,
  clause: string,
): Promise<void> {
  const events = await exchange.receiveAll(exchange.sent.length, clause)
  for (const [index, event] of events.entries()) {
    const plan = exchange.sent[index]
    const held = trial.check(
      clause,
      event['type'] === 'websocket.receive',
      `websocket.receive with the ${plan?.kind} message ${index + 1} of ${events.length}`,
      () => show(event, 200),
    )
    const met = plan === undefined || plan.cuts.length === 0 ? MESSAGE : [...MESSAGE, ...FRAGMENTED]
    for (const law of met) trial.check(law, held, `message ${index + 1}`, () => show(event, 200))
  }
}

const BETWEEN = ['wire/rfc6455/control-between-fragments']
const MESSAGE = ['websocket/receive/event', 'wire/rfc6455/unmasking']
const FRAGMENTED = [
  'websocket/receive/fragmentation-handled',
  'wire/rfc6455/fragments-supported',
  'wire/rfc6455/fragments-in-order',
]

/**
 * RFC 6455 §5.5.2 and §5.5.3: the last Ping is answered; of those before it some may not be, but no
 * Pong says what no Ping said.
 */
async function judgePongs(
  trial: Trial,
  exchange: WebSocketExchange,
  pings: readonly string[],
  also: readonly string[] = [],
): Promise<void> {
  const last = pings.at(-1)
  if (last === undefined) return
  const { peer } = exchange
  const said = (): string[] => peer.reader.pongs.map((payload) => payload.toString('latin1'))
  const clause = 'wire/rfc6455/ping-answered'
  await trial.iut.within(
    peer.until(() => said().includes(last) || peer.over),
    clause,
    'a Pong for the last Ping',
  )
  trial.check(
    clause,
    said().includes(last),
    `a Pong with ${JSON.stringify(last)}`,
    () => `${JSON.stringify(said())} and the end of the connection`,
  )
  for (const other of also) trial.check(other, said().includes(last), 'a Pong', () => 'none')
  trial.check(
    'wire/rfc6455/pong-payload',
    isSubsequence(said(), pings),
    `Pongs among ${JSON.stringify(pings)}, in that order`,
    () => JSON.stringify(said()),
  )
}

function isSubsequence(some: readonly string[], all: readonly string[]): boolean {
  let next = 0
  for (const item of some) {
    const at = all.indexOf(item, next)
    if (at < 0) return false
    next = at + 1
  }
  return true
}

/** Payloads of the Pings that really go out between the fragments of a message. */
function pingsOf(plans: readonly MessagePlan[]): string[] {
  return plans.flatMap((plan) =>
    framesOf(plan)
      .filter(({ opcode }) => opcode === OPCODE.ping)
      .map(({ payload }) => payload.toString('latin1')),
  )
}
