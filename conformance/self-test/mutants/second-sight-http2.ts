import { Readable } from 'node:stream'
import { FRAME } from '../../http2/frame.ts'
import { sends } from '../sabotage/application.ts'
import { clientFrames2, sentFields, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What a second look at HTTP/2, and at how one end keeps the other waiting, found untried. */
export const secondSightHttp2Mutants: readonly Mutant[] = [
  {
    id: 'second-sight/window-never-waits',
    property: 'process/write-flow-control/http2',
    clause: 'process/write-flow-control',
    breaks: 'content is taken without a bound from its application while its window is shut',
    slow: true,
    sabotage: neverWaiting(),
  },
  {
    id: 'second-sight/one-stalls-all',
    property: 'process/write-flow-control/http2',
    clause: 'wire/rfc9113/streams-independent',
    breaks: 'a send() waits for every send() that was called before it on its connection',
    slow: true,
    sabotage: inTurn(),
  },
  {
    id: 'second-sight/window-lost-with-its-stream',
    property: 'wire/rfc9113/streams-independent',
    clause: 'wire/rfc9113/streams-independent',
    breaks: 'behind a stream that was reset the window of its connection is never given back',
    slow: true,
    sabotage: neverGivenBack(),
  },
  {
    id: 'second-sight/ping-behind-content-fatal',
    property: 'wire/rfc9113/frames-read-promptly',
    clause: 'wire/rfc9113/frames-read-promptly',
    breaks: 'a PING behind more than ten frames of content ends the connection',
    slow: true,
    sabotage: overloaded(10),
  },
  {
    id: 'second-sight/higher-minor-as-1.0',
    property: 'wire/rfc9110/higher-minor-version/as-known',
    clause: 'wire/rfc9110/higher-minor-version',
    breaks: 'HTTP/1.2 is taken for HTTP/1.0',
    slow: true,
    sabotage: requests((bytes) => bytes.replace(/ HTTP\/1\.[2-9]\r\n/, ' HTTP/1.0\r\n')),
  },
  {
    id: 'second-sight/windows-given-back-unread',
    property: 'config/unread-content-waits/http2',
    clause: 'config/unread-content-waits',
    breaks: 'over HTTP/2 windows are given back for content that nobody has received',
    slow: true,
    sabotage: { process: neverPauseStreams },
  },
  {
    id: 'second-sight/full-socket-forgotten',
    property: 'asgi/send/returns/blocked-response/http2',
    clause: 'asgi/send/returns',
    breaks: 'over HTTP/2 a send() that waits for the client never comes back when that is lost',
    slow: true,
    sabotage: sends(async (message, { send, scope }) => {
      const started = performance.now()
      await send(message).catch(() => undefined)
      const waited = performance.now() - started > PROMPT_MS
      if (waited && scope['http_version'] === '2') await new Promise<never>(() => undefined)
    }),
  },
  {
    id: 'second-sight/lost-beside-another',
    property: 'asgi/send/returns/concurrent',
    clause: 'http/send/body-flushed',
    breaks: 'content that is sent while another send() is under way is lost',
    sabotage: lostBesideAnother(),
  },
  {
    id: 'second-sight/offer-half-answered',
    property: 'websocket/receive/event/http2',
    clause: 'wire/rfc7692/unsupported-configuration-declined',
    breaks: 'over HTTP/2 an offer of compression is accepted without its parameters',
    sabotage: sentFields((fields) =>
      fields.map(([name, value]) => [
        name,
        name === 'sec-websocket-extensions' ? value.replace(/;.*/, '') : value,
      ]),
    ),
  },
  {
    id: 'second-sight/reserved-bits-read-over',
    property: 'wire/rfc6455/fail-closes/http2',
    clause: 'wire/rfc6455/rsv-bits',
    breaks: 'over HTTP/2 the reserved bits of a frame of WebSocket are read over',
    sabotage: clientFrames2((frame) =>
      frame.type === FRAME.data && frame.payload.length > 2
        ? [{ ...frame, payload: withoutReserved(frame.payload) }]
        : [frame],
    ),
  },
]

/** Milliseconds that no send() takes which need not wait. */
const PROMPT_MS = 20

/** What goes wrong is told to nobody: the application has gone on. */
function neverWaiting(): Sabotage {
  return sends((message, { send }) => {
    send(message).catch(() => undefined)
    return Promise.resolve()
  })
}

function inTurn(): Sabotage {
  const last = new WeakMap<Tap, Promise<void>>()
  return sends((message, { send, tap }) => {
    if (tap === null) return send(message)
    const own = (last.get(tap) ?? Promise.resolve()).then(() => send(message))
    last.set(
      tap,
      own.catch(() => undefined),
    )
    return own
  })
}

function lostBesideAnother(): Sabotage {
  const busy = new WeakSet<object>()
  return sends(async (message, { scope, send }) => {
    if (busy.has(scope)) return
    busy.add(scope)
    await send(message)
    await new Promise(setImmediate)
    busy.delete(scope)
  })
}

function neverGivenBack(): Sabotage {
  const reset = new WeakSet<Tap>()
  return both(
    serverFrames2((frame, tap) =>
      frame.type === FRAME.windowUpdate && frame.stream === 0 && reset.has(tap) ? [] : [frame],
    ),
    clientFrames2((frame, tap) => {
      if (frame.type === FRAME.rstStream) reset.add(tap)
      return [frame]
    }),
  )
}

function overloaded(most: number): Sabotage {
  const heard = new WeakMap<Tap, number>()
  return clientFrames2((frame, tap) => {
    const before = heard.get(tap) ?? 0
    if (frame.type === FRAME.data) heard.set(tap, before + 1)
    if (frame.type === FRAME.ping && before > most) tap.reset()
    return [frame]
  })
}

/** Of the first frame of WebSocket in a frame of HTTP/2. */
function withoutReserved(payload: Buffer): Buffer {
  const changed = Buffer.from(payload)
  changed.writeUInt8(payload.readUInt8(0) & 0x8f)
  return changed
}

function neverPauseStreams(): void {
  const original: unknown = Reflect.get(Readable.prototype, 'pause')
  Object.defineProperty(Readable.prototype, 'pause', {
    value(this: Readable): unknown {
      const isStream = 'sentInfoHeaders' in this
      return typeof original !== 'function' || isStream ? this : Reflect.apply(original, this, [])
    },
  })
}
