import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import {
  describeFrame,
  ERROR,
  encodeFrame,
  errorName,
  FLAG,
  FRAME,
  type Frame,
  isErrorCode,
  PREFACE,
  pingFrame,
  resetStream,
  SETTING,
  settingsFrame,
} from '../../http2/frame.ts'
import { ask, connectHttp2, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Property } from '../property.ts'
import { BREACHES, type Breach, frame } from './breaches.ts'
import { CONNECTION_BREACHES } from './breaches-of-connection.ts'
import { acknowledgements, pinged } from './pong.ts'
import { http2Property } from './property.ts'

const UNANSWERED = 'wire/rfc9113/pong-unanswered'

/** RFC 9113 §3 to §6, as far as every client depends on it. */
export const frames: readonly Property[] = [
  breaking(
    'wire/rfc9113/goaway-on-error',
    'a client that breaks the framing is told which error it was, and the connection is closed',
    BREACHES,
    60,
  ),
  breaking(
    'wire/rfc9113/goaway-on-error/connection-frames',
    'a client whose SETTINGS, PING, GOAWAY or PUSH_PROMISE are wrong is told so, and the connection is closed',
    CONNECTION_BREACHES,
    30,
  ),
  http2Property({
    id: 'wire/rfc9113/invalid-preface',
    law: 'a connection that does not begin with the preface and SETTINGS is closed, and nothing is served',
    clauses: ['wire/rfc9113/invalid-preface'],
    secure: true,
    enough: 6,
    program: fc.record({
      bytes: fc.constantFrom(
        'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n',
        `${PREFACE.toString('latin1')}${encodeFrame(pingFrame(Buffer.alloc(8))).toString('latin1')}`,
      ),
    }),
    async run(trial, { bytes }) {
      const client = await connectHttp2(trial)
      // A client that is broken, and goes on as if it were not.
      const settings = encodeFrame(settingsFrame([])).toString('latin1')
      client.channel.wire.write(Buffer.from(bytes + settings, 'latin1'))
      const clause = 'wire/rfc9113/invalid-preface'
      // What is acknowledged is taken for a good beginning, and a close behind it for a time-out.
      const accepted = (): boolean => client.acknowledged > 0 || acknowledgements(client).length > 0
      const { scopes } = client.channel
      const ended = client.until(() => client.closed || accepted())
      const begun = client.channel.scope()
      await trial.iut.within(Promise.race([ended, begun]), clause, 'the end of the connection')
      const code = client.goAway?.code ?? ERROR.protocol
      const served = scopes.length > 0
      trial.check(
        clause,
        !served && !accepted() && isErrorCode(code, []),
        'an error of the connection, and nothing served',
        () => (served ? 'a scope' : accepted() ? 'an acknowledgement' : errorName(code)),
      )
    },
  }),
  http2Property({
    id: 'wire/rfc9113/ping-acknowledged',
    law: 'PING is answered in kind, SETTINGS are acknowledged, and what is unknown among frames and settings is ignored',
    clauses: [
      'wire/rfc9113/ping-acknowledged',
      'wire/rfc9113/settings-acknowledged',
      'wire/rfc9113/unknown-settings-ignored',
      'wire/rfc9113/unknown-frames-ignored',
      UNANSWERED,
    ],
    enough: 40,
    program: fc.record({
      payload: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Array.from(bytes)),
      setting: fc.constantFrom(0x0a0a, 0x4242, 0xf000),
      type: fc.constantFrom(0x0b, 0x42, 0xf0),
      onStream: fc.boolean(),
    }),
    async run(trial, { payload, setting, type, onStream }) {
      const client = await openHttp2(trial)
      const before = client.acknowledged
      client.write(
        settingsFrame([[setting, 7]]),
        frame(type, 0, 0, 5),
        pingFrame(Buffer.from(payload)),
      )
      const pong = (): Frame | undefined =>
        client.frames.find((one) => one.type === FRAME.ping && (one.flags & FLAG.ack) !== 0)
      await trial.iut.within(
        client.until(() => pong() !== undefined || client.closed),
        'wire/rfc9113/ping-acknowledged',
        'the acknowledgement of PING',
      )
      const echoed = pong()?.payload.equals(Buffer.from(payload)) === true
      trial.check('wire/rfc9113/ping-acknowledged', echoed, 'the payload sent back', () =>
        String(pong()?.payload.toString('hex')),
      )
      const acknowledged = 'wire/rfc9113/settings-acknowledged'
      await trial.iut.within(
        client.until(() => client.acknowledged > before || client.closed),
        acknowledged,
        'the acknowledgement of SETTINGS',
      )
      const settled = client.acknowledged > before
      trial.check(acknowledged, settled, 'SETTINGS acknowledged', () => 'a close')
      const { exchange } = await serve(trial, client, h2.post('/', ['content']))
      if (onStream) client.write(frame(type, 0xff, 1, 9))
      await exchange.readBody()
      await exchange.respond({ status: 200, body: ['ok'] })
      const response = await exchange.response()
      for (const clause of ['unknown-settings-ignored', 'unknown-frames-ignored']) {
        const served = response?.complete === true
        trial.check(`wire/rfc9113/${clause}`, served, 'the next request served', () => 'it was not')
      }
      await judgeUnasked(trial, client, Buffer.from(payload))
    },
  }),
  http2Property({
    id: 'wire/rfc9113/concurrent-streams',
    law: 'of more streams than were announced the last is refused, and all others are served',
    clauses: ['wire/rfc9113/concurrent-streams'],
    enough: 4,
    program: fc.record({ beyond: fc.integer({ min: 1, max: 2 }) }),
    async run(trial, { beyond }) {
      const clause = 'wire/rfc9113/concurrent-streams'
      const client = await openHttp2(trial)
      const most = client.settings.get(SETTING.maxConcurrentStreams)
      if (most === undefined || most > MOST_STREAMS) {
        trial.judge.notApplicable(clause, `the server announces ${most ?? 'no limit'}`)
        return
      }
      const asked = Array.from({ length: most + beyond }, () => ask(trial, client, h2.get('/')))
      const last = asked.at(-1)?.stream
      if (last === undefined) return
      await trial.iut.within(
        client.until(() => last.over),
        clause,
        'the refusal of the last stream',
      )
      const code = last.reset ?? client.goAway?.code ?? null
      trial.check(
        clause,
        // The connection may be ended instead, at any time and for any error (§5.4.1).
        code === null ? client.closed : isErrorCode(code, [ERROR.refusedStream]),
        'REFUSED_STREAM, or a generic code',
        () => (code === null ? 'a response' : errorName(code)),
      )
      const served = client.channel.scopes.length
      trial.check(clause, served <= most, `at most ${most} scopes`, () => String(served))
      for (const { stream } of asked) client.write(resetStream(stream.id, ERROR.cancel))
    },
  }),
]

const MOST_STREAMS = 500

function breaking(
  id: string,
  law: string,
  breaches: Readonly<Record<string, Breach>>,
  enough: number,
): Property {
  const broken = new Set(Object.values(breaches).map(({ clause }) => clause))
  return http2Property({
    id,
    law,
    clauses: ['wire/rfc9113/goaway-on-error', 'wire/rfc9113/error-closes', ...broken],
    enough,
    caseOf: ({ breach }) => breach,
    program: fc.record({ breach: fc.constantFrom(...Object.keys(breaches)) }),
    async run(trial, { breach: name }) {
      const breach = breaches[name]
      if (breach === undefined) return
      const client = await openHttp2(trial)
      const written = await breach.frames(trial, client)
      client.write(...written)
      await judgeBreach(trial, client, breach)
    },
  })
}

/** An acknowledgement of what nobody sent is followed by a PING, whose answer must be the first that comes. */
async function judgeUnasked(trial: Trial, client: Http2Client, payload: Buffer): Promise<void> {
  const unasked = Buffer.from(payload.map((octet) => octet ^ 0xff))
  client.write(pingFrame(unasked, FLAG.ack))
  const answer = await pinged(trial, client, 'wire/rfc9113/ping-acknowledged', payload)
  if (answer === null) {
    trial.judge.notApplicable(UNANSWERED, 'the server ends the connection instead')
    return
  }
  trial.check(UNANSWERED, !answer.payload.equals(unasked), 'no answer', () => describeFrame(answer))
}

async function judgeBreach(trial: Trial, client: Http2Client, breach: Breach): Promise<void> {
  const { clause, codes, streamMayEnd = false } = breach
  const named = `${codes.map(errorName).join(' or ')}, or a generic code`
  const over = (): boolean =>
    Array.from(client.streams.values()).some(({ reset }) => reset !== null)
  await trial.iut.within(
    client.until(() => client.closed || client.goAway !== null || (streamMayEnd && over())),
    clause,
    'an error of the connection',
  )
  const told = client.goAway?.code ?? null
  const reset = Array.from(client.streams.values()).find((stream) => stream.reset !== null)
  if (told === null && streamMayEnd && reset !== undefined) {
    const seen = reset.reset ?? ERROR.none
    trial.check(clause, isErrorCode(seen, codes), named, () => errorName(seen))
    return
  }
  const fits = told === null || isErrorCode(told, codes)
  trial.check(clause, fits, named, () => errorName(told ?? 0))
  const goodbye = 'wire/rfc9113/goaway-on-error'
  trial.check(goodbye, told !== null, 'GOAWAY before the close', () => 'a close')
  const closes = 'wire/rfc9113/error-closes'
  await trial.iut.within(
    client.until(() => client.closed),
    closes,
    'the end of the connection',
  )
  trial.check(closes, client.closed, 'a close after GOAWAY', () => 'none')
}
