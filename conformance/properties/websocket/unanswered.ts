import fc from 'fast-check'
import { binary } from '../../testers/exchange.ts'
import { show } from '../../testers/values.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { offers } from '../extension/announced.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const SILENT = 'asgi/send/after-close-no-op-or-oserror'
const DENIAL = 'websocket.http.response'
const CLAUSE = 'websocket/disconnect/before-accept'

/** www.rst, "Disconnect - receive event": connections that are lost before they were ever accepted. */
export const unanswered: readonly Property[] = [
  exchangeProperty({
    id: CLAUSE,
    beyondTcp: ENDING_ALIKE,
    law: 'a handshake that the client gives up ends in websocket.disconnect, accepted or not',
    clauses: [CLAUSE],
    needs: ['websocket'],
    program: fc.record({
      loss: fc.constantFrom('close', 'reset'),
      listening: fc.boolean(),
      /** Its application is about to deny it with a response of its own, where the server takes one. */
      denying: fc.boolean(),
    }),
    async run(trial, { loss, listening, denying }) {
      const exchange = await openWebSocket(trial)
      await exchange.connect()
      if (denying && offers(exchange.scope, DENIAL)) {
        exchange.misused = true
        await exchange.send({ type: `${DENIAL}.start`, status: 403, headers: [] })
        await exchange.send({ type: `${DENIAL}.body`, body: binary('half'), more_body: true })
      }
      const waiting = listening ? exchange.receive(CLAUSE) : null
      if (listening) await trial.iut.settle()
      if (loss === 'close') exchange.channel.wire.close()
      else exchange.channel.wire.reset()
      const event = await (waiting ?? exchange.receive(CLAUSE))
      const { type } = event
      trial.check(CLAUSE, type === 'websocket.disconnect', 'websocket.disconnect', () =>
        show(event),
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/accept/after-client-left',
    beyondTcp: ENDING_ALIKE,
    law: 'to accept or to deny a client that has left has no effect, or raises an OSError',
    clauses: [SILENT],
    needs: ['websocket'],
    caseOf: ({ loss, answer }) => `${loss} ${answer}`,
    program: fc.record({
      loss: fc.constantFrom('close', 'reset'),
      answer: fc.constantFrom('websocket.accept', 'websocket.close'),
    }),
    families: {
      names: ['websocket.accept', 'websocket.close'],
      of: ({ answer }) => answer,
    },
    async run(trial, { loss, answer }) {
      const exchange = await openWebSocket(trial)
      await exchange.connect()
      if (loss === 'close') exchange.channel.wire.close()
      else exchange.channel.wire.reset()
      await trial.iut.settle()
      const { raised } = await exchange.send({ type: answer })
      trial.check(
        SILENT,
        raised === null || raised.chain.includes('OSError'),
        'no effect, or an OSError',
        () => raised?.chain.join(' < ') ?? '',
      )
    },
  }),
]
