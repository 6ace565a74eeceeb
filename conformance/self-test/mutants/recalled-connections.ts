import { FRAME } from '../../http2/frame.ts'
import { calls, sends } from '../sabotage/application.ts'
import { clientFrames2, serverFrames2 } from '../sabotage/http2.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

const SILENT_MS = 1200

/** Connections that come to their end after a while. */
class Ends {
  readonly #timers: WeakMap<Tap, NodeJS.Timeout> = new WeakMap()

  delay(tap: Tap): void {
    this.cancel(tap)
    this.#timers.set(tap, setTimeout(() => tap.end(), SILENT_MS).unref())
  }

  cancel(tap: Tap): void {
    clearTimeout(this.#timers.get(tap))
  }
}

/** Connections that released servers ended too early, too late, or without a word. */
export const recalledConnectionMutants: readonly Mutant[] = [
  {
    id: 'recalled/keep-alive-in-use',
    property: 'config/timeout-keep-alive/held',
    clause: 'config/timeout-keep-alive',
    breaks: 'the keep-alive time-out runs while a request is being served',
    sabotage: endedInSilence(),
  },
  {
    id: 'recalled/keep-alive-behind-another',
    property: 'config/timeout-keep-alive/held',
    clause: 'config/timeout-keep-alive',
    breaks:
      'a response starts the keep-alive time-out although the next request has arrived before it',
    sabotage: endedAfterResponse(),
  },
  {
    id: 'recalled/keep-alive-upgraded',
    property: 'config/timeout-keep-alive-upgraded/held',
    clause: 'config/timeout-keep-alive-upgraded',
    breaks: 'the keep-alive time-out runs while a handshake is being answered',
    sabotage: endedInSilence(),
  },
  {
    id: 'recalled/keep-alive-without-http2',
    property: 'config/timeout-keep-alive/http2',
    clause: 'config/timeout-keep-alive',
    breaks: 'connections of HTTP/2 have no keep-alive time-out',
    sabotage: {
      launch: ({ settings, ...request }) => ({
        ...request,
        settings: {
          ...settings,
          'command-line': { ...settings?.['command-line'], timeoutKeepAlive: 60 },
        },
      }),
    },
  },
  {
    id: 'recalled/no-goaway-at-shutdown',
    property: 'wire/rfc9113/goaway-before-close',
    clause: 'wire/rfc9113/goaway-before-close',
    breaks: 'a shutdown closes connections of HTTP/2 without a word',
    sabotage: serverFrames2((frame) => (frame.type === FRAME.goaway ? [] : [frame])),
  },
  {
    id: 'recalled/no-goaway-while-draining',
    property: 'wire/rfc9113/goaway-at-graceful-shutdown',
    clause: 'wire/rfc9113/goaway-at-graceful-shutdown',
    breaks: 'a shutdown lets streams end and tells nobody that it is one',
    sabotage: serverFrames2((frame) => (frame.type === FRAME.goaway ? [] : [frame])),
  },
  {
    id: 'recalled/message-without-limit',
    property: 'wire/rfc6455/message-size-limited',
    clause: 'wire/rfc6455/message-size-limited',
    breaks: 'a WebSocket message may be as large as its client likes',
    sabotage: {
      launch: (request) => ({ ...request, extraArgs: ['--ws-max-size', String(2 ** 30)] }),
    },
  },
  {
    id: 'recalled/switch-without-option',
    property: 'wire/rfc9110/upgrade-optional',
    clause: 'wire/rfc9110/upgrade-connection-option',
    breaks: 'a 101 response has an Upgrade field and no Connection field',
    slow: true,
    sabotage: switching('Upgrade: h2c'),
  },
  {
    id: 'recalled/request-lost-by-switch',
    property: 'wire/rfc9110/upgrade-request-satisfied',
    clause: 'wire/rfc9110/upgrade-request-satisfied',
    breaks: 'a server that goes over to HTTP/2 forgets the request that made it',
    slow: true,
    sabotage: switching('Upgrade: h2c', 'Connection: upgrade'),
  },
  {
    id: 'recalled/next-request-unheard',
    property: 'wire/rfc9112/pipelining-order/slow-reader',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'a request that arrives before the response to the last one has been read is lost',
    slow: true,
    sabotage: requests((bytes) => (bytes.startsWith('GET /next ') ? '' : bytes)),
  },
  {
    id: 'recalled/pings-of-slow-reader-unheard',
    property: 'websocket/ping-pong/handled/slow-reader',
    clause: 'wire/rfc6455/ping-answered',
    breaks: 'Pings are lost while a message waits for its client',
    slow: true,
    sabotage: {
      incoming: (bytes, tap) => (tap.upgraded && bytes.startsWith('\x89') ? '' : bytes),
    },
  },
  {
    id: 'recalled/http2-pings-of-slow-reader-unheard',
    property: 'wire/rfc9113/ping-acknowledged/slow-reader',
    clause: 'wire/rfc9113/ping-acknowledged',
    breaks: 'PINGs are lost while a response waits for its client',
    slow: true,
    sabotage: clientFrames2((frame) => (frame.type === FRAME.ping ? [] : [frame])),
  },
  {
    id: 'recalled/errors-unheard-after-cancellation',
    property: 'process/application-error-survived/cancelled',
    clause: 'process/application-error-survived',
    breaks: 'once an application call was cancelled, no error of any other is noticed',
    sabotage: {
      application: (app) => {
        let deaf = false
        return async (scope, receive, send) => {
          try {
            await app(scope, receive, send)
          } catch (error) {
            if (deaf) return await new Promise(() => undefined)
            deaf = /cancel/i.test(String(error))
            throw error
          }
        }
      },
    },
  },
  {
    id: 'recalled/broken-content-raises',
    property: 'asgi/send/after-close-no-op-or-oserror/broken-content',
    clause: 'asgi/send/after-close-no-op-or-oserror',
    breaks: 'send() raises where the client has broken the framing of its content',
    slow: true,
    sabotage: calls('http', ({ scope, send }) => ({
      send: async (message) => {
        if (scope['path'] === '/broken') throw new Error('the client is in an error state')
        await send(message)
      },
    })),
  },
  {
    id: 'recalled/unregistered-status-unlogged',
    property: 'config/access-log',
    clause: 'config/access-log',
    breaks: 'a response whose status code has no reason phrase is not logged',
    sabotage: logs((text) => (/-(299|599)-/.test(text) ? '' : text)),
  },
  {
    id: 'recalled/logged-in-1970',
    property: 'config/access-log',
    clause: 'config/access-log',
    breaks: 'entries of the access log are dated by a clock that began with the machine',
    sabotage: logs((text) => text.replace(' /logged-', ' [01/Jan/1970:08:15:00 +0000] /logged-')),
  },
]

/** Goes over to HTTP/2, as it says in these fields, and has heard of no request. */
function switching(...fields: readonly string[]): Sabotage {
  return requests((bytes, tap) => {
    if (!/\r\nUpgrade: h2c\r\n/.test(bytes)) return bytes
    tap.inject(['HTTP/1.1 101 Switching Protocols', ...fields, '', ''].join('\r\n'))
    return ''
  })
}

/** Changes what the server writes down. */
function logs(edit: (text: string) => string): Sabotage {
  return {
    process: () => {
      for (const stream of [process.stdout, process.stderr]) {
        const write = stream.write.bind(stream)
        Object.defineProperty(stream, 'write', { value: (text: string) => write(edit(text)) })
      }
    },
  }
}

/** Whoever is silent for a while is taken for idle. */
function endedInSilence(): Sabotage {
  const ends = new Ends()
  return {
    incoming: (bytes, tap) => {
      ends.delay(tap)
      return bytes
    },
  }
}

function endedAfterResponse(): Sabotage {
  const ends = new Ends()
  return {
    ...sends(async (message, { send, tap }) => {
      await send(message)
      const last = message['type'] === 'http.response.body' && message['more_body'] !== true
      if (last && tap !== null) ends.delay(tap)
    }),
    incoming: (bytes, tap) => {
      ends.cancel(tap)
      return bytes
    },
  }
}
