import fc from 'fast-check'
import { binary, startMessage } from '../../testers/exchange.ts'
import { BLOCKED_CLAUSES, judgeBlocked } from '../http/send-blocked.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { offers } from './announced.ts'

const EXTENSION = 'http.response.early_hint'

/** What a head may hold anywhere, and so many of it that the sockets of both sides hold no more. */
const HINT = { type: EXTENSION, links: [binary(`</${'h'.repeat(30_000)}.css>; rel=preload`)] }
const HINTS = 600

/** A hint is no content, but leaves by the same connection: what is promised of send() holds for it, too. */
export const heldHints: Property = exchangeProperty({
  id: 'process/write-flow-control/early-hints',
  law: 'a send() of an early hint waits for a client which reads nothing where that is promised, and comes back when that client is lost',
  clauses: BLOCKED_CLAUSES,
  needs: ['http/1.1', 'flow-control', `extension/${EXTENSION}`],
  enough: 2,
  program: fc.record({ http2: fc.boolean(), listening: fc.boolean() }),
  caseOf: ({ http2 }) => String(http2),
  async run(trial, { http2, listening }) {
    const exchange = await openEither(trial, http2)
    const { channel, app } = exchange
    if (!offers(exchange.scope, EXTENSION)) return
    exchange.misused = true
    exchange.clientLeft = true
    await exchange.send(startMessage({ status: 200 }))
    const promise = channel.http2 === null ? 'flow-control' : 'flow-control/http2'
    await judgeBlocked(trial, { channel, app, piece: HINT, pieces: HINTS, promise }, listening)
  },
})
