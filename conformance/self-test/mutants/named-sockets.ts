import {
  dataFrame,
  ERROR,
  encodeFrame,
  FLAG,
  FRAME,
  type Frame,
  pingFrame,
  resetStream,
  SETTING,
  settingsFrame,
} from '../../http2/frame.ts'
import { isControl, masked, OPCODE, RSV1 } from '../../websocket/frame.ts'
import {
  bytesOf,
  calls,
  type Dict,
  headersOf,
  scopes,
  sends,
  withHeaders,
} from '../sabotage/application.ts'
import { clientFrames, closeFrames, serverFrames } from '../sabotage/frames.ts'
import {
  clientFrames2,
  endsStream,
  sentFields,
  serverFrames2,
  settingsOf,
} from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Clauses of WebSocket and of HTTP/2 that no other defect breaks by name. */
export const namedSocketMutants: readonly Mutant[] = [
  {
    id: 'named-sockets/fragments-refused',
    property: 'websocket/receive/complete-messages',
    clause: 'websocket/receive/fragmentation-handled',
    breaks: 'a message in fragments fails the connection',
    sabotage: clientFrames((frame) => [
      frame.opcode === OPCODE.continuation ? { ...frame, opcode: UNKNOWN } : frame,
    ]),
  },
  {
    id: 'named-sockets/type-in-mixed-case',
    property: 'websocket/scope/type',
    clause: 'websocket/scope/type-signified',
    breaks: 'the type of a WebSocket scope is WebSocket',
    sabotage: scopes((scope) => ({ ...scope, type: 'WebSocket' }), 'websocket'),
  },
  {
    id: 'named-sockets/asgi-version-number',
    property: 'websocket/scope/type',
    clause: 'websocket/scope/asgi-version',
    breaks: 'the version of ASGI on a WebSocket scope is a number',
    sabotage: scopes(
      (scope) => ({ ...scope, asgi: { ...Object(scope['asgi']), version: 3 } }),
      'websocket',
    ),
  },
  {
    id: 'named-sockets/scheme-empty',
    property: 'websocket/scope/type',
    clause: 'websocket/scope/scheme-not-empty',
    breaks: 'the scheme of a WebSocket scope is empty',
    sabotage: scopes((scope) => ({ ...scope, scheme: '' }), 'websocket'),
  },
  {
    id: 'named-sockets/protocol-among-headers',
    property: 'wire/rfc8441/extended-connect',
    clause: 'websocket/scope/pseudo-headers-removed',
    breaks: 'the :protocol of an extended CONNECT stays among the headers of its scope',
    sabotage: overHttp2((headers) => [...headers, [':protocol', 'websocket']]),
  },
  {
    id: 'named-sockets/authority-last',
    property: 'wire/rfc8441/extended-connect',
    clause: 'websocket/scope/authority-as-host',
    breaks: 'the :authority of an extended CONNECT comes as host behind all other headers',
    sabotage: overHttp2(([host, ...headers]) => (host === undefined ? [] : [...headers, host])),
  },
  {
    id: 'named-sockets/denied-by-a-close',
    property: 'websocket/close/before-accept-403',
    clause: 'websocket/connect/denied-403',
    breaks: 'a handshake that is denied ends its connection without a response',
    sabotage: {
      outgoing: (bytes, tap) => {
        if (!bytes.startsWith('HTTP/1.1 403 ')) return bytes
        tap.end()
        return null
      },
    },
  },
  {
    id: 'named-sockets/accepted-with-the-first-message',
    property: 'wire/rfc6455/handshake-response',
    clause: 'websocket/accept/completes-handshake',
    breaks: 'an accepted handshake is completed when the application sends something',
    slow: true,
    sabotage: acceptingLate(),
  },
  {
    id: 'named-sockets/last-escape',
    property: 'websocket/send/exception-caught-when-reraised',
    clause: 'websocket/send/exception-caught-when-reraised',
    breaks:
      'a late send() whose exception leaves the application leaves the server unable to serve',
    sabotage: escapingForGood(),
  },
  {
    id: 'named-sockets/upgrade-compared-exactly',
    property: 'wire/rfc6455/handshake-response',
    clause: 'wire/rfc6455/handshake-case-insensitive',
    breaks: 'Upgrade: WebSocket is no handshake',
    sabotage: requests((bytes) =>
      bytes.replace(/(\r\nupgrade: )websocket/i, (line) =>
        line.endsWith('websocket') ? line : line.replace(/websocket/i, 'unknown'),
      ),
    ),
  },
  {
    id: 'named-sockets/unknown-field-refused',
    property: 'wire/rfc6455/handshake-response',
    clause: 'wire/rfc6455/handshake-unknown-fields',
    breaks: 'a handshake with a field that only looks like one of WebSocket is refused',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nsec-websocket-(note|key1|origin):/i, '\r\nsec-websocket-key:'),
    ),
  },
  {
    id: 'named-sockets/extension-unasked',
    property: 'wire/rfc6455/handshake-response',
    clause: 'wire/rfc6455/extensions-from-offer',
    breaks: 'every handshake response names an extension',
    sabotage: switching((lines) => [...lines, 'sec-websocket-extensions: x-webkit-deflate-frame']),
  },
  {
    id: 'named-sockets/length-sign-extended',
    property: 'websocket/send/bytes',
    clause: 'wire/rfc6455/length-msb-zero',
    breaks: 'a length of 16 bits is written with 64, as if its sign went before it',
    sabotage: {
      outgoing: (bytes, tap) =>
        tap.upgraded && /^[\x81\x82]\x7e/.test(bytes)
          ? `${bytes[0]}\x7f${'\xff'.repeat(6)}${bytes.slice(2)}`
          : bytes,
    },
  },
  {
    id: 'named-sockets/fragments-reversed',
    property: 'websocket/receive/complete-messages',
    clause: 'wire/rfc6455/fragments-in-order',
    breaks: 'the fragments of a message are put together in the reverse of their order',
    sabotage: fragmentsReversed(),
  },
  {
    id: 'named-sockets/messages-interleaved',
    property: 'websocket/send/bytes',
    clause: 'wire/rfc6455/no-interleaving',
    breaks: 'a message is sent between the two fragments of the one before it',
    sabotage: interleaved(),
  },
  {
    id: 'named-sockets/ping-within-a-message',
    property: 'websocket/receive/complete-messages',
    clause: 'wire/rfc6455/control-between-fragments',
    breaks: 'a Ping between the fragments of a message fails the connection',
    sabotage: pingWithinMessage(),
  },
  {
    id: 'named-sockets/mask-left-on',
    property: 'websocket/receive/complete-messages',
    clause: 'wire/rfc6455/unmasking',
    breaks: 'the masking of what the client sends is not removed',
    sabotage: clientFrames((frame) => {
      if (isControl(frame.opcode) || frame.mask === null) return [frame]
      const key = Buffer.alloc(4)
      key.writeUInt32BE(frame.mask)
      return [{ ...frame, payload: masked(frame.payload, key) }]
    }),
  },
  {
    id: 'named-sockets/half-a-code',
    property: 'websocket/close/code',
    clause: 'wire/rfc6455/close-body',
    breaks: 'a Close holds one octet',
    sabotage: closeFrames((payload) => payload.subarray(0, 1)),
  },
  {
    id: 'named-sockets/reason-in-latin-1',
    property: 'websocket/close/code',
    clause: 'wire/rfc6455/close-reason-utf8',
    breaks: 'the reason of a Close goes out in Latin-1',
    sabotage: closeFrames((payload) =>
      Buffer.concat([payload.subarray(0, 2), bytesOf(payload.subarray(2).toString('utf8'))]),
    ),
  },
  {
    id: 'named-sockets/close-waits-for-the-application',
    property: 'wire/rfc6455/close-answered',
    clause: 'wire/rfc6455/close-answered-soon',
    breaks: 'a Close is answered when the application has returned',
    slow: true,
    sabotage: clientFrames((frame) => (frame.opcode === OPCODE.close ? [] : [frame])),
  },
  {
    id: 'named-sockets/fails-without-a-word',
    property: 'wire/rfc6455/rsv-bits',
    clause: 'wire/rfc6455/fail-close-frame',
    breaks: 'a connection that fails for its frames ends without a Close',
    sabotage: closeFrames((payload) => (payload.readUInt16BE(0) === 1002 ? null : payload)),
  },
  {
    id: 'named-sockets/read-on-after-failure',
    property: 'wire/rfc6455/rsv-bits',
    clause: 'wire/rfc6455/fail-stops-processing',
    breaks: 'a message behind frames that fail the connection reaches the application',
    sabotage: readOnAfterFailure(),
  },
  {
    id: 'named-sockets/compressed-bit-on-each-fragment',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc7692/rsv1-first-data-frame-only',
    breaks: 'the compressed bit stands on every fragment of a message',
    sabotage: serverFrames((frame) =>
      (frame.rsv & RSV1) === 0
        ? [frame]
        : [
            { ...frame, fin: false, payload: frame.payload.subarray(0, 1) },
            { ...frame, opcode: OPCODE.continuation, payload: frame.payload.subarray(1) },
          ],
    ),
  },
  {
    id: 'named-sockets/all-taken-for-compressed',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc7692/both-kinds-received',
    breaks: 'once compression is agreed on a message without the compressed bit is inflated too',
    sabotage: allCompressed(),
  },
  {
    id: 'named-sockets/unknown-parameters-skipped',
    property: 'wire/rfc7692/invalid-value-declined',
    clause: 'wire/rfc7692/unknown-parameter-declined',
    breaks: 'parameters of an offer that nobody defined are skipped',
    sabotage: requests((bytes) =>
      bytes.replace(/; (x_assay|(server|client)_window_bits(=15)?|no_context_takeover)/, ''),
    ),
  },
  {
    id: 'named-sockets/takeover-not-answered',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc7692/server-no-context-takeover',
    breaks: 'the response does not say server_no_context_takeover, which was asked for',
    sabotage: extensionLine((line) => line.replace(/; *server_no_context_takeover/, '')),
  },
  {
    id: 'named-sockets/window-of-the-client-forgotten',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc7692/client-context-takeover',
    breaks: 'each message of the client is inflated afresh, though that was not agreed on',
    sabotage: windowForgotten(),
  },
  {
    id: 'named-sockets/window-bits-unasked',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc7692/client-max-window-bits-only-if-offered',
    breaks: 'every response to an offer holds client_max_window_bits',
    sabotage: extensionLine((line) =>
      line.includes('client_max_window_bits') ? line : `${line}; client_max_window_bits=15`,
    ),
  },
  {
    id: 'named-sockets/ping-before-settings',
    property: 'http/scope/pseudo-headers-removed',
    clause: 'wire/rfc9113/server-preface',
    breaks: 'the server sends a PING before its SETTINGS',
    sabotage: greetedByPing(),
  },
  {
    id: 'named-sockets/unknown-frame-resets',
    property: 'wire/rfc9113/ping-acknowledged',
    clause: 'wire/rfc9113/unknown-frames-ignored',
    breaks: 'a frame of an unknown type resets its stream',
    sabotage: clientFrames2((frame, tap) => {
      if (frame.type <= FRAME.continuation || frame.stream === 0) return [frame]
      const reset = resetStream(frame.stream, ERROR.protocol)
      tap.inject(encodeFrame(reset).toString('latin1'))
      return [reset]
    }),
  },
  {
    id: 'named-sockets/frames-joined',
    property: 'http/send/http2-large',
    clause: 'wire/rfc9113/frame-size-sent',
    breaks: 'two full DATA frames of a stream become one',
    sabotage: framesJoined(),
  },
  {
    id: 'named-sockets/ping-within-a-head',
    property: 'http/send/http2-response',
    clause: 'wire/rfc9113/field-block-contiguous',
    breaks: 'a PING stands between the HEADERS of a response and their CONTINUATION',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.headers
        ? [
            {
              ...frame,
              flags: frame.flags & ~FLAG.endHeaders,
              payload: frame.payload.subarray(0, 1),
            },
            pingFrame(Buffer.alloc(8)),
            {
              type: FRAME.continuation,
              flags: FLAG.endHeaders,
              stream: frame.stream,
              payload: frame.payload.subarray(1),
            },
          ]
        : [frame],
    ),
  },
  {
    id: 'named-sockets/index-of-nothing',
    property: 'http/send/http2-response',
    clause: 'wire/rfc9113/field-block-decodable',
    breaks: 'a response refers to an entry that the table of its client does not have',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.headers
        ? [{ ...frame, payload: Buffer.concat([frame.payload, Buffer.of(0xff, 0x80, 0x01)]) }]
        : [frame],
    ),
  },
  {
    id: 'named-sockets/even-streams-ignored',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/stream-identifiers',
    breaks: 'a request on an even stream is ignored',
    slow: true,
    sabotage: ignoring(({ type, stream }) => type === FRAME.headers && stream === 2),
  },
  {
    id: 'named-sockets/open-after-goodbye',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/error-closes',
    breaks: 'behind the GOAWAY for an error the connection stays open',
    slow: true,
    sabotage: openAfterGoodbye(),
  },
  {
    id: 'named-sockets/only-first-settings-acknowledged',
    property: 'wire/rfc9113/ping-acknowledged',
    clause: 'wire/rfc9113/settings-acknowledged',
    breaks: 'of the SETTINGS of a client only those of its preface are acknowledged',
    slow: true,
    sabotage: acknowledgedOnce(),
  },
  {
    id: 'named-sockets/between-continuations',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/continuation-uninterrupted',
    breaks: 'a frame between HEADERS and their CONTINUATION is passed over',
    slow: true,
    sabotage: withinHeads((frame, within) => (within && !isOfHead(frame) ? [] : [frame])),
  },
  {
    id: 'named-sockets/ended-twice',
    property: 'http/send/http2-response',
    clause: 'wire/rfc9113/response-framing',
    breaks: 'an empty DATA frame comes behind the end of each response',
    sabotage: serverFrames2((frame) =>
      endsStream(frame) ? [frame, dataFrame(frame.stream, Buffer.alloc(0), true)] : [frame],
    ),
  },
  {
    id: 'named-sockets/length-one-too-many',
    property: 'http/send/http2-response',
    clause: 'wire/rfc9113/response-content-length',
    breaks: 'content-length over HTTP/2 says one byte more than there are',
    sabotage: sentFields((fields) =>
      fields.map(([name, value]) => [
        name,
        name === 'content-length' ? String(Number(value) + 1) : value,
      ]),
    ),
  },
  {
    id: 'named-sockets/idle-streams-reset',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/idle-stream',
    breaks: 'RST_STREAM and WINDOW_UPDATE on a stream that nobody has opened are ignored',
    slow: true,
    sabotage: idleIgnored(),
  },
  {
    id: 'named-sockets/padding-cut',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/padding-too-long',
    breaks: 'DATA with more padding than payload is taken for empty',
    slow: true,
    sabotage: clientFrames2((frame) => {
      const isPadded = frame.type === FRAME.data && (frame.flags & FLAG.padded) !== 0
      return isPadded && (frame.payload[0] ?? 0) >= frame.payload.length
        ? [dataFrame(frame.stream, Buffer.alloc(0), endsStream(frame))]
        : [frame]
    }),
  },
  {
    id: 'named-sockets/of-no-stream',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/stream-required',
    breaks: 'DATA, HEADERS and RST_STREAM of stream 0 are ignored',
    slow: true,
    sabotage: ignoring(({ type, stream }) => stream === 0 && OF_STREAMS.has(type)),
  },
  {
    id: 'named-sockets/continuation-of-nothing',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/continuation-alone',
    breaks: 'a CONTINUATION of no head is ignored',
    slow: true,
    sabotage: withinHeads((frame, within) =>
      frame.type === FRAME.continuation && !within ? [] : [frame],
    ),
  },
  {
    id: 'named-sockets/connect-protocol-2',
    property: 'wire/rfc8441/extended-connect',
    clause: 'wire/rfc8441/setting-value',
    breaks: 'SETTINGS_ENABLE_CONNECT_PROTOCOL is 2',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.settings && (frame.flags & FLAG.ack) === 0
        ? [
            settingsFrame(
              settingsOf(frame).map(([name, value]) => [
                name,
                name === SETTING.enableConnectProtocol ? 2 : value,
              ]),
            ),
          ]
        : [frame],
    ),
  },
  {
    id: 'named-sockets/protocols-switched',
    property: 'wire/rfc8441/extended-connect',
    clause: 'wire/rfc8441/accepted-by-2xx',
    breaks: 'an accepted extended CONNECT is answered with 101',
    slow: true,
    sabotage: protocolsSwitched(),
  },
]

/** An opcode that fails the connection. */
const UNKNOWN = 3

const OF_STREAMS: ReadonlySet<number> = new Set([FRAME.data, FRAME.headers, FRAME.rstStream])

type Pairs = readonly (readonly [string, string])[]

function overHttp2(edit: (headers: Pairs) => Pairs): Sabotage {
  return scopes(
    (scope) => (scope['http_version'] === '2' ? withHeaders(scope, edit(headersOf(scope))) : scope),
    'websocket',
  )
}

function acceptingLate(): Sabotage {
  return calls('websocket', ({ send }) => {
    let held: Dict | null = null
    return {
      send: async (message) => {
        if (message['type'] === 'websocket.accept') {
          held = message
          return
        }
        if (held !== null) await send(held)
        held = null
        await send(message)
      },
    }
  })
}

function escapingForGood(): Sabotage {
  let escaped = false
  return {
    application: (app) => async (scope, receive, send) => {
      if (escaped && scope['type'] === 'websocket') throw new Error('the server is broken')
      await app(scope, receive, send).catch((error: unknown) => {
        escaped = true
        throw error
      })
    },
  }
}

function switching(edit: (lines: readonly string[]) => readonly string[]): Sabotage {
  return {
    outgoing: (bytes) => {
      if (!bytes.startsWith('HTTP/1.1 101 ')) return bytes
      const [head = '', ...rest] = bytes.split('\r\n\r\n')
      return [edit(head.split('\r\n')).join('\r\n'), ...rest].join('\r\n\r\n')
    },
  }
}

function extensionLine(edit: (line: string) => string): Sabotage {
  return switching((lines) =>
    lines.map((line) => (isNamed(line, 'sec-websocket-extensions') ? edit(line) : line)),
  )
}

function fragmentsReversed(): Sabotage {
  const parts = new WeakMap<Tap, Buffer[]>()
  const kinds = new WeakMap<Tap, number>()
  return clientFrames((frame, tap) => {
    if (isControl(frame.opcode)) return [frame]
    if (frame.opcode !== OPCODE.continuation) kinds.set(tap, frame.opcode)
    const all = [frame.payload, ...(parts.get(tap) ?? [])]
    parts.set(tap, frame.fin ? [] : all)
    const opcode = kinds.get(tap) ?? OPCODE.binary
    return frame.fin ? [{ ...frame, opcode, payload: Buffer.concat(all) }] : []
  })
}

function interleaved(): Sabotage {
  return serverFrames((frame) =>
    frame.opcode === OPCODE.binary && frame.payload.length > 1
      ? [
          { ...frame, fin: false, payload: frame.payload.subarray(0, 1) },
          { ...frame, opcode: OPCODE.text, payload: bytesOf('between') },
          { ...frame, opcode: OPCODE.continuation, payload: frame.payload.subarray(1) },
        ]
      : [frame],
  )
}

function pingWithinMessage(): Sabotage {
  const within = new WeakSet<Tap>()
  return clientFrames((frame, tap) => {
    if (isControl(frame.opcode)) return [within.has(tap) ? { ...frame, opcode: UNKNOWN } : frame]
    if (frame.fin) within.delete(tap)
    else within.add(tap)
    return [frame]
  })
}

function readOnAfterFailure(): Sabotage {
  return clientFrames((frame, tap) => {
    if ((frame.rsv & ~RSV1) === 0) return [frame]
    // A Close with 1002.
    tap.inject('\x88\x02\x03\xea')
    return []
  })
}

function allCompressed(): Sabotage {
  const agreed = new WeakSet<Tap>()
  const later = clientFrames((frame, tap) =>
    agreed.has(tap) && (frame.opcode === OPCODE.text || frame.opcode === OPCODE.binary)
      ? [{ ...frame, rsv: frame.rsv | RSV1 }]
      : [frame],
  )
  return both(later, {
    outgoing: (bytes, tap) => {
      if (/^HTTP\/1\.1 101 [^]*permessage-deflate/.test(bytes)) agreed.add(tap)
      return bytes
    },
  })
}

function windowForgotten(): Sabotage {
  const told = new WeakSet<Tap>()
  const name = 'client_no_context_takeover'
  return both(
    requests((bytes, tap) => {
      if (!bytes.includes('permessage-deflate') || bytes.includes(name)) return bytes
      told.add(tap)
      return bytes.replace('permessage-deflate', `permessage-deflate; ${name}`)
    }),
    {
      outgoing: (bytes, tap) => (told.has(tap) ? bytes.replace(`; ${name}`, '') : bytes),
    },
  )
}

function greetedByPing(): Sabotage {
  const greeted = new WeakSet<Tap>()
  return serverFrames2((frame, tap) => {
    if (greeted.has(tap)) return [frame]
    greeted.add(tap)
    return [pingFrame(Buffer.alloc(8)), frame]
  })
}

function framesJoined(): Sabotage {
  const held = new WeakMap<Tap, Frame>()
  return serverFrames2((frame, tap) => {
    const first = held.get(tap)
    held.delete(tap)
    const joins = first !== undefined && frame.type === FRAME.data && frame.stream === first.stream
    if (joins) return [{ ...frame, payload: Buffer.concat([first.payload, frame.payload]) }]
    const before = first === undefined ? [] : [first]
    const isFull = frame.type === FRAME.data && frame.payload.length === 16_384
    if (!isFull || endsStream(frame)) return [...before, frame]
    held.set(tap, frame)
    return before
  })
}

function ignoring(isIgnored: (frame: Frame) => boolean): Sabotage {
  return clientFrames2((frame) => (isIgnored(frame) ? [] : [frame]))
}

function openAfterGoodbye(): Sabotage {
  return serverFrames2((frame, tap) => {
    if (frame.type === FRAME.goaway && frame.payload.readUInt32BE(4) !== ERROR.none) tap.keepOpen()
    return [frame]
  })
}

function acknowledgedOnce(): Sabotage {
  const acknowledged = new WeakSet<Tap>()
  return serverFrames2((frame, tap) => {
    if (frame.type !== FRAME.settings || (frame.flags & FLAG.ack) === 0) return [frame]
    if (acknowledged.has(tap)) return []
    acknowledged.add(tap)
    return [frame]
  })
}

/** Changes the frames of the client; `within`: the field block before this one has not come to its end. */
function withinHeads(edit: (frame: Frame, within: boolean) => readonly Frame[]): Sabotage {
  const unfinished = new WeakSet<Tap>()
  return clientFrames2((frame, tap) => {
    const within = unfinished.has(tap)
    if (isOfHead(frame) && (frame.flags & FLAG.endHeaders) === 0) unfinished.add(tap)
    else if (isOfHead(frame)) unfinished.delete(tap)
    return edit(frame, within)
  })
}

function isOfHead({ type }: Frame): boolean {
  return type === FRAME.headers || type === FRAME.continuation
}

function idleIgnored(): Sabotage {
  const highest = new WeakMap<Tap, number>()
  return clientFrames2((frame, tap) => {
    const last = highest.get(tap) ?? 0
    if (frame.type === FRAME.headers) highest.set(tap, Math.max(last, frame.stream))
    const isStray = frame.type === FRAME.rstStream || frame.type === FRAME.windowUpdate
    return isStray && frame.stream > last ? [] : [frame]
  })
}

function protocolsSwitched(): Sabotage {
  let accepting = false
  return both(
    sends(async (message, { send }) => {
      accepting = message['type'] === 'websocket.accept'
      await send(message)
    }, 'websocket'),
    sentFields((fields) => {
      const isAnswer = accepting
      accepting = false
      return fields.map(([name, value]) => [name, isAnswer && name === ':status' ? '101' : value])
    }),
  )
}
