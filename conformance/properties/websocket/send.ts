import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { payloadOf } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** www.rst, "Send - send event". */
export const send: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/send/bytes',
    law: 'each websocket.send reaches the client as one message of its kind and content, in order, compressed or not',
    clauses: ['websocket/send/bytes', 'websocket/send/text', 'websocket/send/both-keys'],
    needs: ['websocket'],
    program: fc.record({
      sayings: fc.array(arbitrary.saying, { minLength: 1, maxLength: 6 }),
      compression: fc.boolean(),
      /** What is agreed on beside compression: the response that says so says both. */
      subprotocol: fc.constantFrom(null, 'chat'),
    }),
    async run(trial, { sayings, compression, subprotocol }) {
      const extensions = compression ? ['permessage-deflate'] : []
      const subprotocols = subprotocol === null ? [] : [[subprotocol]]
      const handshake = { ...PLAIN, subprotocols, extensions }
      const exchange = await establish(trial, handshake, { subprotocol })
      const outcomes = await trial.iut.returned(
        Promise.all(sayings.map((saying) => exchange.app.send(arbitrary.sendMessage(saying)))),
      )
      for (const [index, saying] of sayings.entries()) {
        const raised = outcomes[index]?.raised ?? null
        trial.check(
          saying.bothKeys ? 'websocket/send/both-keys' : clauseFor(saying.kind),
          raised === null,
          'send() returns',
          () => raised?.chain.join(' < ') ?? '',
        )
      }
      const { messages } = exchange.peer.reader
      for (const [index, { kind, content }] of sayings.entries()) {
        // One after the other: where a message is left out, the next one is not the one that is missing.
        await exchange.messages(index + 1, clauseFor(kind))
        const whole = payloadOf({ kind, content })
        const held = trial.check(
          clauseFor(kind),
          messages[index]?.kind === kind && messages[index].content.equals(whole),
          `message ${index + 1}, ${kind}, of ${whole.length} bytes`,
          () =>
            messages[index] === undefined
              ? 'the connection ended before it'
              : `a ${messages[index].kind} message of ${messages[index].content.length} bytes`,
        )
        if (!held) return
      }
    },
  }),
  exchangeProperty({
    id: 'websocket/send/bytes/in-order',
    law: 'small messages behind a large one, which takes a while to compress, do not overtake it',
    clauses: ['websocket/send/bytes'],
    needs: ['websocket'],
    enough: 16,
    program: fc.record({
      length: fc.constantFrom(300_000, 900_000),
      behind: fc.integer({ min: 1, max: 4 }),
      compression: fc.boolean(),
    }),
    async run(trial, { length, behind, compression }) {
      const clause = 'websocket/send/bytes'
      const extensions = compression ? ['permessage-deflate'] : []
      const exchange = await establish(trial, { ...PLAIN, extensions })
      const large = Buffer.alloc(length, 'a large message \x01\xff ', 'latin1')
      const messages = [
        large,
        ...Array.from({ length: behind }, (_, index) => Buffer.from([index])),
      ]
      const calls = messages.map((bytes) => exchange.app.send({ type: 'websocket.send', bytes }))
      await trial.iut.returned(Promise.all(calls))
      await exchange.messages(messages.length, clause)
      const seen = exchange.peer.reader.messages.map(({ content }) => content)
      trial.check(
        clause,
        seen.length === messages.length && messages.every((bytes, at) => seen[at]?.equals(bytes)),
        `messages of ${messages.map((bytes) => bytes.length).join(', ')} bytes`,
        () => seen.map((bytes) => bytes.length).join(', '),
      )
    },
  }),
]

export function clauseFor(kind: 'text' | 'binary'): string {
  return kind === 'text' ? 'websocket/send/text' : 'websocket/send/bytes'
}
