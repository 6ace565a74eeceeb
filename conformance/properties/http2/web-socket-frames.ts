import fc from 'fast-check'
import { FAILING } from '../../websocket/failure.ts'
import type { Property } from '../property.ts'
import {
  COMPRESSED_CLAUSES,
  compressed,
  judgeTransparent,
  withOffer,
} from '../websocket/deflate.ts'
import { CONVERSATION_CLAUSES, conversation, converse, opening } from '../websocket/duplex.ts'
import { BREACHES, breaching, judgeBreach, offering } from '../websocket/protocol-errors.ts'
import { http2Property } from './property.ts'
import { establish } from './web-socket-exchange.ts'

/** RFC 8441 §5: on the stream WebSocket goes on "as if it were the TCP connection referred to in [RFC6455]". */
export const webSocketFrames: readonly Property[] = [
  http2Property({
    id: 'websocket/receive/event/http2',
    law: 'both directions of a WebSocket over HTTP/2 are whole and in order, compressed or not, under every agreed set of parameters',
    clauses: [...CONVERSATION_CLAUSES, ...COMPRESSED_CLAUSES],
    needs: ['websocket'],
    enough: 60,
    program: fc.oneof(
      fc.record({ kind: fc.constant('conversation' as const), plan: conversation }),
      fc.record({ kind: fc.constant('compressed' as const), plan: compressed }),
    ),
    async run(trial, program) {
      if (program.kind === 'compressed') {
        const exchange = await establish(trial, ...withOffer(program.plan))
        if (exchange !== null) await judgeTransparent(trial, exchange, program.plan)
        return
      }
      const exchange = await establish(trial, ...opening(program.plan))
      if (exchange !== null) await converse(trial, exchange, program.plan.steps)
    },
  }),
  http2Property({
    id: 'wire/rfc6455/fail-closes/http2',
    law: 'what a client must not send over the stream of a WebSocket fails it as it fails a connection of its own',
    clauses: [...BREACHES.map(({ clause }) => clause), ...FAILING],
    needs: ['websocket'],
    enough: 60,
    caseOf: ({ clause }) => clause,
    program: fc.oneof(
      ...BREACHES.map((breach) =>
        fc.record({ clause: fc.constant(breach.clause), plan: breaching(breach) }),
      ),
    ),
    async run(trial, { clause, plan }) {
      const breach = BREACHES.find((one) => one.clause === clause)
      const exchange = await establish(trial, offering(plan))
      if (exchange === null || breach === undefined) return
      await judgeBreach(trial, exchange, breach, plan)
    },
  }),
]
