import fc from 'fast-check'
import {
  FLAG,
  FRAME,
  type Frame,
  headerFrames,
  LARGEST_WINDOW,
  windowUpdate,
} from '../../http2/frame.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Property } from '../property.ts'
import { frame } from './breaches.ts'
import { http2Property } from './property.ts'

const CLAUSE = 'wire/rfc9113/goaway-last-stream'

/** Errors of the connection, behind a request on this stream that was served. */
const BREACHES: Readonly<Record<string, (served: number) => readonly Frame[]>> = {
  'a PING on a stream': (served) => [frame(FRAME.ping, 0, served, 8)],
  'a PING of seven bytes': () => [frame(FRAME.ping, 0, 0, 7)],
  'SETTINGS of five bytes': () => [frame(FRAME.settings, 0, 0, 5)],
  'DATA of no stream': () => [frame(FRAME.data, 0, 0, 1)],
  'CONTINUATION without HEADERS': (served) => [
    frame(FRAME.continuation, FLAG.endHeaders, served + 2, 0),
  ],
  'a field block with an index of nothing': (served) =>
    headerFrames(served + 2, Buffer.from([0x80]), true),
  'a window beyond all bounds': () => [windowUpdate(0, LARGEST_WINDOW)],
}

/**
 * RFC 9113 §6.8: a client may send again what came on streams beyond the last one, on another connection: no
 * request that was served may be among them.
 */
export const lastStream: Property = http2Property({
  id: CLAUSE,
  law: 'a GOAWAY over an error of the client names no stream below one that was served',
  clauses: [CLAUSE],
  enough: 14,
  caseOf: ({ breach }) => breach,
  program: fc.record({
    breach: fc.constantFrom(...Object.keys(BREACHES)),
    requests: fc.integer({ min: 1, max: 3 }),
    content: fc.constantFrom(null, 'content'),
  }),
  async run(trial, { breach, requests, content }) {
    const client = await openHttp2(trial)
    let served = 0
    for (let count = 0; count < requests; count += 1) {
      const request = content === null ? h2.get('/') : h2.post('/', [content])
      const { exchange, stream } = await serve(trial, client, request)
      await exchange.readBody()
      await exchange.respond({ status: 200, body: ['served'] })
      await exchange.response()
      await exchange.app.return()
      served = stream.id
    }
    client.write(...(BREACHES[breach]?.(served) ?? []))
    // Whether the error is told, and ends the connection, is judged elsewhere.
    await trial.iut.cameWithinQuiet(
      client.until(() => client.closed),
      PERIODS,
    )
    if (client.goAways.length === 0)
      trial.judge.notApplicable(CLAUSE, 'the server tells no error by GOAWAY')
    for (const { lastStream: last } of client.goAways)
      trial.check(
        CLAUSE,
        last >= served,
        `a last stream that is not below ${served}, which was served`,
        () => String(last),
      )
  },
})

/** Quiet periods in which a server has ended a connection over an error, if it does. */
const PERIODS = 20
