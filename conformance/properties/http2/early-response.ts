import fc from 'fast-check'
import { dataFrame, ERROR } from '../../http2/frame.ts'
import { ask, awaitScope, describeEnd, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const content = fc.string({ maxLength: 12, unit: 'binary-ascii' })

/**
 * RFC 9113 §8.1: a response may be complete before its request is, and §5.1, "half-closed (local)": after
 * its END_STREAM the server "can receive any type of frame" of the stream.
 */
export const earlyResponse: Property = http2Property({
  id: 'wire/rfc9113/half-closed-local',
  law: 'the rest of a request that comes behind its response harms no other stream of the connection',
  clauses: ['wire/rfc9113/half-closed-local', 'wire/rfc9113/half-closed-local-trailers'],
  enough: 30,
  program: fc.oneof(
    fc.record({ end: fc.constant('content' as const), begun: content, rest: content }),
    // Content that is still on its way would be the other case.
    fc.record({
      end: fc.constant('trailers' as const),
      begun: fc.constant(''),
      rest: fc.constant(''),
    }),
  ),
  async run(trial, { begun, rest, end }) {
    const clause =
      end === 'content'
        ? 'wire/rfc9113/half-closed-local'
        : 'wire/rfc9113/half-closed-local-trailers'
    const client = await openHttp2(trial)
    const asked = ask(trial, client, { ...h2.post('/', [begun]), end: 'empty-data' })
    const { stream } = asked
    if (begun !== '') client.write(dataFrame(stream.id, Buffer.from(begun, 'latin1'), false))
    if (!(await trial.iut.cameWithinQuiet(asked.arrived, EARLY_PERIODS))) {
      // To call the application only with the whole content at hand is a server's right.
      trial.judge.notApplicable(clause, 'the server waits for the content')
      return
    }
    const { exchange } = await awaitScope(trial, client, asked)
    exchange.requestComplete = false
    exchange.sent = Buffer.from(begun, 'latin1')
    await exchange.respond({ status: 200, body: ['early'] })
    await exchange.response()
    if (end === 'trailers') client.sendFields(stream.id, [['x-sum', '1']], { endStream: true })
    else client.write(dataFrame(stream.id, Buffer.from(rest, 'latin1'), true))
    const next = ask(trial, client, h2.get('/next'))
    const over = client.until(() => client.closed || client.goAway !== null)
    await trial.iut.within(Promise.race([next.arrived, over]), clause, 'the next request served')
    const { goAway } = client
    // To close a connection in order is a server's right at any time.
    if (goAway?.code === ERROR.none) return
    const held = !client.closed && goAway === null
    trial.check(clause, held, 'the next request served', () => describeEnd(client, undefined))
    if (!held) return
    const { exchange: later } = await awaitScope(trial, client, next)
    await later.respond({ status: 204 })
    await later.response()
  },
})

/** Quiet periods that a server is given to open a scope before it has the content. */
const EARLY_PERIODS = 10
