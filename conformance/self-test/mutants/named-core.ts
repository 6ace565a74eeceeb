import cluster from 'node:cluster'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { deferred } from '../../testers/deferred.ts'
import {
  bytesOf,
  calls,
  type Dict,
  events,
  headersOf,
  messages,
  never,
  scopes,
  sends,
  textOf,
  withHeaders,
  without,
} from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { heads, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Defects for clauses of asgi.rst, www.rst, lifespan.rst, tls.rst and extensions.rst that had none. */
export const namedCoreMutants: readonly Mutant[] = [
  {
    id: 'named-core/called-twice',
    property: 'websocket/connect/no-receive-before-answer',
    clause: 'asgi/app/once-per-connection',
    breaks: 'for a WebSocket the application is called twice',
    sabotage: calledTwice(),
  },
  {
    id: 'named-core/over-with-response',
    property: 'process/applications-awaited',
    clause: 'asgi/app/lifetime',
    breaks: 'an application counts as ended as soon as its response is sent',
    sabotage: overWithResponse(),
  },
  {
    id: 'named-core/type-in-bytes',
    property: 'http/receive/disconnect-after-client-left',
    clause: 'asgi/events/type-key',
    breaks: 'the type of http.disconnect is a byte string',
    sabotage: events((event) =>
      event['type'] === 'http.disconnect' ? { ...event, type: bytesOf('http.disconnect') } : event,
    ),
  },
  {
    id: 'named-core/time-of-arrival',
    property: 'http/receive/body-bytes',
    clause: 'asgi/events/serialisable-types',
    breaks: 'http.request carries the time of its arrival, an object',
    sabotage: events((event) => ({ ...event, received_at: new Date() })),
  },
  {
    id: 'named-core/private-key-in-event',
    property: 'http/receive/body-bytes',
    clause: 'asgi/events/dict-keys',
    breaks: 'http.request has a key that is no string, for the use of the server',
    sabotage: events((event) => ({ ...event, [Symbol('arrival')]: 1 })),
  },
  {
    id: 'named-core/private-key-in-scope',
    property: 'http/scope/type',
    clause: 'asgi/types/dict-keys',
    breaks: 'the scope has a key that is no string, for the use of the server',
    sabotage: scopes((scope) => ({ ...scope, [Symbol('connection')]: 1 })),
  },
  {
    id: 'named-core/type-of-scope-in-bytes',
    property: 'http/scope/type',
    clause: 'asgi/scope/type-unicode',
    breaks: 'the type of a scope is a byte string',
    sabotage: scopes((scope) => ({ ...scope, type: bytesOf('http') })),
  },
  {
    id: 'named-core/type-by-version',
    property: 'http/scope/type',
    clause: 'http/scope/type-signified',
    breaks: 'the type of a scope is "http/1.1"',
    sabotage: scopes((scope) => ({ ...scope, type: 'http/1.1' })),
  },
  {
    id: 'named-core/disconnect-without-protocol',
    property: 'http/receive/disconnect-after-client-left',
    clause: 'asgi/events/type-namespaced',
    breaks: 'the loss of a client is told as "disconnect"',
    sabotage: events((event) =>
      event['type'] === 'http.disconnect' ? { ...event, type: 'disconnect' } : event,
    ),
  },
  {
    id: 'named-core/denial-not-announced',
    property: 'extension/denial/after-connect',
    clause: 'asgi/extensions/announced',
    breaks: 'denials with a response are served, and not announced',
    sabotage: notAnnounced('websocket.http.response', 'websocket'),
  },
  {
    id: 'named-core/extension-with-a-flag',
    property: 'websocket/scope/type',
    clause: 'asgi/extensions/entry-dict',
    breaks: 'the entry of an extension is true',
    sabotage: scopes(
      (scope) => ({
        ...scope,
        extensions: { ...Object(scope['extensions']), 'websocket.http.response': true },
      }),
      'websocket',
    ),
  },
  {
    id: 'named-core/cookies-joined',
    property: 'http/send/response',
    clause: 'http/send/set-cookie-separate',
    breaks: 'several cookies go out in one Set-Cookie field',
    sabotage: messages((message) => {
      const headers = headersOf(message)
      const cookies = headers.filter(([name]) => name === 'set-cookie')
      if (cookies.length < 2) return message
      const joined = ['set-cookie', cookies.map(([, value]) => value).join(', ')] as const
      return withHeaders(message, [...headers.filter(([name]) => name !== 'set-cookie'), joined])
    }),
  },
  {
    id: 'named-core/scheme-empty',
    property: 'http/scope/type',
    clause: 'http/scope/scheme-not-empty',
    breaks: 'the scheme of a plain connection is empty',
    sabotage: scopes((scope) => (scope['scheme'] === 'http' ? { ...scope, scheme: '' } : scope)),
  },
  {
    id: 'named-core/values-replaced',
    property: 'http/scope/headers-bytes',
    clause: 'http/scope/header-values-exact',
    breaks: 'bytes of a header value that are no UTF-8 are replaced',
    sabotage: scopes((scope) =>
      withHeaders(
        scope,
        headersOf(scope).map(([name, value]) => [name, recoded(value)] as const),
      ),
    ),
  },
  {
    id: 'named-core/chunk-sizes-left-in',
    property: 'http/receive/dechunked',
    clause: 'http/receive/chunk-contents-only',
    breaks: 'the size of a chunk stands before its contents',
    sabotage: events((event, _turn, scope) => {
      const body = textOf(event['body'])
      const chunked = headersOf(scope).some(([name]) => name === 'transfer-encoding')
      if (!chunked || body === '') return event
      return { ...event, body: bytesOf(`${body.length.toString(16)}\r\n${body}\r\n`) }
    }),
  },
  {
    id: 'named-core/chunks-without-sizes',
    property: 'http/send/response',
    clause: 'http/send/chunking-handled',
    breaks: 'the contents of a response that is announced as chunked go out as they are',
    sabotage: {
      outgoing: (bytes) =>
        /\r\ntransfer-encoding: chunked\r\n/i.test(bytes)
          ? bytes.replace(/\r\n\r\n[0-9a-f]+\r\n/, '\r\n\r\n')
          : bytes,
    },
  },
  {
    id: 'named-core/encoding-of-the-server',
    property: 'http/send/response',
    clause: 'http/send/content-encoding-kept',
    breaks: 'the Content-Encoding of the application is dropped',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.filter((line) => !/^content-encoding:/i.test(line)),
    })),
  },
  {
    id: 'named-core/trailers-by-default',
    property: 'http/send/response',
    clause: 'http/send/trailers-default',
    breaks: 'a response that says nothing of trailers waits for them',
    slow: true,
    sabotage: messages((message) =>
      message['type'] === 'http.response.start' && !('trailers' in message)
        ? { ...message, trailers: true }
        : message,
    ),
  },
  {
    id: 'named-core/lifespan-of-first-worker',
    property: 'config/workers',
    clause: 'lifespan/per-process',
    breaks: 'of several workers only the first has lifespan events',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        if (scope['type'] !== 'lifespan' || (cluster.worker?.id ?? 1) === 1)
          return await app(scope, receive, send)
        for (;;) {
          const event = await receive()
          await send({ type: `${String(event['type'])}.complete` })
        }
      },
    },
  },
  {
    id: 'named-core/lifespan-in-a-thread',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/same-event-loop',
    breaks: 'the lifespan is run in a thread of its own',
    sabotage: lifespanInThread(),
  },
  {
    id: 'named-core/shutdown-behind-startup',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/scope/lifetime',
    breaks: 'the lifespan ends as soon as the start-up is complete',
    sabotage: calls('lifespan', ({ receive }) => {
      let begun = false
      return {
        receive: async () => {
          if (begun) return { type: 'lifespan.shutdown' }
          begun = true
          return await receive()
        },
      }
    }),
  },
  {
    id: 'named-core/lifespan-by-another-name',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/scope/type',
    breaks: 'the type of the lifespan scope is "lifetime"',
    sabotage: calls('lifespan', ({ scope }) => ({ scope: { ...scope, type: 'lifetime' } })),
  },
  {
    id: 'named-core/lifespan-tried-again',
    property: 'lifespan/scope/exception-continues',
    clause: 'lifespan/scope/exception-ends-events',
    breaks: 'an application that raised on the lifespan scope is called with one again',
    sabotage: {
      application: (app) => (scope, receive, send) =>
        app(scope, receive, send).catch(async (error: unknown) => {
          if (scope['type'] === 'lifespan') void app(scope, receive, send).catch(() => undefined)
          throw error
        }),
    },
  },
  {
    id: 'named-core/no-state-at-startup',
    property: 'lifespan/state/shallow-copy',
    clause: 'lifespan/state/provided',
    breaks: 'requests have a state, and the lifespan scope has none',
    sabotage: calls('lifespan', ({ scope }) => ({ scope: without(scope, 'state') })),
  },
  {
    id: 'named-core/failure-without-message',
    property: 'lifespan/shutdown/failed-terminates',
    clause: 'lifespan/shutdown/failed-message-optional',
    breaks: 'a lifespan.shutdown.failed without a message is not understood, and waited for on',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        let heard = true
        await app(scope, receive, async (message) => {
          heard = message['type'] !== 'lifespan.shutdown.failed' || 'message' in message
          if (heard) await send(message)
        })
        if (!heard) await never()
      },
    },
  },
  {
    id: 'named-core/encryption-as-protocol',
    property: 'tls/scope/dict',
    clause: 'tls/extension/wraps-base-protocol',
    breaks: 'the type of a scope of an encrypted connection is "tls"',
    sabotage: scopes((scope) =>
      'tls' in Object(scope['extensions']) ? { ...scope, type: 'tls' } : scope,
    ),
  },
  {
    id: 'named-core/web-sockets-as-if-encrypted',
    property: 'tls/extension/only-over-tls',
    clause: 'tls/extension/presence-means-tls',
    breaks: 'plain WebSockets have the tls extension, with nothing in it',
    sabotage: scopes(
      (scope) => ({
        ...scope,
        extensions: { tls: {}, ...Object(scope['extensions']) },
      }),
      'websocket',
    ),
  },
  {
    id: 'named-core/own-certificate-as-clients',
    property: 'tls/scope/dict',
    clause: 'tls/scope/client-cert-chain-empty',
    breaks: 'the chain of a client without a certificate holds that of the server',
    sabotage: encrypted((told) =>
      certified(told) ? told : { ...told, client_cert_chain: [told['server_cert']] },
    ),
  },
  {
    id: 'named-core/nobody-by-name',
    property: 'tls/scope/dict',
    clause: 'tls/scope/client-cert-name-absent',
    breaks: 'the name of a client without a certificate is empty, and not None',
    sabotage: encrypted((told) => (certified(told) ? told : { ...told, client_cert_name: '' })),
  },
  {
    id: 'named-core/chain-without-name',
    property: 'tls/scope/client-cert-chain',
    clause: 'tls/scope/client-cert-name-with-chain',
    breaks: 'the certificates of a client are told, and its name is not',
    sabotage: encrypted((told) => ({ ...told, client_cert_name: null })),
  },
  {
    id: 'named-core/name-of-issuer',
    property: 'tls/scope/client-cert-chain',
    clause: 'tls/scope/client-cert-name-consistent',
    breaks: 'client_cert_name is the name of whoever has issued the certificate',
    sabotage: encrypted((told) => {
      const [first] = certificatesOf(told)
      if (typeof first !== 'string') return told
      const { issuer } = new X509Certificate(first)
      return { ...told, client_cert_name: issuer.split('\n').toReversed().join(',') }
    }),
  },
  {
    id: 'named-core/events-of-https',
    property: 'config/tls-certificate',
    clause: 'tls/events/as-base-protocol',
    breaks: 'over TLS a WebSocket gets its text as bytes',
    sabotage: events((event, _turn, scope) => {
      const text = event['text']
      if (scope['scheme'] !== 'wss' || typeof text !== 'string') return event
      return { ...without(event, 'text'), bytes: Buffer.from(text) }
    }, 'websocket'),
  },
  {
    id: 'named-core/denied-and-kept',
    property: 'extension/denial/after-connect',
    clause: 'extension/denial/closed-after-response',
    breaks: 'the connection stays open behind the response that denies a WebSocket',
    slow: true,
    sabotage: keptOpenBehindDenial(),
  },
  unannounced('push', 'http.response.push', 'extension/push/attempted'),
  unannounced('zerocopysend', 'http.response.zerocopysend', 'extension/zerocopysend/mixed'),
  unannounced('pathsend', 'http.response.pathsend', 'extension/pathsend/content'),
  unannounced('early-hint', 'http.response.early_hint', 'extension/early-hint/attempted'),
  {
    id: 'named-core/nothing-behind-a-file',
    property: 'extension/zerocopysend/mixed',
    clause: 'extension/zerocopysend/mixed',
    breaks: 'body messages behind a part of a file go out without their content',
    sabotage: calls('http', ({ send }) => {
      let file = false
      return {
        send: async (message) => {
          const lost = file && message['type'] === 'http.response.body'
          file ||= message['type'] === 'http.response.zerocopysend'
          await send(lost ? { ...message, body: Buffer.alloc(0) } : message)
        },
      }
    }),
  },
  {
    id: 'named-core/part-of-file-without-end',
    property: 'extension/zerocopysend/mixed',
    clause: 'extension/zerocopysend/as-body',
    breaks: 'a response whose last message is a part of a file ends with its connection alone',
    sabotage: sends(async (message, { send, tap }) => {
      const last = message['type'] === 'http.response.zerocopysend' && message['more_body'] !== true
      await send(last ? { ...message, more_body: true } : message)
      if (last) tap?.end()
    }),
  },
  {
    id: 'named-core/first-part-of-file-final',
    property: 'extension/zerocopysend/mixed',
    clause: 'extension/zerocopysend/more-body',
    breaks: 'more_body of a part of a file is ignored: each completes the response',
    sabotage: messages((message) =>
      message['type'] === 'http.response.zerocopysend' ? without(message, 'more_body') : message,
    ),
  },
  {
    id: 'named-core/file-without-end',
    property: 'extension/pathsend/content',
    clause: 'extension/pathsend/as-body',
    breaks: 'a response that is a file ends with its connection alone',
    sabotage: sends(async (message, { send, tap }) => {
      if (message['type'] !== 'http.response.pathsend') return await send(message)
      const body = readFileSync(String(message['path']))
      await send({ type: 'http.response.body', body, more_body: true })
      tap?.end()
    }),
  },
  {
    id: 'named-core/trailers-too-late',
    property: 'http/send/trailers-awaited',
    clause: 'extension/trailers/after-last-body',
    breaks: 'trailers behind the last body message are refused',
    sabotage: sends(async (message, { send }) => {
      if (message['type'] === 'http.response.trailers') throw new TypeError('the body is complete')
      await send(message)
    }),
  },
  {
    id: 'named-core/trailers-for-all',
    property: 'http/send/trailers-awaited',
    clause: 'extension/trailers/only-with-te',
    breaks: 'trailers go out to clients that have not asked for them',
    sabotage: requests((bytes) =>
      / HTTP\/1\.1\r\n/.test(bytes) && !/\r\nTE:/i.test(bytes)
        ? bytes.replace(' HTTP/1.1\r\n', ' HTTP/1.1\r\nTE: trailers\r\nConnection: TE\r\n')
        : bytes,
    ),
  },
]

function unannounced(family: string, name: string, property: string): Mutant {
  return {
    id: `named-core/${family}-not-announced`,
    property,
    clause: `extension/${family}/announced`,
    breaks: `${name} is served, and not announced`,
    sabotage: notAnnounced(name, 'http'),
  }
}

/** As a decoder and an encoder of UTF-8 leave it. */
function recoded(value: string): string {
  return Buffer.from(bytesOf(value).toString()).toString('latin1')
}

function calledTwice(): Sabotage {
  return {
    application: (app) => async (scope, receive, send) => {
      if (scope['type'] === 'websocket')
        void app(scope, never, async () => undefined).catch(() => undefined)
      await app(scope, receive, send)
    },
  }
}

function overWithResponse(): Sabotage {
  return {
    application: (app) => async (scope, receive, send) => {
      const { promise: over, resolve: end } = deferred<void>()
      const heeding = async (message: Dict): Promise<void> => {
        await send(message)
        if (message['type'] === 'http.response.body' && message['more_body'] !== true) end()
      }
      await Promise.race([app(scope, receive, heeding), over])
    },
  }
}

function notAnnounced(name: string, type: 'http' | 'websocket'): Sabotage {
  return scopes(
    (scope) => ({ ...scope, extensions: without(Object(scope['extensions']), name) }),
    type,
  )
}

/** Changes what is told of an encrypted connection. */
function encrypted(edit: (told: Dict) => Dict): Sabotage {
  return scopes((scope) => {
    const extensions: Dict = Object(scope['extensions'])
    const { tls } = extensions
    if (tls === undefined) return scope
    return { ...scope, extensions: { ...extensions, tls: edit(Object(tls)) } }
  })
}

function certificatesOf({ client_cert_chain: chain }: Dict): readonly unknown[] {
  return Array.isArray(chain) ? chain : []
}

function certified(told: Dict): boolean {
  return certificatesOf(told).length > 0
}

function keptOpenBehindDenial(): Sabotage {
  return sends(async (message, { send, tap }) => {
    if (message['type'] === 'websocket.http.response.start') tap?.keepOpen()
    await send(message)
  }, 'websocket')
}

const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  const receive = () =>
    new Promise((resolve) => {
      parentPort.once('message', resolve)
      parentPort.postMessage({ type: 'receive' })
    })
  const send = async (message) => parentPort.postMessage(message)
  void import(workerData.probe).then(({ app }) => app(workerData.scope, receive, send))`

function lifespanInThread(): Sabotage {
  const probe = new URL('../../probe/probe.js', import.meta.url).href
  return {
    application: (app) => async (scope, receive, send) => {
      if (scope['type'] !== 'lifespan') return await app(scope, receive, send)
      const thread = new Worker(THREAD, { eval: true, workerData: { probe, scope } })
      thread.unref()
      const hand = thread.postMessage.bind(thread)
      const answer = async (message: Dict): Promise<void> => {
        if (message['type'] === 'receive') hand(await receive())
        else await send(message)
      }
      thread.on('message', (message: Dict) => void answer(message))
      await once(thread, 'exit')
    },
  }
}
