import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import {
  DEFAULT_WINDOW,
  describeFrame,
  ERROR,
  FRAME,
  resetStream,
  SETTING,
  settingsFrame,
} from '../../http2/frame.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Message } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { pinged } from './pong.ts'
import { http2Property } from './property.ts'

const SILENT = 'wire/rfc9113/silent-after-reset'
const UNANSWERED = 'wire/rfc9113/no-reset-for-reset'

/** RFC 9113 §6.4. */
export const silentStreams: Property = http2Property({
  id: SILENT,
  law: 'on a stream that its client has reset nothing follows, whatever its application sends or has sent, and other streams go on',
  clauses: [SILENT, UNANSWERED],
  enough: 30,
  caseOf: ({ begun, late, held }) => JSON.stringify([begun, late, held]),
  program: fc.record({
    begun: fc.constantFrom('nothing' as const, 'head' as const, 'content' as const),
    late: fc.constantFrom('content' as const, 'trailers' as const, 'nothing' as const),
    /** What has begun waits for a window that opens when the stream is gone. */
    held: fc.boolean(),
    code: fc.constantFrom(ERROR.none, ERROR.cancel, ERROR.protocol),
  }),
  async run(trial, { begun, late, held, code }) {
    const client = await openHttp2(trial, held ? { initialWindow: 0 } : {})
    const other = await serve(trial, client, h2.get('/other'))
    const { exchange, stream } = await serve(trial, client, h2.get('/left', [['te', 'trailers']]))
    await exchange.readBody()
    exchange.misused = true
    const trailers = late === 'trailers' && trial.iut.target.has('extension/http.response.trailers')
    const start = { ...startMessage({ status: 200 }), ...(trailers ? { trailers } : {}) }
    // A send() may wait for the window, and come to its end with the stream.
    if (begun !== 'nothing') call(exchange, start)
    if (begun === 'content') call(exchange, bodyMessage('begun', true))
    await trial.iut.settle()
    const told = exchange.receive('http/receive/disconnect-after-stream-lost')
    exchange.clientLeft = true
    client.write(resetStream(stream.id, code))
    // The first answer shows that the reset was read, the second comes behind what was on its way then.
    for (let turn = 0; turn < 2; turn += 1)
      if ((await pinged(trial, client, 'wire/rfc9113/ping-acknowledged')) === null) return
    await told
    await trial.iut.settle()
    const before = client.frames.length
    // Whether they return is for others to judge.
    if (begun === 'nothing') call(exchange, start)
    if (late !== 'nothing') call(exchange, bodyMessage('late', trailers))
    if (trailers) call(exchange, trailersMessage())
    await trial.iut.settle()
    void exchange.app.return().catch(() => undefined)
    if (held) openWindows(client)
    await finishOther(other.exchange)
    if ((await pinged(trial, client, 'wire/rfc9113/ping-acknowledged')) === null) return
    const more = client.frames
      .slice(before)
      .filter((frame) => frame.stream === stream.id && frame.type !== FRAME.priority)
    trial.check(SILENT, more.length === 0, 'no more frames on the stream', () =>
      more.map(describeFrame).join(', '),
    )
    // Nothing else gave a cause: the application was still at work when its client left.
    const { reset } = stream
    trial.check(UNANSWERED, reset === null, 'no RST_STREAM in return', () => `code ${reset}`)
  },
})

/** Nobody waits for its return. */
function call(exchange: Exchange, message: Message): void {
  void exchange.app.sendBeside(message).catch(() => undefined)
}

function trailersMessage(): Message {
  return {
    type: 'http.response.trailers',
    headers: [[binary('x-sum'), binary('1')]],
    more_trailers: false,
  }
}

/** §6.9.2: of all streams, so that none need be named that is gone. */
function openWindows(client: Http2Client): void {
  for (const stream of client.streams.values()) stream.receiveWindow += DEFAULT_WINDOW
  client.write(settingsFrame([[SETTING.initialWindowSize, DEFAULT_WINDOW]]))
}

async function finishOther(exchange: Exchange): Promise<void> {
  await exchange.readBody()
  await exchange.respond({ status: 200, body: ['whole'] })
  await exchange.response()
}
