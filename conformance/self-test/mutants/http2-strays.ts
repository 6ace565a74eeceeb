import { dataFrame, FLAG, FRAME, type Frame, pingFrame, promiseFrame } from '../../http2/frame.ts'
import { encodeFields } from '../../http2/hpack-encoder.ts'
import { bytesOf, sends } from '../sabotage/application.ts'
import { clientFrames2, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Frames where none belong, and such of the client's that nobody minds (RFC 9113 §6). */
export const http2StrayMutants: readonly Mutant[] = [
  {
    id: 'http2-strays/reset-stream-goes-on',
    property: 'wire/rfc9113/silent-after-reset',
    clause: 'wire/rfc9113/silent-after-reset',
    breaks: 'what an application sends on a stream that its client has reset reaches the client',
    slow: true,
    sabotage: afterReset((frame) => frame.type === FRAME.headers),
  },
  {
    id: 'http2-strays/held-content-leaves',
    property: 'wire/rfc9113/silent-after-reset',
    clause: 'wire/rfc9113/silent-after-reset',
    breaks: 'content that waited for its window leaves when that opens, though its stream is gone',
    slow: true,
    sabotage: afterReset(isAcknowledgement),
  },
  {
    id: 'http2-strays/ping-of-a-stream',
    property: 'wire/rfc9113/goaway-on-error/connection-frames',
    clause: 'wire/rfc9113/ping-of-connection',
    breaks: 'a PING on a stream is taken for one of the connection',
    slow: true,
    sabotage: ofConnection(FRAME.ping),
  },
  {
    id: 'http2-strays/settings-of-a-stream',
    property: 'wire/rfc9113/goaway-on-error/connection-frames',
    clause: 'wire/rfc9113/settings-of-connection',
    breaks: 'SETTINGS on a stream are taken for those of the connection',
    slow: true,
    sabotage: ofConnection(FRAME.settings),
  },
  {
    id: 'http2-strays/goaway-of-a-stream',
    property: 'wire/rfc9113/goaway-on-error/connection-frames',
    clause: 'wire/rfc9113/goaway-of-connection',
    breaks: 'GOAWAY on a stream is ignored',
    slow: true,
    sabotage: ignoring(({ type, stream }) => type === FRAME.goaway && stream !== 0),
  },
  {
    id: 'http2-strays/any-setting',
    property: 'wire/rfc9113/goaway-on-error/connection-frames',
    clause: 'wire/rfc9113/setting-values',
    breaks: 'settings with values that are not allowed are ignored',
    slow: true,
    sabotage: ignoring(
      ({ type, flags, payload }) =>
        // What the client announces with its preface does not come by here.
        type === FRAME.settings && flags === 0 && payload.length === 6,
    ),
  },
  {
    id: 'http2-strays/promise-of-a-client',
    property: 'wire/rfc9113/goaway-on-error/connection-frames',
    clause: 'wire/rfc9113/push-by-client',
    breaks: 'a PUSH_PROMISE of the client is ignored',
    slow: true,
    sabotage: ignoring(({ type }) => type === FRAME.pushPromise),
  },
  {
    id: 'http2-strays/answer-answered',
    property: 'wire/rfc9113/ping-acknowledged',
    clause: 'wire/rfc9113/pong-unanswered',
    breaks: 'a PING that is an answer is answered',
    sabotage: clientFrames2((frame) =>
      frame.type === FRAME.ping ? [pingFrame(frame.payload)] : [frame],
    ),
  },
  {
    id: 'http2-strays/late-frames-lost',
    property: 'wire/rfc9113/frames-after-own-reset',
    clause: 'wire/rfc9113/frames-after-own-reset',
    breaks: 'trailers on a stream that the server has reset are not decoded',
    slow: true,
    sabotage: lostAfterReset(),
  },
  {
    id: 'http2-strays/userinfo-unanswered',
    property: 'wire/rfc9113/required-pseudo-headers',
    clause: 'wire/rfc9113/required-pseudo-headers',
    breaks: 'a request whose :authority has userinfo is never answered',
    slow: true,
    sabotage: ignoring(
      ({ type, payload }) => type === FRAME.headers && payload.includes('user@assay'),
    ),
  },
  {
    id: 'http2-strays/unsendable-status-left-open',
    property: 'asgi/error/app-exception-terminates/http2-odd-head',
    clause: 'asgi/error/app-exception-terminates',
    breaks: 'an application that fails as its status is none of HTTP/2 leaves its stream open',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        try {
          await app(scope, receive, send)
        } catch (error) {
          if (/Over HTTP\/2, status/.test(String(error))) await new Promise(() => undefined)
          throw error
        }
      },
    },
  },
  {
    id: 'http2-strays/promise-on-a-promise',
    property: 'extension/push/attempted',
    clause: 'wire/rfc9113/push-on-client-stream',
    breaks: 'a push of a promised request is promised on its own stream',
    sabotage: promisingAgain(),
  },
]

/** The second push of a connection is that of a promised request. */
function promisingAgain(): Sabotage {
  const pushes = new WeakMap<Tap, number>()
  const block = encodeFields([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'assay.test'],
    [':path', '/again'],
  ])
  return both(
    sends(async (message, { send, tap }) => {
      if (message['type'] === 'http.response.push' && tap !== null)
        pushes.set(tap, (pushes.get(tap) ?? 0) + 1)
      await send(message)
    }),
    serverFrames2((frame, tap) => {
      const isNext = frame.type === FRAME.headers && frame.stream === 2 && pushes.get(tap) === 2
      return isNext ? [promiseFrame(2, 4, block), frame] : [frame]
    }),
  )
}

/** When the server sends such a frame, there is one more on each stream that the client has reset. */
function afterReset(isCue: (frame: Frame) => boolean): Sabotage {
  const reset = new WeakMap<Tap, Set<number>>()
  return both(
    serverFrames2((frame, tap) => {
      const streams = isCue(frame) ? [...(reset.get(tap) ?? [])] : []
      return [frame, ...streams.map((stream) => dataFrame(stream, bytesOf('late'), false))]
    }),
    clientFrames2((frame, tap) => {
      if (frame.type === FRAME.rstStream)
        reset.set(tap, (reset.get(tap) ?? new Set()).add(frame.stream))
      return [frame]
    }),
  )
}

function lostAfterReset(): Sabotage {
  const reset = new WeakMap<Tap, Set<number>>()
  return both(
    serverFrames2((frame, tap) => {
      if (frame.type === FRAME.rstStream)
        reset.set(tap, (reset.get(tap) ?? new Set()).add(frame.stream))
      return [frame]
    }),
    clientFrames2((frame, tap) => (reset.get(tap)?.has(frame.stream) === true ? [] : [frame])),
  )
}

/** Of SETTINGS. */
function isAcknowledgement({ type, flags }: Frame): boolean {
  return type === FRAME.settings && (flags & FLAG.ack) !== 0
}

function ofConnection(type: number): Sabotage {
  return clientFrames2((frame) => [frame.type === type ? { ...frame, stream: 0 } : frame])
}

function ignoring(isIgnored: (frame: Frame) => boolean): Sabotage {
  return clientFrames2((frame) => (isIgnored(frame) ? [] : [frame]))
}
