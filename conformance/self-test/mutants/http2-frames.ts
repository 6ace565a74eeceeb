import tls from 'node:tls'
import {
  dataFrame,
  ERROR,
  FLAG,
  FRAME,
  type Frame,
  SETTING,
  settingsFrame,
} from '../../http2/frame.ts'
import { bytesOf } from '../sabotage/application.ts'
import {
  clientFrames2,
  endsStream,
  greeting,
  sentFields,
  serverFrames2,
  settingsOf,
  withoutFlag,
} from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Frames that break the rules, and rules that are not enforced on the client (RFC 9113, RFC 8441). */
export const http2FrameMutants: readonly Mutant[] = [
  {
    id: 'http2/responses-crossed',
    property: 'http/send/multiplexed-to-its-stream',
    clause: 'http/send/multiplexed-to-its-stream',
    breaks: 'the responses of the first two streams change places',
    slow: true,
    sabotage: serverFrames2((frame) => [crossed(frame)]),
  },
  {
    id: 'http2/late-content-fatal',
    property: 'wire/rfc9113/half-closed-local',
    clause: 'wire/rfc9113/half-closed-local',
    breaks: 'content that comes behind its response ends the connection',
    slow: true,
    sabotage: lateContentFatal(),
  },
  {
    id: 'http2/upper-case-name',
    property: 'wire/rfc9113/names-lowercase',
    clause: 'wire/rfc9113/names-lowercase',
    breaks: 'field names are sent as Title-Case',
    sabotage: sentFields((fields) =>
      fields.map(([name, value]) => [name.replace(/^[a-z]/, (one) => one.toUpperCase()), value]),
    ),
  },
  {
    id: 'http2/status-repeated',
    property: 'http/send/http2-response',
    clause: 'wire/rfc9113/status-pseudo-header',
    breaks: 'responses have :status twice',
    sabotage: sentFields(([status, ...fields]) =>
      status === undefined ? fields : [status, status, ...fields],
    ),
  },
  {
    id: 'http2/connection-field-sent',
    property: 'wire/rfc9113/no-connection-fields-sent',
    clause: 'wire/rfc9113/no-connection-fields-sent',
    breaks: 'responses have Connection: keep-alive',
    sabotage: sentFields((fields) => [...fields, ['connection', 'keep-alive']]),
  },
  {
    id: 'http2/content-after-204',
    property: 'http/send/http2-bodiless',
    clause: 'wire/rfc9110/204-no-content',
    breaks: 'a response without content has a DATA frame with content',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.headers && endsStream(frame)
        ? [withoutFlag(frame, FLAG.endStream), dataFrame(frame.stream, bytesOf('content'), true)]
        : [frame],
    ),
  },
  {
    id: 'http2/truncation-hidden',
    property: 'asgi/error/http2-app-exception',
    clause: 'asgi/error/app-exception-terminates',
    breaks: 'a response that was cut short is ended like a whole one',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.rstStream ? [dataFrame(frame.stream, bytesOf(''), true)] : [frame],
    ),
  },
  {
    id: 'http2/trailers-without-end',
    property: 'wire/rfc9113/trailers-end-stream',
    clause: 'wire/rfc9113/trailers-end-stream',
    breaks: 'trailers do not end the stream: an empty DATA frame does',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.headers && endsStream(frame)
        ? [withoutFlag(frame, FLAG.endStream), dataFrame(frame.stream, bytesOf(''), true)]
        : [frame],
    ),
  },
  {
    id: 'http2/window-ignored',
    property: 'wire/rfc9113/flow-control',
    clause: 'wire/rfc9113/flow-control',
    breaks: 'the window that the client announces is not respected',
    sabotage: greeting((settings) =>
      settings.filter(([name]) => name !== SETTING.initialWindowSize),
    ),
  },
  {
    id: 'http2/push-to-everybody',
    property: 'wire/rfc9113/push-only-if-enabled',
    clause: 'wire/rfc9113/push-only-if-enabled',
    breaks: 'a client that disabled push is promised requests',
    sabotage: greeting((settings) =>
      settings.map(([name, value]) => [name, name === SETTING.enablePush ? 1 : value]),
    ),
  },
  {
    id: 'http2/push-authority',
    property: 'extension/push/attempted',
    clause: 'extension/push/authority',
    breaks: 'promised requests have an :authority of their own',
    sabotage: sentFields((fields) =>
      fields.map(([name, value]) => [name, name === ':authority' ? 'pushed.example' : value]),
    ),
  },
  {
    id: 'http2/upper-case-accepted',
    property: 'wire/rfc9113/field-validity',
    clause: 'wire/rfc9113/field-validity',
    breaks: 'upper case in the field names of requests is made lower case',
    sabotage: heardAs(/[Xx]-[A-Z]+|X-/g, (name) => name.toLowerCase()),
  },
  {
    id: 'http2/connection-field-accepted',
    property: 'wire/rfc9113/connection-fields-malformed',
    clause: 'wire/rfc9113/connection-fields-malformed',
    breaks: 'Connection in a request is ignored',
    sabotage: heardAs(/connection/g, (name) => name.replace('c', 'x')),
  },
  {
    id: 'http2/unknown-pseudo-header-accepted',
    property: 'wire/rfc9113/pseudo-header-order',
    clause: 'wire/rfc9113/pseudo-header-order',
    breaks: 'pseudo-header fields that are unknown are taken for others',
    sabotage: heardAs(/:(unknown|status)/g, (name) => name.replace(':', 'x')),
  },
  {
    id: 'http2/empty-path-accepted',
    property: 'wire/rfc9113/required-pseudo-headers',
    clause: 'wire/rfc9113/required-pseudo-headers',
    breaks: 'a request without a :path is one for the path /',
    sabotage: clientFrames2((frame) => {
      const missing = frame.type === FRAME.headers && !textOf(frame).includes(':path')
      if (!missing) return [frame]
      const path = Buffer.concat([Buffer.of(0, 5), bytesOf(':path'), Buffer.of(1), bytesOf('/')])
      return [{ ...frame, payload: Buffer.concat([path, frame.payload]) }]
    }),
  },
  {
    id: 'http2/content-length-unchecked',
    property: 'wire/rfc9113/content-length-mismatch',
    clause: 'wire/rfc9113/content-length-mismatch',
    breaks: 'the content-length of a request is not compared with its content',
    sabotage: heardAs(/content-length/g, (name) => name.replace('c', 'x')),
  },
  {
    id: 'http2/host-beside-authority',
    property: 'wire/rfc9113/authority-host-mismatch',
    clause: 'wire/rfc9113/authority-host-mismatch',
    breaks: 'a host that differs from :authority is ignored',
    sabotage: heardAs(/host(?=[^](other|assay))/g, () => 'xost'),
  },
  {
    id: 'http2/goodbye-omitted',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/goaway-on-error',
    breaks: 'a connection error is a close without GOAWAY',
    sabotage: serverFrames2((frame) => (frame.type === FRAME.goaway ? [] : [frame])),
  },
  {
    id: 'http2/error-unnamed',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/compression-error',
    breaks: 'COMPRESSION_ERROR is called STREAM_CLOSED',
    sabotage: serverFrames2((frame) => {
      const named = frame.type === FRAME.goaway ? frame.payload.readUInt32BE(4) : ERROR.none
      if (named !== ERROR.compression) return [frame]
      const payload = Buffer.from(frame.payload)
      payload.writeUInt32BE(ERROR.streamClosed, 4)
      return [{ ...frame, payload }]
    }),
  },
  {
    id: 'http2/broken-clients-kept',
    property: 'wire/rfc9113/invalid-preface',
    clause: 'wire/rfc9113/invalid-preface',
    breaks: 'a connection with an invalid preface stays open',
    slow: true,
    sabotage: { process: keepConnectionsOpen },
  },
  {
    id: 'http2/ping-payload-zero',
    property: 'wire/rfc9113/ping-acknowledged',
    clause: 'wire/rfc9113/ping-acknowledged',
    breaks: 'a PING is acknowledged with zeros',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.ping ? [{ ...frame, payload: Buffer.alloc(8) }] : [frame],
    ),
  },
  {
    id: 'http2/more-streams-than-announced',
    property: 'wire/rfc9113/concurrent-streams',
    clause: 'wire/rfc9113/concurrent-streams',
    breaks: 'more streams are served than SETTINGS announce',
    slow: true,
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.settings && (frame.flags & FLAG.ack) === 0
        ? [settingsFrame([...settingsOf(frame), [SETTING.maxConcurrentStreams, 3]])]
        : [frame],
    ),
  },
  {
    id: 'http2/not-in-alpn',
    property: 'wire/rfc9113/alpn',
    clause: 'wire/rfc9113/alpn',
    breaks: 'over TLS h2 is never chosen',
    sabotage: {
      launch: (request) => ({
        ...request,
        environment: { ...request.environment, ASSAY_HTTP2: 'false' },
      }),
    },
  },
  {
    id: 'http2/websocket-never-ends',
    property: 'wire/rfc8441/orderly-close',
    clause: 'wire/rfc8441/orderly-close',
    breaks: 'the stream of a WebSocket is reset at its end',
    slow: true,
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.data && endsStream(frame)
        ? [withoutFlag(frame, FLAG.endStream), cancelled(frame)]
        : [frame],
    ),
  },
]

function crossed(frame: Frame): Frame {
  const mine = frame.type === FRAME.headers || frame.type === FRAME.data
  const other = frame.stream === 1 ? 3 : frame.stream === 3 ? 1 : frame.stream
  return mine ? { ...frame, stream: other } : frame
}

function cancelled({ stream }: Frame): Frame {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(ERROR.cancel)
  return { type: FRAME.rstStream, flags: 0, stream, payload }
}

/** Text in the heads of requests becomes other text of the same length, so that its frames stay whole. */
function heardAs(pattern: RegExp, replace: (text: string) => string): Sabotage {
  return clientFrames2((frame) =>
    frame.type === FRAME.headers
      ? [{ ...frame, payload: bytesOf(textOf(frame).replace(pattern, replace)) }]
      : [frame],
  )
}

function textOf({ payload }: Frame): string {
  return payload.toString('latin1')
}

/** What HTTP/2 over TLS wants closed stays open. */
function keepConnectionsOpen(): void {
  for (const name of ['end', 'destroy']) {
    const original: unknown = Reflect.get(tls.TLSSocket.prototype, name)
    Object.defineProperty(tls.TLSSocket.prototype, name, {
      value(this: tls.TLSSocket, ...rest: unknown[]): unknown {
        const closes = typeof original === 'function' && this.alpnProtocol !== 'h2'
        return closes ? Reflect.apply(original, this, rest) : this
      },
    })
  }
}

/** Content behind END_STREAM of the first response of a connection. */
function lateContentFatal(): Sabotage {
  const answered = new WeakSet<Tap>()
  const watching = serverFrames2((frame, tap) => {
    if (endsStream(frame)) answered.add(tap)
    return [frame]
  })
  const fatal = clientFrames2((frame, tap) => {
    if (frame.type === FRAME.data && answered.has(tap)) tap.reset()
    return [frame]
  })
  return both(watching, fatal, { outgoing: watching.outgoing ?? ((bytes) => bytes) })
}
