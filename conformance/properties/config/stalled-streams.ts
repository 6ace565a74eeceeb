import { setTimeout as pause } from 'node:timers/promises'
import type { Http2Client } from '../../http2/client.ts'
import type { ClientStream } from '../../http2/client-stream.ts'
import { encodeFrame, headerFrames } from '../../http2/frame.ts'
import { encodeFields } from '../../http2/hpack-encoder.ts'
import type { Field } from '../../http2/hpack-table.ts'
import { ask, awaitScope, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { octetByOctet, SHORT_SECONDS, whileTrickling } from './serve-with.ts'

/** Milliseconds of an application beyond the time-out, which a clock that ticks does not hide. */
export const SLOW_MS = 800

/** Quiet periods that a server is given to open a scope before it has the content. */
const EARLY_PERIODS = 10

/**
 * The same time-outs as over HTTP/1.1, where one stream is slow and not its connection: whether the server
 * ends the stream or the connection is left to it.
 */
export async function judgeStalledContent(
  trial: Trial,
  clause: string,
  begun: string,
): Promise<void> {
  const client = await openHttp2(trial)
  const asked = ask(trial, client, h2.post('/stalled', [begun, 'never sent']))
  if (begun !== '') await client.sendContent(asked.stream, Buffer.from(begun), false)
  // A server that waits for the content before it calls the application has nothing to be awaited.
  if (!(await trial.iut.cameWithinQuiet(asked.arrived, EARLY_PERIODS))) return
  const { exchange } = await awaitScope(trial, client, asked)
  exchange.misused = true
  exchange.sent = Buffer.from(begun)
  exchange.requestComplete = false
  const told = exchange.readBody(clause)
  told.catch(() => undefined)
  await judgeEnded(trial, client, asked.stream, clause)
  await judgeTold(trial, clause, exchange, told, 'the stalled stream')
}

/** The application, which still reads, hears that its client was dropped. */
export async function judgeTold(
  trial: Trial,
  clause: string,
  exchange: Exchange,
  told: ReturnType<Exchange['readBody']>,
  whose: string,
): Promise<void> {
  const { ended } = await told
  const over = ended === 'disconnect'
  trial.check(clause, over, `http.disconnect for ${whose}`, () => ended)
  void exchange.app.return().catch(() => undefined)
}

/** `rest` brings the end of the content, when nobody has asked for it for longer than the time-out. */
export async function judgeUnasked(
  trial: Trial,
  clause: string,
  exchange: Exchange,
  rest: () => void | Promise<unknown>,
): Promise<void> {
  exchange.requestComplete = true
  await exchange.receive(clause)
  await pause(1000 * SHORT_SECONDS + SLOW_MS)
  await rest()
  const { ended } = await exchange.readBody(clause)
  const expected = 'the rest of a content that nobody has asked for in the meantime'
  trial.check(clause, ended === 'complete', expected, () => ended)
  if (ended !== 'complete') return
  await exchange.respond({ status: 204 })
  await exchange.response(clause)
}

export async function judgeUnaskedStream(trial: Trial, clause: string): Promise<void> {
  const client = await openHttp2(trial)
  const [begun, rest] = ['begun', ' and ended']
  const asked = ask(trial, client, h2.post('/unasked', [begun, rest]))
  await client.sendContent(asked.stream, Buffer.from(begun), false)
  if (!(await trial.iut.cameWithinQuiet(asked.arrived, EARLY_PERIODS))) return
  const { exchange } = await awaitScope(trial, client, asked)
  await judgeUnasked(trial, clause, exchange, () =>
    client.sendContent(asked.stream, Buffer.from(rest), true),
  )
}

/** The client gives no window back for what it is sent. */
export async function judgeUnreadResponse(
  trial: Trial,
  clause: string,
  pieces: number,
): Promise<void> {
  const client = await openHttp2(trial, { windows: 'manual' })
  const { exchange, stream } = await serve(trial, client, h2.get('/unread'))
  exchange.misused = true
  await exchange.readBody()
  const told = exchange.receive(clause)
  await exchange.send(startMessage({ status: 200 }))
  const piece = 'x'.repeat(2 ** 16)
  for (let count = 0; count < pieces; count += 1)
    void exchange.app.send(bodyMessage(piece, true)).catch(() => undefined)
  const event = await told
  trial.check(clause, event['type'] === 'http.disconnect', 'http.disconnect', () => show(event))
  void exchange.app.return().catch(() => undefined)
  await judgeEnded(trial, client, stream, clause)
}

/** Much of a head, so that it takes longer than any patience octet by octet. */
const LONG_HEAD: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'assay.test'],
  [':path', '/'],
  ['x-long', 'v'.repeat(4000)],
]

/** What of a head arrives at once; the rest never does, though one more octet every now and then. */
export async function judgeUnfinishedHeads(trial: Trial, clause: string): Promise<void> {
  const [ahead, following] = headerFrames(1, encodeFields(LONG_HEAD), true, [2000])
  if (ahead === undefined || following === undefined) return
  const begun = encodeFrame(ahead)
  const heads = [
    begun.subarray(0, 100),
    begun,
    Buffer.concat([begun, encodeFrame(following).subarray(0, 20)]),
  ]
  await Promise.all(
    heads.map(async (sent) => {
      const { channel } = await openHttp2(trial)
      const { wire } = channel
      wire.write(sent)
      const rest = Buffer.concat([begun, encodeFrame(following)]).subarray(sent.length)
      const expected = 'a close in spite of the trickle, over HTTP/2'
      await whileTrickling(octetByOctet(wire, rest), () =>
        trial.iut.within(wire.closed, clause, expected),
      )
      const { length } = channel.scopes
      trial.check(clause, length === 0, 'no scope', () => 'an unfinished request served')
    }),
  )
}

async function judgeEnded(
  trial: Trial,
  client: Http2Client,
  stream: ClientStream,
  clause: string,
): Promise<void> {
  await trial.iut.within(
    client.until(() => stream.over || client.closed),
    clause,
    'the end of the stream after the time-out',
  )
}
