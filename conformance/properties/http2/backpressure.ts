import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import type { ClientStream } from '../../http2/client-stream.ts'
import {
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  dataFrame,
  ERROR,
  resetStream,
} from '../../http2/frame.ts'
import { adopt, ask, awaitScope, type Http2Exchange, openHttp2, serve } from '../../http2/open.ts'
import { type Http2Request, h2 } from '../../http2/request.ts'
import { bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import { type Outcome, RemoteScope } from '../../testers/remote-scope.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Property } from '../property.ts'
import { pinged } from './pong.ts'
import { http2Property } from './property.ts'

const HELD_UP = 'process/write-flow-control'
const RETURNS = 'asgi/send/returns'
const INDEPENDENT = 'wire/rfc9113/streams-independent'
const PROMPT = 'wire/rfc9113/frames-read-promptly'
const WAITS = 'config/unread-content-waits'
const WHOLE = 'http/send/body-concatenated'
const RECEIVED = 'http/receive/body-concatenation'

/** What is far beyond the amount that any server documents, in pieces each of which is. */
const PIECE = 'p'.repeat(2 ** 20)
const PIECES = 3
/** Within the window that every stream has at first. */
const LARGE = 'l'.repeat(30_000)
/** Quiet periods after which a send() is held to be waiting. */
const PERIODS = 5

/** RFC 9113 §5.2: whose window is shut waits, and nobody else. */
export const backpressure: readonly Property[] = [
  http2Property({
    id: `${HELD_UP}/http2`,
    law: 'a send() whose window is shut waits where that is promised, keeps no other stream waiting, and comes back when the window opens, or the stream or its connection is lost',
    clauses: [HELD_UP, INDEPENDENT, RETURNS, WHOLE],
    enough: 6,
    caseOf: ({ shut, end }) => `${shut} ${end}`,
    program: fc.record({
      shut: fc.constantFrom('of the stream' as const, 'of the connection' as const),
      end: fc.constantFrom('opens' as const, 'stream reset' as const, 'connection reset' as const),
    }),
    async run(trial, { shut, end }) {
      const client = await stalledBy(trial, shut)
      const { exchange, stream } = await serve(trial, client, h2.get('/stalled'))
      await exchange.send(startMessage({ status: 200 }))
      const { sent, waiting } = await fill(trial, exchange)
      const promised = trial.iut.target.has('flow-control/http2')
      if (promised)
        trial.check(
          HELD_UP,
          waiting !== null,
          'a send() that waits for the window',
          () => `${sent} bytes taken, of which the client let ${stream.assembly.content.length} go`,
        )
      else trial.judge.notApplicable(HELD_UP, 'its documentation does not promise it')
      await judgeOther(trial, client, shut === 'of the stream' ? 'ok' : '')
      if (end !== 'opens') {
        exchange.clientLeft = true
        if (end === 'stream reset') client.write(resetStream(stream.id, ERROR.cancel))
        else client.channel.wire.reset()
        if (waiting === null) return
        await trial.iut.within(waiting, RETURNS, 'the return of a send() whose client is lost')
        trial.check(RETURNS, true, '', String)
        return
      }
      // RFC 9113 §6.9: an empty frame that ends a stream may be sent without a window, and need not be.
      client.grant(null, sent + 1)
      client.grant(stream, sent + 1)
      if (waiting !== null)
        await trial.iut.within(waiting, RETURNS, 'the return of a send() whose window has opened')
      await exchange.send(bodyMessage('', false))
      await exchange.app.return()
      const response = await exchange.response(WHOLE)
      const length = response?.body.length ?? 0
      trial.check(WHOLE, length === sent, `all ${sent} bytes`, () => `${length} bytes`)
    },
  }),
  http2Property({
    id: PROMPT,
    law: 'content that nobody receives, and its windows let through, holds up no frame behind it',
    clauses: [PROMPT, INDEPENDENT, RECEIVED],
    enough: 16,
    program: fc.record({
      frames: fc.integer({ min: 12, max: 60 }),
      bytes: fc.constantFrom(1, 100, 900),
      behind: fc.constantFrom('PING' as const, 'request' as const),
    }),
    async run(trial, { frames, bytes, behind }) {
      const client = await openHttp2(trial)
      const content = Array.from({ length: frames }, (_, turn) => String(turn % 10).repeat(bytes))
      const { exchange } = await serve(trial, client, h2.post('/unread', content))
      if (behind === 'PING') {
        const answer = await pinged(trial, client, PROMPT)
        if (!held(trial, PROMPT, client, answer !== null)) return
      } else await judgeOther(trial, client, 'ok')
      const { body, ended } = await exchange.readBody()
      trial.check(
        RECEIVED,
        ended === 'complete' && body.toString('latin1') === content.join(''),
        `all ${frames * bytes} bytes`,
        () => `${body.length} bytes, ${ended}`,
      )
      await exchange.respond({ status: 204 })
      await exchange.response()
    },
  }),
  http2Property({
    id: INDEPENDENT,
    law: 'streams that are over, with content that nobody received, leave the window of their connection to those behind them',
    clauses: [INDEPENDENT],
    enough: 12,
    program: fc.record({
      // Together more than the window that every connection has at first.
      streams: fc.integer({ min: 3, max: 4 }),
      end: fc.constantFrom(
        'reset' as const,
        'answered' as const,
        'answered before its end' as const,
      ),
    }),
    async run(trial, { streams, end }) {
      const client = await openHttp2(trial)
      const late = end === 'answered before its end'
      for (let turn = 0; turn < streams; turn += 1) {
        const left = await uploading(trial, client, h2.post('/left', [LARGE]), late ? 1 : undefined)
        if (left === null) return
        const { exchange, stream } = left
        exchange.misused = true
        if (end === 'reset') {
          exchange.clientLeft = true
          client.write(resetStream(stream.id, ERROR.cancel))
          await exchange.app.return()
          continue
        }
        // What the server had no time to read would be late, too.
        if (!late && (await pinged(trial, client, INDEPENDENT)) === null) return
        await exchange.respond({ status: 200, body: ['enough'] })
        await exchange.response()
        if (late && stream.reset === null) await sendRest(trial, client, stream)
      }
      const behind = await uploading(trial, client, h2.post('/behind', [LARGE]))
      if (behind === null) return
      await behind.exchange.readBody(INDEPENDENT)
      trial.check(INDEPENDENT, true, '', String)
      await behind.exchange.respond({ status: 204 })
      await behind.exchange.response()
    },
  }),
  http2Property({
    id: `${WAITS}/http2`,
    law: 'a client of HTTP/2 whose content nobody receives has to wait with most of it, until somebody does, and with nothing else',
    clauses: [WAITS, RECEIVED, PROMPT, INDEPENDENT],
    needs: ['documented/unread-content-waits'],
    enough: 2,
    program: fc.record({ kibibytes: fc.constantFrom(512, 768), received: fc.boolean() }),
    async run(trial, { kibibytes, received }) {
      const client = await openHttp2(trial)
      const content = 'u'.repeat(kibibytes * 1024)
      const asked = ask(trial, client, h2.post('/unread', [content]))
      const sending = client.sendContent(asked.stream, Buffer.from(content), true)
      const { exchange } = await awaitScope(trial, client, asked)
      const taken = await wentThrough(trial, client, sending)
      trial.check(WAITS, !taken, 'a client that is held up', () => `${kibibytes} KiB taken`)
      const answer = await pinged(trial, client, PROMPT)
      if (!held(trial, PROMPT, client, answer !== null)) return
      await judgeOther(trial, client, 'ok')
      if (!received) {
        exchange.clientLeft = true
        exchange.misused = true
        client.channel.wire.reset()
        await exchange.app.return()
        return
      }
      const { body, ended } = await exchange.readBody()
      trial.check(
        RECEIVED,
        ended === 'complete' && body.length === content.length,
        `all ${content.length} bytes`,
        () => `${body.length} bytes, ${ended}`,
      )
      await exchange.respond({ status: 204 })
      await exchange.response()
    },
  }),
]

/** False as soon as the server gives no window back any more. */
async function wentThrough(
  trial: Trial,
  client: Http2Client,
  sending: Promise<boolean>,
): Promise<boolean> {
  for (let heard = -1; heard < client.frames.length; ) {
    heard = client.frames.length
    if (await trial.iut.cameWithinQuiet(sending, PERIODS)) return await sending
  }
  return false
}

/** A client that lets no content pass of one stream, or little of all together. */
function stalledBy(
  trial: Trial,
  shut: 'of the stream' | 'of the connection',
): Promise<Http2Client> {
  const initialWindow = shut === 'of the stream' ? 0 : MOST
  return openHttp2(trial, { windows: 'manual', initialWindow })
}

const MOST = 2 ** 30

/**
 * A request whose content is on the wire as a whole or, of a longer one, its first bytes, as far as the windows
 * may ever let it through. Null where the server refuses it or ends the connection: what it may refuse is not the
 * matter here.
 */
async function uploading(
  trial: Trial,
  client: Http2Client,
  request: Http2Request,
  bytes = Number.POSITIVE_INFINITY,
): Promise<Http2Exchange | null> {
  const asked = ask(trial, client, request)
  const content = Buffer.from(request.content.join(''), 'latin1')
  const whole = content.length <= bytes
  const sending = client.sendContent(asked.stream, content.subarray(0, bytes), whole)
  await trial.iut.within(sending, INDEPENDENT, 'a window for the content of another stream')
  const first = await trial.iut.within(
    Promise.race([asked.arrived, asked.stream.answered]),
    INDEPENDENT,
    'a scope for another stream',
  )
  return first instanceof RemoteScope ? adopt(trial, client, asked, first) : null
}

/** Ends a content of which a byte is sent, behind the response to it: it still counts for the connection's window. */
async function sendRest(trial: Trial, client: Http2Client, stream: ClientStream): Promise<void> {
  const rest = Buffer.from(LARGE.slice(1), 'latin1')
  const room = client.until(() => client.sendWindow >= rest.length || client.closed)
  await trial.iut.within(room, INDEPENDENT, 'a window for the rest of a content')
  client.sendWindow -= rest.length
  client.write(
    dataFrame(stream.id, rest.subarray(0, DEFAULT_FRAME_SIZE), false),
    dataFrame(stream.id, rest.subarray(DEFAULT_FRAME_SIZE), true),
  )
}

/** Sends until a send() waits, or enough was taken. */
async function fill(
  trial: Trial,
  exchange: Exchange,
): Promise<{ readonly sent: number; readonly waiting: Promise<Outcome> | null }> {
  for (let pieces = 1; pieces <= PIECES; pieces += 1) {
    const sending = exchange.app.send(bodyMessage(PIECE, true))
    if (!(await trial.iut.cameWithinQuiet(sending, PERIODS)))
      return { sent: pieces * PIECE.length, waiting: sending }
  }
  return { sent: PIECES * PIECE.length, waiting: null }
}

/** Another request of the connection, answered while one of its streams stands still. */
async function judgeOther(trial: Trial, client: Http2Client, content: string): Promise<void> {
  const asked = ask(trial, client, h2.get('/other'))
  await trial.iut.within(
    Promise.race([asked.arrived, client.until(() => client.closed)]),
    INDEPENDENT,
    'a scope for another stream',
  )
  if (!held(trial, INDEPENDENT, client, !client.closed)) return
  const other: Http2Exchange = await awaitScope(trial, client, asked)
  client.grant(other.stream, DEFAULT_WINDOW)
  // A send() may have to wait for its turn among the streams.
  const responding = other.exchange.respond({ status: 200, body: [content] })
  responding.catch(() => undefined)
  const response = await other.exchange.response(INDEPENDENT)
  const whole = response?.complete === true && response.body.toString('latin1') === content
  trial.check(INDEPENDENT, whole, 'the response of another stream', () =>
    response === null ? 'none' : 'a part of it',
  )
  await responding
}

function held(trial: Trial, clause: string, client: Http2Client, holds: boolean): boolean {
  // To end a connection in order, and for what it takes for an attack, is a server's right.
  if (!holds && client.goAway !== null) return false
  return trial.check(clause, holds, 'a connection that goes on', () => 'a close')
}
