import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Message, type PyDict, show } from '../../testers/values.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { type Handshake, PLAIN } from '../../websocket/handshake.ts'
import { type MessagePlan, pingFrame } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { clauseFor } from './send.ts'

/** One step of a conversation; none waits for the one before it. */
type Step =
  | { readonly who: 'client'; readonly says: MessagePlan }
  | { readonly who: 'client'; readonly pings: string }
  | { readonly who: 'app'; readonly says: arbitrary.Saying }
  | { readonly who: 'app'; readonly listens: true }
  /** Both ends have read what was on its way. */
  | { readonly who: 'nobody' }

const step: Arbitrary<Step> = fc.oneof(
  arbitrary.message.map((says) => ({ who: 'client' as const, says })),
  arbitrary.binaryString(8).map((pings) => ({ who: 'client' as const, pings })),
  arbitrary.saying.map((says) => ({ who: 'app' as const, says })),
  fc.constant({ who: 'app' as const, listens: true as const }),
  fc.constant({ who: 'nobody' as const }),
)

export interface Conversation {
  readonly steps: readonly Step[]
  readonly compression: boolean
  /** What is agreed on beside compression: the response that says so says both. */
  readonly subprotocol: string | null
}

export const conversation: Arbitrary<Conversation> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  compression: fc.boolean(),
  subprotocol: fc.constantFrom(null, 'chat'),
})

/** The handshake before it, and the keys of the accept. */
export function opening({ compression, subprotocol }: Conversation): [Handshake, Message] {
  const extensions = compression ? ['permessage-deflate'] : []
  const subprotocols = subprotocol === null ? [] : [[subprotocol]]
  return [{ ...PLAIN, subprotocols, extensions }, { subprotocol }]
}

/** What is sent is judged here as well, and reported by the property that is about it alone. */
export const CONVERSATION_CLAUSES: readonly string[] = ['websocket/receive/event']

/** RFC 6455 §1.2: data flows both ways at the same time, and neither way waits for the other. */
export const duplex: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/receive/event',
    law: 'both directions of a conversation are whole and in order, however they are interleaved, compressed or not',
    clauses: CONVERSATION_CLAUSES,
    needs: ['websocket'],
    program: conversation,
    async run(trial, plan) {
      const exchange = await establish(trial, ...opening(plan))
      await converse(trial, exchange, plan.steps)
    },
  }),
]

export async function converse(
  trial: Trial,
  exchange: WebSocketExchange,
  steps: readonly Step[],
): Promise<void> {
  const { deflater } = exchange.peer
  const heard: Promise<PyDict>[] = []
  const said: Promise<Outcome>[] = []
  for (const move of steps) {
    if (move.who === 'nobody') await trial.iut.settle()
    else if (move.who === 'app') {
      if ('listens' in move) heard.push(later(exchange.receive('websocket/receive/event')))
      else said.push(later(exchange.send(arbitrary.sendMessage(move.says))))
    } else if ('says' in move) exchange.say([move.says], deflater)
    else exchange.peer.write(pingFrame(Buffer.from(move.pings, 'latin1')))
  }
  // Who listens longer than the client speaks waits: the last messages are for them.
  while (exchange.sent.length < heard.length) exchange.say([LAST])
  while (heard.length < exchange.sent.length)
    heard.push(later(exchange.receive('websocket/receive/event')))
  for (const pending of heard) {
    const event = await pending
    const held = trial.check(
      'websocket/receive/event',
      event['type'] === 'websocket.receive',
      'websocket.receive',
      () => show(event),
    )
    // Nobody is owed an event behind the last one.
    if (!held) return
  }
  await Promise.all(said)
  for (const kind of ['text', 'binary'] as const) {
    const due = steps.filter(
      (move) => 'says' in move && move.who === 'app' && move.says.kind === kind,
    )
    const arrived = () => exchange.peer.reader.messages.filter((one) => one.kind === kind).length
    await exchange.until(
      () => arrived() >= due.length || exchange.peer.over,
      clauseFor(kind),
      `${due.length} ${kind} messages of the server`,
    )
    trial.check(
      clauseFor(kind),
      arrived() === due.length,
      `${due.length} ${kind} messages`,
      () => `${arrived()}, and the end of the connection`,
    )
  }
}

/** It is waited for when the other moves are made, and may fail before. */
function later<T>(pending: Promise<T>): Promise<T> {
  pending.catch(() => undefined)
  return pending
}

const LAST: MessagePlan = { kind: 'text', content: 'last', cuts: [], between: [], mask: 1 }
