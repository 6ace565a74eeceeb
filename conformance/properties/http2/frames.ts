import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import {
  DEFAULT_FRAME_SIZE,
  ERROR,
  encodeFrame,
  errorName,
  FLAG,
  FRAME,
  type Frame,
  headerFrames,
  PREFACE,
  pingFrame,
  resetStream,
  SETTING,
  settingsFrame,
} from '../../http2/frame.ts'
import { encodeFields } from '../../http2/hpack.ts'
import { ask, connectHttp2, openHttp2, serve } from '../../http2/open.ts'
import { fieldsOf, h2 } from '../../http2/request.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const frame = (type: number, flags: number, stream: number, payload: Buffer | number): Frame => ({
  type,
  flags,
  stream,
  payload: typeof payload === 'number' ? Buffer.alloc(payload) : payload,
})

/** A client that breaks the protocol: what it writes, and the error code that answers it. */
interface Breach {
  readonly clause: string
  readonly code: number
  /** Some sentences make it an error of the stream alone. */
  readonly streamMayEnd?: boolean
  frames(trial: Trial, client: Http2Client): readonly Frame[]
}

const BREACHES: Readonly<Record<string, Breach>> = {
  'a PING of seven bytes': fixedSize(frame(FRAME.ping, 0, 0, 7)),
  'SETTINGS of five bytes': fixedSize(frame(FRAME.settings, 0, 0, 5)),
  'an acknowledgement of SETTINGS with content': fixedSize(
    frame(FRAME.settings, FLAG.ack, 0, settingsFrame([[SETTING.enablePush, 0]]).payload),
  ),
  'a frame beyond the largest size': {
    clause: 'wire/rfc9113/frame-size',
    code: ERROR.frameSize,
    streamMayEnd: true,
    frames: (trial, client) => {
      const most = client.settings.get(SETTING.maxFrameSize) ?? DEFAULT_FRAME_SIZE
      const { stream } = ask(trial, client, h2.post('/oversized', ['x']))
      return [frame(FRAME.data, 0, stream.id, Math.min(most, LARGEST) + 1)]
    },
  },
  'a field block with an index of nothing': undecodable(Buffer.from([0x80])),
  'a field block that ends within a field': undecodable(Buffer.from([0x00, 0x05, 0x61])),
  'an even stream identifier': identifiers(() => [2]),
  'a stream identifier below an earlier one': identifiers(() => [7, 5]),
  'DATA between HEADERS and CONTINUATION': interrupted(frame(FRAME.data, 0, 1, 1)),
  'a PING between HEADERS and CONTINUATION': interrupted(pingFrame(Buffer.alloc(8))),
}

/** A server may announce that it takes frames of up to 16 MiB; so large ones are not sent for a test. */
const LARGEST = 262_144

function fixedSize(wrong: Frame): Breach {
  return { clause: 'wire/rfc9113/frame-size', code: ERROR.frameSize, frames: () => [wrong] }
}

function undecodable(block: Buffer): Breach {
  return {
    clause: 'wire/rfc9113/compression-error',
    code: ERROR.compression,
    frames: () => headerFrames(1, block, true),
  }
}

function identifiers(ids: () => readonly number[]): Breach {
  return {
    clause: 'wire/rfc9113/stream-identifiers',
    code: ERROR.protocol,
    frames: (trial, client) =>
      ids().flatMap((id) => headerFrames(id, blockOf(trial, client, id), true)),
  }
}

function interrupted(between: Frame): Breach {
  return {
    clause: 'wire/rfc9113/continuation-uninterrupted',
    code: ERROR.protocol,
    frames: (trial, client) => {
      const [head, ...rest] = headerFrames(1, blockOf(trial, client, 1), true, [10])
      return head === undefined ? [] : [head, between, ...rest]
    },
  }
}

function blockOf(trial: Trial, client: Http2Client, id: number): Buffer {
  const scheme = trial.iut.secure ? 'https' : 'http'
  return encodeFields(fieldsOf(h2.get('/broken'), scheme, client.channel.marker(id)))
}

/** RFC 9113 §3 to §6, as far as every client depends on it. */
export const frames: readonly Property[] = [
  http2Property({
    id: 'wire/rfc9113/goaway-on-error',
    law: 'a client that breaks the framing is told which error it was, and the connection is closed',
    clauses: [
      'wire/rfc9113/frame-size',
      'wire/rfc9113/compression-error',
      'wire/rfc9113/stream-identifiers',
      'wire/rfc9113/continuation-uninterrupted',
      'wire/rfc9113/goaway-on-error',
      'wire/rfc9113/error-closes',
    ],
    enough: 40,
    program: fc.record({ breach: fc.constantFrom(...Object.keys(BREACHES)) }),
    async run(trial, { breach: name }) {
      const breach = BREACHES[name]
      if (breach === undefined) return
      const client = await openHttp2(trial)
      const written = breach.frames(trial, client)
      client.write(...written)
      await judgeBreach(trial, client, breach)
    },
  }),
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
      await trial.iut.within(
        client.until(() => client.closed),
        clause,
        'the end of the connection',
      )
      const code = client.goAway?.code ?? ERROR.protocol
      const served = client.channel.scopes.length > 0
      trial.check(clause, !served && code === ERROR.protocol, 'PROTOCOL_ERROR, and no scope', () =>
        served ? 'a scope' : errorName(code),
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
    },
  }),
  http2Property({
    id: 'wire/rfc9113/concurrent-streams',
    law: 'of more streams than were announced the last is refused, and all others are served',
    clauses: ['wire/rfc9113/concurrent-streams'],
    enough: 2,
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
        code === null ? client.closed : code === ERROR.protocol || code === ERROR.refusedStream,
        'PROTOCOL_ERROR or REFUSED_STREAM',
        () => (code === null ? 'a response' : errorName(code)),
      )
      const served = client.channel.scopes.length
      trial.check(clause, served <= most, `at most ${most} scopes`, () => String(served))
      for (const { stream } of asked) client.write(resetStream(stream.id, ERROR.cancel))
    },
  }),
]

const MOST_STREAMS = 500

async function judgeBreach(trial: Trial, client: Http2Client, breach: Breach): Promise<void> {
  const { clause, code, streamMayEnd = false } = breach
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
    trial.check(clause, seen === code, errorName(code), () => errorName(seen))
    return
  }
  trial.check(clause, told === null || told === code, errorName(code), () => errorName(told ?? 0))
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
