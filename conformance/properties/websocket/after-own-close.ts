import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import { unlike } from '../../arbitraries/websocket.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { establish } from '../../websocket/open.ts'
import { establishOver } from '../http2/web-socket-exchange.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const SILENT = 'wire/rfc6455/no-data-after-close'
const CLOSED = 'websocket/close/code'

/** RFC 6455 §5.5.1: between the Close of the server and that of its client. */
export const afterOwnClose: readonly Property[] = [
  exchangeProperty({
    id: SILENT,
    beyondTcp: ENDING_ALIKE,
    law: 'what an application sends after its websocket.close reaches nobody, whatever its send() comes to',
    clauses: [SILENT],
    needs: ['websocket'],
    program: fc.record({
      late: fc.array(arbitrary.saying, { minLength: 1, maxLength: 3 }),
      /** And what would have been in time before all of them. */
      last: fc.constantFrom(null, 'websocket.accept', 'websocket.close'),
      /** Its client has answered before. */
      answered: fc.boolean(),
      http2: fc.boolean(),
    }),
    async run(trial, { late, last, answered, http2 }) {
      const exchange = await establishOver(trial, http2)
      exchange.misused = true
      // A server may hold this send() until its client has answered; what follows waits behind it then.
      const closing = exchange.app.send({ type: 'websocket.close' })
      closing.catch(() => undefined)
      await exchange.over(CLOSED)
      if (answered) exchange.answerClose()
      const messages = late.map(arbitrary.sendMessage)
      if (last !== null) messages.push({ type: last })
      const sent = messages.map((message) => exchange.app.send(message))
      const all = Promise.allSettled([closing, ...sent])
      await trial.iut.cameWithinQuiet(all)
      if (!answered) exchange.answerClose()
      await trial.iut.cameWithinQuiet(Promise.all([all, exchange.tunnel.closed]))
      void exchange.app.return().catch(() => undefined)
      trial.check(SILENT, true, '', String)
    },
  }),
  exchangeProperty({
    id: `${SILENT}/beside`,
    beyondTcp: ENDING_ALIKE,
    law: 'messages that are still under way when another task closes leave before its Close, or not at all',
    clauses: [SILENT],
    needs: ['websocket'],
    enough: 16,
    caseOf: ({ bytes, compressed }) => `${bytes} ${compressed}`,
    program: fc.record({
      messages: fc.integer({ min: 1, max: 4 }),
      bytes: fc.constantFrom(10, 2000, 200_000),
      compressed: fc.boolean(),
    }),
    async run(trial, { messages, bytes, compressed }) {
      const extensions = compressed ? ['permessage-deflate'] : []
      const exchange = await establish(trial, { ...PLAIN, extensions })
      exchange.misused = true
      const text = unlike(3, bytes)
      const sent = Array.from({ length: messages }, () =>
        exchange.app.sendBeside({ type: 'websocket.send', text }),
      )
      const closing = exchange.app.send({ type: 'websocket.close' })
      const all = Promise.allSettled([closing, ...sent])
      await exchange.over(CLOSED)
      await trial.iut.cameWithinQuiet(all)
      exchange.answerClose()
      await trial.iut.cameWithinQuiet(Promise.all([all, exchange.tunnel.closed]))
      void exchange.app.return().catch(() => undefined)
      trial.check(SILENT, true, '', String)
    },
  }),
]
