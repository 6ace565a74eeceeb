import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import {
  FLAG,
  FRAME,
  type Frame,
  headerFrames,
  LARGEST_WINDOW,
  windowUpdate,
} from '../../http2/frame.ts'
import { encodeFields } from '../../http2/hpack-encoder.ts'
import { adopt, ask, type Http2Exchange, openHttp2, serve } from '../../http2/open.ts'
import { type Http2Request, h2 } from '../../http2/request.ts'
import type { Trial } from '../../testers/trial.ts'
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
  law: 'a GOAWAY over an error of the client names no stream below one that was served, whatever came last',
  clauses: [CLAUSE],
  enough: 14,
  caseOf: ({ breach }) => breach,
  program: fc.record({
    breach: fc.constantFrom(...Object.keys(BREACHES)),
    requests: fc.integer({ min: 1, max: 3 }),
    content: fc.constantFrom('none' as const, 'whole' as const, 'on its way' as const),
    /** A field block that ends the content of the first stream comes last. */
    trailers: fc.boolean(),
  }),
  async run(trial, { breach, requests, content, trailers }) {
    const client = await openHttp2(trial)
    const first = trailers ? ask(trial, client, h2.post('/first', ['content'])) : null
    let served = 0
    for (let count = 0; count < requests; count += 1) {
      const answered = await (content === 'on its way'
        ? answerEarly(trial, client)
        : answer(trial, client, content === 'none' ? h2.get('/') : h2.post('/', ['content'])))
      if (answered === null) return
      served = answered.stream.id
    }
    if (first !== null)
      client.write(...headerFrames(first.stream.id, encodeFields([['x-sum', '2']]), true))
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

async function answer(
  trial: Trial,
  client: Http2Client,
  request: Http2Request,
): Promise<Http2Exchange> {
  const served = await serve(trial, client, request)
  await served.exchange.readBody()
  await respond(served)
  return served
}

/** While the content is still on its way; null where the application is called behind it only. */
async function answerEarly(trial: Trial, client: Http2Client): Promise<Http2Exchange | null> {
  const asked = ask(trial, client, h2.post('/', ['content']))
  if (!(await trial.iut.cameWithinQuiet(asked.arrived, PERIODS))) return null
  const served = adopt(trial, client, asked, await asked.arrived)
  served.exchange.misused = true
  await respond(served)
  return served
}

async function respond({ exchange }: Http2Exchange): Promise<void> {
  await exchange.respond({ status: 200, body: ['served'] })
  await exchange.response()
  await exchange.app.return()
}

/** Quiet periods in which a server has ended a connection over an error, if it does. */
const PERIODS = 20
