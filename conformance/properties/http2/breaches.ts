import type { Http2Client } from '../../http2/client.ts'
import {
  DEFAULT_FRAME_SIZE,
  ERROR,
  FLAG,
  FRAME,
  type Frame,
  headerFrames,
  LARGEST_WINDOW,
  pingFrame,
  resetStream,
  SETTING,
  settingsFrame,
  windowUpdate,
} from '../../http2/frame.ts'
import { encodeFields } from '../../http2/hpack-encoder.ts'
import { ask, serve } from '../../http2/open.ts'
import { fieldsOf, h2 } from '../../http2/request.ts'
import type { Trial } from '../../testers/trial.ts'

export const frame = (
  type: number,
  flags: number,
  stream: number,
  payload: Buffer | number,
): Frame => ({
  type,
  flags,
  stream,
  payload: typeof payload === 'number' ? Buffer.alloc(payload) : payload,
})

/** RFC 9113 §6 defines none of this type, and the registry has none either. */
const UNKNOWN = 0x4b

/** A client that breaks the protocol: what it writes, and the error codes that may answer it. */
export interface Breach {
  readonly clause: string
  /** Mostly one; more where two sentences apply. The generic ones go without saying. */
  readonly codes: readonly number[]
  /** Some sentences make it an error of the stream alone. */
  readonly streamMayEnd?: boolean
  frames(trial: Trial, client: Http2Client): readonly Frame[] | Promise<readonly Frame[]>
}

export const BREACHES: Readonly<Record<string, Breach>> = {
  'a PING of seven bytes': fixedSize(frame(FRAME.ping, 0, 0, 7)),
  'SETTINGS of five bytes': fixedSize(frame(FRAME.settings, 0, 0, 5)),
  'an acknowledgement of SETTINGS with content': fixedSize(
    frame(FRAME.settings, FLAG.ack, 0, settingsFrame([[SETTING.enablePush, 0]]).payload),
  ),
  'an acknowledgement of no PING, of seven bytes': fixedSize(frame(FRAME.ping, FLAG.ack, 0, 7)),
  'a PING of nine bytes': fixedSize(frame(FRAME.ping, 0, 0, 9)),
  'GOAWAY of seven bytes': fixedSize(frame(FRAME.goaway, 0, 0, 7)),
  'a WINDOW_UPDATE of three bytes': fixedSize(frame(FRAME.windowUpdate, 0, 0, 3)),
  'RST_STREAM of three bytes': {
    clause: 'wire/rfc9113/frame-size',
    codes: [ERROR.frameSize],
    frames: (trial, client) => [...opened(trial, client, false), frame(FRAME.rstStream, 0, 1, 3)],
  },
  'a frame beyond the largest size': {
    clause: 'wire/rfc9113/frame-size',
    codes: [ERROR.frameSize],
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
  'a frame of an unknown type between HEADERS and CONTINUATION': interrupted(
    frame(UNKNOWN, 0, 1, 3),
    'wire/rfc9113/unknown-frame-within-block',
  ),
  'CONTINUATION without HEADERS': {
    clause: 'wire/rfc9113/continuation-alone',
    codes: [ERROR.protocol],
    frames: () => [frame(FRAME.continuation, FLAG.endHeaders, 1, 0)],
  },
  'DATA behind END_STREAM': {
    clause: 'wire/rfc9113/stream-closed',
    codes: [ERROR.streamClosed],
    streamMayEnd: true,
    frames: (trial, client) => [...opened(trial, client, true), frame(FRAME.data, 0, 1, 1)],
  },
  // To who takes them for a new stream their identifier is an unexpected one (§5.1.1).
  'HEADERS behind END_STREAM': {
    clause: 'wire/rfc9113/stream-closed',
    codes: [ERROR.streamClosed, ERROR.protocol],
    streamMayEnd: true,
    frames: (trial, client) => [
      ...opened(trial, client, true),
      ...headerFrames(1, encodeFields([['x-sum', '1']]), true),
    ],
  },
  'DATA behind the response': behindResponse((stream) => [frame(FRAME.data, 0, stream, 1)]),
  'DATA that ends what has ended': behindResponse((stream) => [
    frame(FRAME.data, FLAG.endStream, stream, 1),
  ]),
  // §6.1 knows one code for every stream that is not open, §5.1 another one for those that are idle.
  'DATA on an idle stream': {
    ...onIdle(frame(FRAME.data, 0, 1, 1)),
    codes: [ERROR.protocol, ERROR.streamClosed],
  },
  'RST_STREAM on an idle stream': onIdle(resetStream(1, ERROR.cancel)),
  'WINDOW_UPDATE on an idle stream': onIdle(windowUpdate(1, 1)),
  'a window of the connection beyond all bounds': {
    clause: 'wire/rfc9113/window-overflow',
    codes: [ERROR.flowControl],
    frames: () => [windowUpdate(0, LARGEST_WINDOW)],
  },
  'a window of a stream beyond all bounds': {
    clause: 'wire/rfc9113/window-overflow',
    codes: [ERROR.flowControl],
    streamMayEnd: true,
    frames: (trial, client) => [...opened(trial, client, false), windowUpdate(1, LARGEST_WINDOW)],
  },
  'a window of the connection that grows by nothing': {
    clause: 'wire/rfc9113/window-increment-zero',
    codes: [ERROR.protocol],
    frames: () => [windowUpdate(0, 0)],
  },
  'a window of a stream that grows by nothing': {
    clause: 'wire/rfc9113/window-increment-zero',
    codes: [ERROR.protocol],
    streamMayEnd: true,
    frames: (trial, client) => [...opened(trial, client, false), windowUpdate(1, 0)],
  },
  'DATA whose padding is as long as its payload': {
    clause: 'wire/rfc9113/padding-too-long',
    codes: [ERROR.protocol],
    frames: (trial, client) => [
      ...opened(trial, client, false),
      frame(FRAME.data, FLAG.padded, 1, Buffer.of(6, 0, 0, 0, 0, 0)),
    ],
  },
  'DATA of no stream': ofNoStream(frame(FRAME.data, 0, 0, 1)),
  'HEADERS of no stream': ofNoStream(frame(FRAME.headers, FLAG.endHeaders, 0, 0)),
  'RST_STREAM of no stream': ofNoStream(resetStream(0, ERROR.cancel)),
}

/** A server may announce that it takes frames of up to 16 MiB; so large ones are not sent for a test. */
const LARGEST = 262_144

function fixedSize(wrong: Frame): Breach {
  return { clause: 'wire/rfc9113/frame-size', codes: [ERROR.frameSize], frames: () => [wrong] }
}

function undecodable(block: Buffer): Breach {
  return {
    clause: 'wire/rfc9113/compression-error',
    codes: [ERROR.compression],
    frames: () => headerFrames(1, block, true),
  }
}

/** §6.1: on a stream that both sides have ended. */
function behindResponse(frames: (stream: number) => readonly Frame[]): Breach {
  return {
    clause: 'wire/rfc9113/stream-closed',
    codes: [ERROR.streamClosed],
    streamMayEnd: true,
    frames: async (trial, client) => {
      const { exchange, stream } = await serve(trial, client, h2.get('/'))
      await exchange.respond({ status: 200, body: ['whole'] })
      await exchange.response()
      await exchange.app.return()
      await trial.iut.settle()
      return frames(stream.id)
    },
  }
}

function onIdle(early: Frame): Breach {
  return { clause: 'wire/rfc9113/idle-stream', codes: [ERROR.protocol], frames: () => [early] }
}

function ofNoStream(stray: Frame): Breach {
  return { clause: 'wire/rfc9113/stream-required', codes: [ERROR.protocol], frames: () => [stray] }
}

/** The head of a request on the first stream of a connection. */
export function opened(trial: Trial, client: Http2Client, ends: boolean): readonly Frame[] {
  client.stream('POST')
  return headerFrames(1, blockOf(trial, client, 1), ends)
}

function identifiers(ids: () => readonly number[]): Breach {
  return {
    clause: 'wire/rfc9113/stream-identifiers',
    codes: [ERROR.protocol],
    frames: (trial, client) =>
      ids().flatMap((id) => headerFrames(id, blockOf(trial, client, id), true)),
  }
}

function interrupted(between: Frame, clause = 'wire/rfc9113/continuation-uninterrupted'): Breach {
  return {
    clause,
    codes: [ERROR.protocol],
    frames: (trial, client) => {
      const [head, ...rest] = headerFrames(1, blockOf(trial, client, 1), true, [10])
      return head === undefined ? [] : [head, between, ...rest]
    },
  }
}

export function blockOf(trial: Trial, client: Http2Client, id: number): Buffer {
  const scheme = trial.iut.secure ? 'https' : 'http'
  return encodeFields(fieldsOf(h2.get('/broken'), scheme, client.channel.marker(id)))
}
