import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http2.ts'
import { dataFrame, NO_EXTRAS } from '../../http2/frame.ts'
import type { BlockStyle } from '../../http2/hpack-encoder.ts'
import { adopt, ask, describeEnd, knock, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

/** Quiet periods in which a server has reset the stream of an application that failed. */
const PERIODS = 20

const DISCARDED = 'wire/rfc9113/frames-after-own-reset'

const INDEXED: BlockStyle = { representation: 'indexed', huffman: false, resizes: [] }

/** RFC 9113 §5.1: the client may have sent them before it read the reset. */
export const lateFrames: Property = http2Property({
  id: DISCARDED,
  law: 'content and trailers that come on a stream which the server has just reset are discarded, and the next request is read as it was written',
  clauses: [DISCARDED],
  enough: 30,
  program: fc.record({
    content: fc.constantFrom(0, 1, 3),
    trailers: fc.boolean(),
    style: arbitrary.blockStyle,
  }),
  async run(trial, { content, trailers, style }) {
    const client = await openHttp2(trial)
    const asked = ask(trial, client, { ...h2.post('/failing', ['unsent']), end: 'empty-data' })
    const scope = await trial.iut.within(
      Promise.race([asked.arrived, asked.stream.answered]),
      DISCARDED,
      'a scope for the request',
    )
    if (!(scope instanceof RemoteScope)) return
    const { exchange, stream } = adopt(trial, client, asked, scope)
    exchange.misused = true
    await exchange.send(startMessage({ status: 200 }))
    await exchange.send(bodyMessage('begun', true))
    await exchange.app.raise('RuntimeError')
    // That it must come to an end is for others to judge.
    await trial.iut.cameWithinQuiet(stream.answered, PERIODS)
    const reset = stream.reset
    if (reset === null || client.closed || client.goAway !== null) {
      trial.judge.notApplicable(DISCARDED, 'the server does not reset the stream')
      return
    }
    const parts = Array.from({ length: content }, () => Buffer.from('late'))
    client.write(
      ...parts.map((part) => dataFrame(stream.id, part, !trailers && part === parts.at(-1))),
    )
    if (trailers) {
      const field = [['x-late', 'remembered by both']] as const
      client.sendFields(stream.id, field, { endStream: true, style })
    }
    // Whoever did not keep the table up to date reads another field, or none.
    const framing = { style: INDEXED, extras: NO_EXTRAS, cuts: [] }
    const request = h2.get('/next', [['x-late', 'remembered by both']])
    const { served } = await knock(trial, client, request, framing)
    trial.check(DISCARDED, served !== null, 'the next request served', () =>
      describeEnd(client, client.streams.get(stream.id + 2)),
    )
    if (served === null) return
    const { headers } = served.exchange.scope
    const kept = show(headers).includes('remembered by both')
    trial.check(DISCARDED, kept, 'its fields as they were written', () => show(headers))
    await served.exchange.respond({ status: 204 })
    await served.exchange.response(DISCARDED)
  },
})
