import { readFileSync } from 'node:fs'
import { FLAG, FRAME, type Frame, resetStream } from '../../http2/frame.ts'
import { OPCODE, type SentFrame } from '../../websocket/frame.ts'
import { calls, type Dict, headersOf, scopes, sends } from '../sabotage/application.ts'
import { clientFrames, serverFrames } from '../sabotage/frames.ts'
import { clientFrames2, sentFields, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What is right at first sight, and wrong the second time, by another route or behind another's words. */
export const passedOverMutants: readonly Mutant[] = [
  {
    id: 'passed-over/encrypted-by-hearsay',
    property: 'config/proxy-headers',
    clause: 'tls/extension/only-over-tls',
    breaks: 'a plain connection has the tls extension where a trusted proxy had TLS',
    sabotage: scopes((scope) => {
      const told = headersOf(scope).some(([name]) => name === 'x-forwarded-proto')
      if (scope['scheme'] !== 'https' || !told) return scope
      const extensions: Dict = Object(scope['extensions'])
      return { ...scope, extensions: { ...extensions, tls: { tls_version: null } } }
    }),
  },
  {
    id: 'passed-over/spaced-name',
    property: 'tls/scope/client-cert-chain',
    clause: 'tls/scope/client-cert-name',
    breaks: 'a space stands behind each comma of client_cert_name',
    sabotage: scopes((scope) => {
      const extensions: Dict = Object(scope['extensions'])
      const tls: Dict = Object(extensions['tls'])
      const name = tls['client_cert_name']
      if (typeof name !== 'string') return scope
      const spaced = { ...tls, client_cert_name: name.replaceAll(',', ', ') }
      return { ...scope, extensions: { ...extensions, tls: spaced } }
    }),
  },
  {
    id: 'passed-over/invited-once',
    property: 'wire/rfc9110/expect-100',
    clause: 'wire/rfc9110/expect-100',
    breaks: 'of a connection only the first client that waits for 100 (Continue) is invited',
    sabotage: invitedOnce(),
  },
  {
    id: 'passed-over/absolute-path-encoded',
    property: 'http/scope/query-string/absolute-form',
    clause: 'http/scope/path',
    breaks: 'the path of a target in absolute form is not decoded',
    sabotage: requests((bytes) =>
      bytes.replace(/^GET http:\S+/, (target) => target.replaceAll('%', '%25')),
    ),
  },
  {
    id: 'passed-over/reset-in-return',
    property: 'wire/rfc9113/silent-after-reset',
    clause: 'wire/rfc9113/no-reset-for-reset',
    breaks: 'RST_STREAM is answered with RST_STREAM',
    sabotage: resetInReturn(),
  },
  {
    id: 'passed-over/one-date-over-http2',
    property: 'wire/rfc9110/date-advances',
    clause: 'wire/rfc9110/date-approximates-now',
    breaks: 'over HTTP/2 every response has the date of the first',
    sabotage: oneDate(),
  },
  {
    id: 'passed-over/unfinished-not-counted',
    property: 'wire/rfc9113/goaway-last-stream',
    clause: 'wire/rfc9113/goaway-last-stream',
    breaks: 'a request that was answered before its end does not count in GOAWAY',
    sabotage: unfinishedNotCounted(),
  },
  {
    id: 'passed-over/end-with-the-application',
    property: 'http/send/closed-when-complete',
    clause: 'http/send/closed-when-complete',
    breaks: 'a response that ends with its connection ends when its application does',
    sabotage: endsWithApplication(),
  },
  {
    id: 'passed-over/file-of-before',
    property: 'extension/pathsend/content',
    clause: 'extension/pathsend/content',
    breaks: 'of a file that was sent before, what it held then is sent',
    sabotage: fileOfBefore(),
  },
  {
    id: 'passed-over/worker-in-a-hurry',
    property: 'config/limit-max-requests',
    clause: 'lifespan/shutdown/complete-awaited',
    breaks: 'a worker that is replaced does not wait for lifespan.shutdown.complete',
    sabotage: calls('lifespan', ({ receive }) => ({
      receive: async () => {
        const event = await receive()
        if (event['type'] === 'lifespan.shutdown') setTimeout(() => process.exit(0), 100)
        return event
      },
    })),
  },
  {
    id: 'passed-over/talk-for-pong',
    property: 'config/websocket-ping-timeout',
    clause: 'config/websocket-ping-timeout',
    breaks: 'a client that leaves Pings unanswered is kept as long as it sends messages',
    sabotage: talkForPong(),
  },
]

const WAITS = /\r\nExpect: [^\r]*/i

function invitedOnce(): Sabotage {
  const invited = new WeakSet<Tap>()
  return requests((bytes, tap) => {
    if (!WAITS.test(bytes)) return bytes
    if (invited.has(tap)) return bytes.replace(WAITS, '')
    invited.add(tap)
    return bytes
  })
}

function resetInReturn(): Sabotage {
  const owed = new WeakMap<Tap, Frame>()
  return both(
    serverFrames2((frame, tap) => {
      const reset = owed.get(tap)
      owed.delete(tap)
      return reset === undefined ? [frame] : [reset, frame]
    }),
    clientFrames2((frame, tap) => {
      if (frame.type === FRAME.rstStream) owed.set(tap, resetStream(frame.stream, 5))
      return [frame]
    }),
  )
}

function oneDate(): Sabotage {
  let first: string | null = null
  return sentFields((fields) =>
    fields.map(([name, value]) => {
      if (name !== 'date') return [name, value]
      first ??= value
      return [name, first]
    }),
  )
}

function unfinishedNotCounted(): Sabotage {
  const unfinished = new WeakMap<Tap, Set<number>>()
  return both(
    serverFrames2((frame, tap) => {
      if (frame.type !== FRAME.goaway) return [frame]
      const payload = Buffer.from(frame.payload)
      let last = payload.readUInt32BE(0)
      while (last > 0 && unfinished.get(tap)?.has(last) === true) last = Math.max(0, last - 2)
      payload.writeUInt32BE(last, 0)
      return [{ ...frame, payload }]
    }),
    clientFrames2((frame, tap) => {
      const open = unfinished.get(tap) ?? new Set()
      unfinished.set(tap, open)
      if ((frame.flags & FLAG.endStream) !== 0) open.delete(frame.stream)
      else if (frame.type === FRAME.headers) open.add(frame.stream)
      return [frame]
    }),
  )
}

function endsWithApplication(): Sabotage {
  return {
    application: (app) => async (scope, receive, send) => {
      const closes = scope['http_version'] === '1.0'
      let last: Dict | null = null
      await app(scope, receive, async (message) => {
        const ends = message['type'] === 'http.response.body' && message['more_body'] !== true
        if (closes && ends) last = message
        else await send(message)
      })
      if (last !== null) await send(last)
    },
  }
}

function fileOfBefore(): Sabotage {
  const held = new Map<string, Buffer>()
  return sends(async (message, { send }) => {
    if (message['type'] !== 'http.response.pathsend') return await send(message)
    const path = String(message['path'])
    const body = held.get(path) ?? readFileSync(path)
    held.set(path, body)
    await send({ type: 'http.response.body', body })
  })
}

function talkForPong(): Sabotage {
  const pings = new WeakMap<Tap, Buffer>()
  return both(
    serverFrames((frame, tap) => {
      if (frame.opcode === OPCODE.ping) pings.set(tap, frame.payload)
      return [frame]
    }),
    clientFrames((frame, tap) => {
      const payload = pings.get(tap)
      if (frame.opcode !== OPCODE.text || payload === undefined) return [frame]
      const pong: SentFrame = { fin: true, rsv: 0, opcode: OPCODE.pong, payload, mask: 0 }
      return [pong, frame]
    }),
  )
}
