import cluster from 'node:cluster'
import type { TLSSocket } from 'node:tls'
import { FLAG, FRAME } from '../../http2/frame.ts'
import { OPCODE } from '../../websocket/frame.ts'
import { calls, type Dict, scopes, sends } from '../sabotage/application.ts'
import { clientFrames } from '../sabotage/frames.ts'
import { clientFrames2 } from '../sabotage/http2.ts'
import { settings } from '../sabotage/settings.ts'
import type { Tap } from '../sabotage/tap.ts'
import { aroundTls } from '../sabotage/tls.ts'
import { requests, segments } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What is right at the front door: in one process, at a port, in one piece, with the settings as they come. */
export const sideDoorMutants: readonly Mutant[] = [
  {
    id: 'side-doors/unix-socket-in-the-clear',
    property: 'config/tls-only/unix-socket',
    clause: 'config/tls-only',
    breaks: 'key and certificate are not used on a unix socket',
    sabotage: settings('command-line', ({ tls: _unused, ...given }) => given),
  },
  {
    id: 'side-doors/hanging-start-awaited',
    property: 'process/start-interrupted/hanging',
    clause: 'process/start-interrupted',
    breaks: 'a start that hangs is waited for, whatever time was set',
    sabotage: settings('command-line', (given) => ({ ...given, timeoutShutdown: 600 })),
  },
  {
    id: 'side-doors/workers-hurried',
    property: 'lifespan/shutdown/complete-awaited/workers',
    clause: 'lifespan/shutdown/complete-awaited',
    breaks: 'a worker ends three seconds after it was told to, whatever its application does',
    sabotage: calls('lifespan', ({ receive }) => ({
      receive: async () => {
        const event = await receive()
        if (event['type'] === 'lifespan.shutdown' && cluster.isWorker)
          setTimeout(() => process.exit(0), 3000).unref()
        return event
      },
    })),
  },
  {
    id: 'side-doors/state-of-worker',
    property: 'config/workers',
    clause: 'lifespan/scope/state',
    breaks: 'the state of a worker holds something before the application has put anything there',
    sabotage: calls('lifespan', ({ scope }) => ({
      scope: cluster.isWorker ? { ...scope, state: { worker: process.pid } } : scope,
    })),
  },
  {
    id: 'side-doors/endless-line-dropped',
    property: 'wire/rfc9112/limits-answered',
    clause: 'wire/rfc9112/target-too-long-answered',
    breaks: 'a request line that goes beyond the limit before its end is met with a close',
    sabotage: segments((bytes, tap) => {
      if (!bytes.startsWith('GET ') || bytes.length < 16_384 || bytes.includes('\n')) return bytes
      tap.end()
      return ''
    }),
  },
  {
    id: 'side-doors/pings-off-altogether',
    property: 'config/websocket-ping-interval',
    clause: 'websocket/ping-pong/handled',
    breaks: 'a server that sends no pings answers none',
    sabotage: clientFrames((frame) => {
      const off = process.argv.includes('--ws-ping-interval') && process.argv.includes('0')
      return off && frame.opcode === OPCODE.ping ? [] : [frame]
    }),
  },
  {
    id: 'side-doors/acknowledgement-of-any-length',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/frame-size',
    breaks: 'an acknowledgement of PING is ignored, whatever its length',
    sabotage: clientFrames2((frame) =>
      frame.type === FRAME.ping && (frame.flags & FLAG.ack) !== 0 ? [] : [frame],
    ),
  },
  {
    id: 'side-doors/upgraded-without-alert',
    property: 'wire/rfc9112/tls-close-notify',
    clause: 'wire/rfc6455/clean-close',
    breaks: 'a WebSocket over TLS ends without a closure alert',
    sabotage: withoutAlert(),
  },
  {
    id: 'side-doors/few-fragments',
    property: 'wire/rfc6455/fragments-supported',
    clause: 'wire/rfc6455/fragments-supported',
    breaks: 'a message of more than 64 fragments fails the connection',
    sabotage: fewFragments(),
  },
  {
    id: 'side-doors/flag-of-any-text',
    property: 'config/environment',
    clause: 'config/environment',
    breaks: 'a flag in the environment is on, whatever it says',
    sabotage: settings('environment', ({ serverHeader: _off, ...given }) => given),
  },
  {
    id: 'side-doors/parameters-cut-off',
    property: 'wire/rfc9112/te-chunked-not-final',
    clause: 'wire/rfc9112/chunked-parameters',
    breaks: 'parameters of the chunked coding are passed over',
    sabotage: requests((bytes) => bytes.replace(/chunked; *[a-z]=[a-z0-9]/, 'chunked')),
  },
  {
    id: 'side-doors/closed-behind-nothing',
    property: 'wire/rfc9112/self-delimited',
    clause: 'wire/rfc9112/persistent-connections',
    breaks: 'a connection ends behind a response of status 204 or 304',
    sabotage: {
      outgoing: (bytes, tap) => {
        if (/^HTTP\/1\.1 (204|304)/.test(bytes)) setImmediate(() => tap.end())
        return bytes
      },
    },
  },
  {
    id: 'side-doors/lifespan-without-extensions',
    property: 'lifespan/startup/complete-awaited',
    clause: 'asgi/extensions/dict',
    breaks: 'the extensions of the lifespan scope are None',
    sabotage: calls('lifespan', ({ scope }) => ({ scope: { ...scope, extensions: null } })),
  },
  {
    id: 'side-doors/no-further-keys',
    property: 'websocket/close/code',
    clause: 'asgi/error/additional-keys-accepted',
    breaks: 'websocket.send raises over a key that is not defined',
    sabotage: sends((message, { send }) => {
      const extended = message['type'] === 'websocket.send' && 'x-note' in message
      return extended ? Promise.reject(new TypeError('unknown key')) : send(message)
    }, 'websocket'),
  },
  {
    id: 'side-doors/no-denial-over-tls',
    property: 'config/tls-certificate',
    clause: 'extension/denial/announced',
    breaks: 'over TLS the tls extension takes the place of websocket.http.response',
    sabotage: scopes((scope) => {
      const { tls, ...others }: Dict = Object(scope['extensions'])
      return { ...scope, extensions: tls === undefined ? others : { tls } }
    }, 'websocket'),
  },
  {
    id: 'side-doors/broken-off-in-json',
    property: 'config/log-format',
    clause: 'lifespan/startup/failed-message-logged',
    breaks: 'in the JSON format the message of a start that failed is empty',
    sabotage: calls('lifespan', ({ send }) => ({
      send: (message) =>
        send(
          process.argv.join().includes('json') && 'message' in message
            ? { ...message, message: '' }
            : message,
        ),
    })),
  },
]

function withoutAlert(): Mutant['sabotage'] {
  const upgraded = new WeakSet<TLSSocket>()
  return {
    process: () => {
      aroundTls('write', (socket, [bytes], write) => {
        if (String(bytes).startsWith('HTTP/1.1 101')) upgraded.add(socket)
        return write()
      })
      aroundTls('end', (socket, _none, end) => {
        if (!upgraded.has(socket)) return end()
        setTimeout(() => socket.destroy(), 100)
        return socket
      })
    },
  }
}

function fewFragments(): Mutant['sabotage'] {
  const counts = new WeakMap<Tap, number>()
  return clientFrames((frame, tap) => {
    if (frame.opcode >= OPCODE.close) return [frame]
    const count = frame.opcode === OPCODE.continuation ? (counts.get(tap) ?? 0) + 1 : 1
    counts.set(tap, count)
    // What no receiver knows fails the connection.
    return [count > 64 ? { ...frame, opcode: 3 } : frame]
  })
}
