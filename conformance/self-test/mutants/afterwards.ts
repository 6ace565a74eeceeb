import cluster from 'node:cluster'
import { dataFrame, FRAME } from '../../http2/frame.ts'
import { type Deferred, deferred } from '../../testers/deferred.ts'
import { OPCODE } from '../../websocket/frame.ts'
import {
  calls,
  type Dict,
  headersOf,
  never,
  scopes,
  textOf,
  withHeaders,
} from '../sabotage/application.ts'
import { serverFrames } from '../sabotage/frames.ts'
import { clientFrames2, endsStream, sentFields, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import { settings } from '../sabotage/settings.ts'
import { type Tap, tapOf } from '../sabotage/tap.ts'
import { aroundContexts } from '../sabotage/tls.ts'
import { heads, isNamed } from '../sabotage/wire.ts'
import { heardOnce, inSupervisor } from './fleet-drain.ts'
import type { Mutant } from './mutant.ts'

/** The code that stands for no Close at all (RFC 6455 §7.1.5). */
const NO_CLOSE = 1006

/** What is right the first time, in the usual order and with the usual letters, and not behind that. */
export const afterwardsMutants: readonly Mutant[] = [
  {
    id: 'afterwards/connect-taken-as-answered',
    property: 'websocket/connect/before-handshake',
    clause: 'websocket/connect/event',
    breaks: 'an application that accepts before its first receive() never gets websocket.connect',
    sabotage: calls('websocket', ({ receive, send }) => {
      let asked = false
      let answered = false
      return {
        receive: async () => {
          const event = await receive()
          const late = answered && !asked
          asked = true
          return late && event['type'] === 'websocket.connect' ? await receive() : event
        },
        send: async (message) => {
          answered ||= message['type'] === 'websocket.accept'
          await send(message)
        },
      }
    }),
  },
  {
    id: 'afterwards/one-worker-more-at-most',
    property: 'process/sigttin-adds-worker',
    clause: 'process/sigttin-adds-worker',
    breaks: 'a second SIGTTIN adds no worker',
    sabotage: heardOnce('SIGTTIN'),
  },
  {
    id: 'afterwards/ended-well-not-missed',
    property: 'process/worker-replaced',
    clause: 'process/worker-replaced',
    breaks: 'a worker that ends by itself with 0 is not replaced',
    sabotage: inSupervisor(`cluster.on('fork', (worker) => {
      const emit = worker.emit
      worker.emit = (name, code, ...others) =>
        name === 'exit' && code === 0 ? false : emit.call(worker, name, code, ...others)
    })`),
  },
  {
    id: 'afterwards/ciphers-forgotten',
    property: 'process/sighup-certificates',
    clause: 'config/tls-ciphers',
    breaks: 'with a new certificate the ciphers that were set are forgotten',
    sabotage: {
      process: () =>
        aroundContexts(({ ciphers, ...others }, first) =>
          first ? { ciphers, ...others } : others,
        ),
    },
  },
  {
    id: 'afterwards/workers-on-their-own',
    property: 'process/no-orphans',
    clause: 'process/no-orphans',
    breaks: 'workers run on behind a supervisor that was killed',
    sabotage: {
      process: () => {
        if (cluster.isWorker) setImmediate(() => process.removeAllListeners('disconnect'))
      },
    },
  },
  {
    id: 'afterwards/end-of-all',
    property: 'process/workers-end-behind',
    clause: 'process/workers-end-behind',
    breaks: 'a worker whose supervisor is killed ends at once, in the middle of its requests',
    sabotage: { process: () => process.on('disconnect', () => process.exit(0)) },
  },
  {
    id: 'afterwards/third-change-unseen',
    property: 'config/reload',
    clause: 'config/reload',
    breaks: 'the third change of a module does not replace the application',
    sabotage: inSupervisor(`const fs = process.getBuiltinModule('node:fs')
      const { watch } = fs
      let watchers = 0
      fs.watch = (folder, options, changed) => {
        watchers += 1
        return watch(folder, options, watchers > 2 ? () => undefined : changed)
      }
      process.getBuiltinModule('node:module').syncBuiltinESMExports()`),
  },
  {
    id: 'afterwards/scope-of-the-next',
    property: 'http/receive/left-pending',
    clause: 'http/scope/one-per-request',
    breaks: 'the requests of a connection share one scope, into which each writes its own',
    sabotage: sharedScope(),
  },
  {
    id: 'afterwards/never-begun-for-ever',
    property: 'config/timeout-body-read',
    clause: 'config/timeout-body-read',
    breaks: 'over HTTP/2 a client is not dropped that sends nothing of its content',
    sabotage: awaitingContent(),
  },
  {
    id: 'afterwards/state-frozen',
    property: 'lifespan/state/shallow-copy',
    clause: 'lifespan/state/untouched',
    breaks: 'the application cannot write to its state once it has started up',
    sabotage: calls('lifespan', ({ scope, send }) => ({
      send: async (message) => {
        await send(message)
        if (message['type'] === 'lifespan.startup.complete') Object.freeze(scope['state'])
      },
    })),
  },
  {
    id: 'afterwards/port-of-the-settings',
    property: 'config/port-zero',
    clause: 'config/port-zero-workers',
    breaks: 'with several workers the port that is told is the one that was set',
    sabotage: inSupervisor(`const fleet = process.argv.some((word) => word.startsWith('--workers'))
    for (const stream of fleet ? [process.stdout, process.stderr] : []) {
      const write = stream.write
      stream.write = (text, ...others) =>
        write.call(stream, String(text).replace(/(127\\.0\\.0\\.1):\\d+/g, '$1:0'), ...others)
    }`),
  },
  {
    id: 'afterwards/tls-by-hearsay',
    property: 'config/proxy-headers',
    clause: 'tls/extension/only-over-tls',
    breaks: 'behind a proxy that says https the tls extension is there without TLS',
    sabotage: scopes((scope) =>
      scope['scheme'] === 'https'
        ? { ...scope, extensions: { tls: {}, ...Object(scope['extensions']) } }
        : scope,
    ),
  },
  {
    id: 'afterwards/unknown-frames-left-out-first',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/unknown-frame-within-block',
    breaks: 'frames of unknown types are left out within a field block too',
    sabotage: clientFrames2((frame) => (isKnown(frame.type) ? [frame] : [])),
  },
  {
    id: 'afterwards/root-path-encoded',
    property: 'config/root-path-beyond-ascii',
    clause: 'config/root-path-beyond-ascii',
    breaks: 'the root path is in the scope as it would stand in a target',
    sabotage: scopes((scope) => ({ ...scope, root_path: encodeURI(textOf(scope['root_path'])) })),
  },
  {
    id: 'afterwards/dateless-refusals',
    property: 'wire/rfc9110/date-of-own-errors',
    clause: 'wire/rfc9110/date-of-own-errors',
    breaks: 'over HTTP/2 what the server refuses itself has no Date',
    sabotage: sentFields((fields) =>
      fields.some(([name, value]) => name === ':status' && value.startsWith('4'))
        ? fields.filter(([name]) => name !== 'date')
        : fields,
    ),
  },
  {
    id: 'afterwards/length-not-held',
    property: 'wire/rfc9113/response-content-length',
    clause: 'wire/rfc9113/response-content-length',
    breaks: 'over HTTP/2 a response that is too short ends like any other',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.rstStream ? [dataFrame(frame.stream, Buffer.alloc(0), true)] : [frame],
    ),
  },
  {
    id: 'afterwards/coding-of-nothing',
    property: 'wire/rfc9110/head-no-content',
    clause: 'http/send/content-encoding-kept',
    breaks: 'a response to HEAD has no Content-Encoding',
    sabotage: calls('http', ({ scope, send }) => ({
      send: async (message) => {
        const headers = headersOf(message).filter(([name]) => name !== 'content-encoding')
        const begins = message['type'] === 'http.response.start' && scope['method'] === 'HEAD'
        await send(begins ? withHeaders(message, headers) : message)
      },
    })),
  },
  {
    id: 'afterwards/refused-start-noted',
    property: 'config/refused-event-harmless',
    clause: 'config/refused-event-harmless',
    breaks: 'over HTTP/2 a start that is refused for its status counts as the start',
    sabotage: calls('http', ({ scope, send }) => {
      let noted = false
      return {
        send: async (message) => {
          const begins = message['type'] === 'http.response.start'
          if (begins && noted) throw new Error('A second start.')
          noted ||= begins && scope['http_version'] === '2' && Number(message['status']) > 599
          await send(message)
        },
      }
    }),
  },
  {
    id: 'afterwards/completed-by-the-stop',
    property: 'process/shutdown-exit-code/pending-handshake',
    clause: 'websocket/connect/before-handshake',
    breaks: 'a server that stops completes the handshakes that its applications think about',
    sabotage: calls('websocket', ({ send }) => {
      process.once('SIGTERM', () => void send({ type: 'websocket.accept' }).catch(() => undefined))
      return {}
    }),
  },
  {
    id: 'afterwards/scheme-nobody-knows',
    property: 'config/proxy-headers',
    clause: 'http/scope/scheme-not-empty',
    breaks: 'a forwarded scheme that nobody knows leaves none',
    sabotage: scopes((scope) => {
      const told = headersOf(scope).find(([name]) => name === 'x-forwarded-proto')
      return told === undefined || told[1] === 'https' ? scope : { ...scope, scheme: '' }
    }),
  },
  {
    id: 'afterwards/file-not-shown',
    property: 'config/shown',
    clause: 'config/shown',
    breaks: 'the settings that are shown are not those of the file',
    sabotage: settings('file', () => ({})),
  },
  {
    id: 'afterwards/stall-behind-content',
    property: 'config/timeout-body-read',
    clause: 'config/timeout-body-read',
    breaks: 'the time for content runs on behind the end of it while the application listens',
    sabotage: calls('http', ({ receive, tap }) => {
      let whole = false
      return {
        receive: async () => {
          const late = whole ? setTimeout(() => tap?.reset(), 1000) : undefined
          const event = await receive()
          clearTimeout(late)
          whole ||= event['type'] === 'http.request' && event['more_body'] !== true
          return event
        },
      }
    }),
  },
  {
    id: 'afterwards/work-not-awaited',
    property: 'process/applications-awaited',
    clause: 'process/applications-awaited',
    breaks: 'at SIGTERM connections are waited for, and not the applications behind them',
    sabotage: {
      process: () => process.on('SIGTERM', () => setTimeout(() => process.exit(0), 200)),
    },
  },
  {
    id: 'afterwards/last-letter-kept',
    property: 'websocket/scope/headers-in-order',
    clause: 'websocket/scope/header-names-lowercased',
    breaks: 'a Z in the name of a header of a handshake stays as it is',
    sabotage: scopes(
      (scope) =>
        withHeaders(
          scope,
          headersOf(scope).map(([name, value]) => [name.replaceAll('z', 'Z'), value] as const),
        ),
      'websocket',
    ),
  },
  {
    id: 'afterwards/version-of-http',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/scope/spec-version',
    breaks: 'the lifespan scope has the version of the specification of HTTP',
    sabotage: calls('lifespan', ({ scope }) => ({
      scope: { ...scope, asgi: { version: '3.0', spec_version: '2.5' } },
    })),
  },
  {
    id: 'afterwards/one-failure-for-all',
    property: 'process/application-error-survived',
    clause: 'process/application-error-survived',
    breaks: 'over HTTP/2 an exception behind the start of a response ends the whole connection',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        let begun = false
        const heeding = async (message: Dict): Promise<void> => {
          begun ||= message['type'] === 'http.response.start'
          await send(message)
        }
        try {
          await app(scope, receive, heeding)
        } catch (error) {
          if (begun && scope['http_version'] === '2') tapOf(scope)?.reset()
          throw error
        }
      },
    },
  },
  {
    id: 'afterwards/last-block-for-highest',
    property: 'wire/rfc9113/goaway-last-stream',
    clause: 'wire/rfc9113/goaway-last-stream',
    breaks: 'a GOAWAY names the stream of the last field block, trailers of an earlier one too',
    sabotage: lastBlockForHighest(),
  },
  {
    id: 'afterwards/failure-without-close',
    property: 'wire/rfc6455/code-1000-normal',
    clause: 'wire/rfc6455/failure-starts-handshake',
    breaks: 'the connection of a WebSocket whose application raised ends without a Close',
    sabotage: serverFrames((frame, tap) => {
      const failed = frame.opcode === OPCODE.close && frame.payload.length >= 2
      if (!failed || frame.payload.readUInt16BE(0) !== 1011) return [frame]
      tap.end()
      return []
    }),
  },
  {
    id: 'afterwards/disconnect-once',
    property: 'http/receive/disconnect-after-client-left',
    clause: 'http/receive/disconnect-each-time',
    breaks: 'behind the first http.disconnect receive() waits for ever',
    sabotage: calls('http', ({ receive }) => {
      let over = false
      return {
        receive: async () => {
          if (over) return await new Promise(() => undefined)
          const event = await receive()
          over = event['type'] === 'http.disconnect'
          return event
        },
      }
    }),
  },
  {
    id: 'afterwards/large-in-parts',
    property: 'websocket/receive/complete-messages/large',
    clause: 'websocket/receive/complete-messages',
    breaks: 'a binary message of more than a megabyte comes in several events',
    sabotage: calls('websocket', ({ receive }) => {
      const rest: Dict[] = []
      return {
        receive: async () => {
          const next = rest.shift()
          if (next !== undefined) return next
          const event = await receive()
          const { bytes } = event
          if (!(bytes instanceof Uint8Array) || bytes.length <= 2 ** 20) return event
          rest.push({ ...event, bytes: bytes.subarray(2 ** 20) })
          return { ...event, bytes: bytes.subarray(0, 2 ** 20) }
        },
      }
    }),
  },
  {
    id: 'afterwards/closed-and-left',
    property: 'websocket/close/code',
    clause: 'websocket/disconnect/after-close',
    breaks:
      'websocket.disconnect never comes where the client of an application that has closed goes without a Close',
    sabotage: calls('websocket', ({ receive, send }) => {
      let closed = false
      return {
        receive: async () => {
          const event = await receive()
          return closed && event['code'] === NO_CLOSE ? await never() : event
        },
        send: async (message) => {
          closed ||= message['type'] === 'websocket.close'
          await send(message)
        },
      }
    }),
  },
  {
    id: 'afterwards/invited-for-ever',
    property: 'config/timeout-body-read',
    clause: 'config/timeout-body-read',
    breaks: 'a client that was invited by 100 (Continue) and sends nothing is never dropped',
    sabotage: calls('http', ({ scope, tap }) => {
      if (headersOf(scope).some(([name]) => name === 'expect')) tap?.keepOpen()
      return {}
    }),
  },
  {
    id: 'afterwards/fields-left-out-together',
    property: 'config/server-header',
    clause: 'config/server-header',
    breaks: 'without Date there is no Server either',
    sabotage: heads(({ lines, ...head }) => ({
      ...head,
      lines: lines.some((line) => isNamed(line, 'date'))
        ? lines
        : lines.filter((line) => !isNamed(line, 'server')),
    })),
  },
  {
    id: 'afterwards/state-taken-back',
    property: 'lifespan/state/shallow-copy',
    clause: 'lifespan/state/untouched',
    breaks: 'the state is emptied before lifespan.shutdown',
    sabotage: calls('lifespan', ({ scope, receive }) => ({
      receive: async () => {
        const event = await receive()
        const { state } = scope
        if (event['type'] === 'lifespan.shutdown' && typeof state === 'object' && state !== null)
          for (const key of Object.keys(state)) Reflect.deleteProperty(state, key)
        return event
      },
    })),
  },
  {
    id: 'afterwards/version-of-lifespan',
    property: 'lifespan/startup/complete-awaited',
    clause: 'asgi/scope/asgi-version',
    breaks: 'the lifespan scope has the version of its own specification for that of ASGI',
    sabotage: calls('lifespan', ({ scope }) => ({
      scope: { ...scope, asgi: { version: '2.0', spec_version: '2.0' } },
    })),
  },
]

function sharedScope(): Sabotage {
  const shared = new WeakMap<Tap, Record<string, unknown>>()
  return calls('http', ({ scope, tap }) => {
    if (tap === null) return {}
    const one = Object.assign(shared.get(tap) ?? {}, scope)
    shared.set(tap, one)
    return { scope: one }
  })
}

/** Not asked for before any of it is there, the time for it does not begin. */
function awaitingContent(): Sabotage {
  const begun = new WeakMap<Tap, Deferred<void>>()
  return both(
    clientFrames2((frame, tap) => {
      const content = begun.get(tap) ?? deferred<void>()
      begun.set(tap, content)
      if (frame.type === FRAME.data || endsStream(frame)) content.resolve()
      return [frame]
    }),
    calls('http', ({ receive, tap }) => ({
      receive: async () => {
        if (tap !== null) await begun.get(tap)?.promise
        return await receive()
      },
    })),
  )
}

function isKnown(type: number): boolean {
  return Object.values<number>(FRAME).includes(type)
}

function lastBlockForHighest(): Sabotage {
  const last = new WeakMap<Tap, number>()
  return both(
    serverFrames2((frame, tap) => {
      const stream = last.get(tap)
      if (frame.type !== FRAME.goaway || stream === undefined) return [frame]
      const payload = Buffer.from(frame.payload)
      payload.writeUInt32BE(stream, 0)
      return [{ ...frame, payload }]
    }),
    clientFrames2((frame, tap) => {
      if (frame.type === FRAME.headers) last.set(tap, frame.stream)
      return [frame]
    }),
  )
}
