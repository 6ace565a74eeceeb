import { subscribe } from 'node:diagnostics_channel'
import { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { FLAG, FRAME } from '../../http2/frame.ts'
import { calls, sends } from '../sabotage/application.ts'
import { clientFrames2, sentFields } from '../sabotage/http2.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { heads, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What a server answers in place of its application, gone wrong. */
export const ownAnswerMutants: readonly Mutant[] = [
  {
    id: 'own-answers/refusal-explained-to-head',
    property: 'wire/rfc9110/head-no-content/refused',
    clause: 'wire/rfc9110/head-no-content',
    breaks: 'a HEAD that is refused gets the words that a GET would have got',
    slow: true,
    sabotage: explainedToHead(/ 4\d\d /),
  },
  {
    id: 'own-answers/overload-explained-to-head',
    property: 'config/limit-concurrency',
    clause: 'wire/rfc9110/head-no-content',
    breaks: 'a HEAD beyond the limit of concurrency gets content with its 503',
    sabotage: explainedToHead(/ 503 /),
  },
  {
    id: 'own-answers/413-explained-to-head',
    property: 'config/limit-body-size',
    clause: 'wire/rfc9110/head-no-content',
    breaks: 'a HEAD whose content is too long gets content with its 413',
    sabotage: explainedToHead(/ 413 /),
  },
  {
    id: 'own-answers/426-without-option',
    property: 'wire/rfc9110/426-upgrade-field',
    clause: 'wire/rfc9110/upgrade-connection-option',
    breaks: 'a 426 names the protocol, and not the option that keeps proxies from passing that on',
    sabotage: heads((head) =>
      head.statusLine.includes(' 426 ')
        ? {
            ...head,
            lines: head.lines.map((line) => line.replace(/^(connection): .*/i, '$1: close')),
          }
        : head,
    ),
  },
  {
    id: 'own-answers/hints-never-wait',
    property: 'process/write-flow-control/early-hints',
    clause: 'process/write-flow-control',
    breaks: 'early hints are taken without a bound for a client that reads nothing',
    slow: true,
    sabotage: sends(async (message, { send }) => {
      const sent = send(message)
      if (message['type'] !== 'http.response.early_hint') await sent
      else sent.catch(() => undefined)
    }),
  },
  {
    id: 'own-answers/port-of-metrics-like-any-error',
    property: 'process/exit-codes',
    clause: 'process/exit-codes',
    breaks: 'a port of the metrics that is taken ends the start with the code of any error',
    sabotage: {
      process: () =>
        process.once('exit', (code) => {
          const asked = process.argv.some((argument) => argument.startsWith('--metrics-port'))
          if (code === 5 && asked) process.exitCode = 1
        }),
    },
  },
  {
    id: 'own-answers/start-not-undone',
    property: 'process/exit-codes',
    clause: 'process/start-undone',
    breaks: 'an application whose server could not listen is not told of the shutdown',
    sabotage: calls('lifespan', ({ receive, send }) => {
      let signalled = false
      process.once('SIGTERM', () => {
        signalled = true
      })
      return {
        receive: async () => {
          const event = await receive()
          if (signalled || event['type'] !== 'lifespan.shutdown') return event
          await send({ type: 'lifespan.shutdown.complete' })
          return await new Promise(() => undefined)
        },
      }
    }),
  },
  {
    id: 'own-answers/stall-runs-on',
    property: 'config/timeout-body-read',
    clause: 'config/timeout-body-read',
    breaks: 'the time-out of a content runs on when the application does not ask for more of it',
    sabotage: calls('http', ({ receive, tap }) => {
      let timer: NodeJS.Timeout | undefined
      return {
        receive: async () => {
          clearTimeout(timer)
          const event = await receive()
          if (event['more_body'] === true) timer = setTimeout(() => tap?.reset(), 1000)
          return event
        },
      }
    }),
  },
  {
    id: 'own-answers/no-idle-time-for-ever',
    property: 'config/timeout-keep-alive/zero',
    clause: 'config/timeout-keep-alive',
    breaks: 'a keep-alive time-out of 0 is none at all',
    sabotage: {
      launch: (request) => {
        const told = request.settings?.['command-line'] ?? {}
        if (told.timeoutKeepAlive !== 0) return request
        const kept = { ...told, timeoutKeepAlive: 600 }
        return { ...request, settings: { ...request.settings, 'command-line': kept } }
      },
    },
  },
  {
    id: 'own-answers/unfinished-heads-unseen',
    property: 'config/timeout-header-read',
    clause: 'config/timeout-header-read',
    breaks: 'over HTTP/2 a head has all the time that it takes, until it is whole',
    sabotage: clientFrames2((frame) =>
      frame.type === FRAME.headers && (frame.flags & FLAG.endHeaders) === 0 ? [] : [frame],
    ),
  },
  {
    id: 'own-answers/too-many-fields-malformed',
    property: 'config/limit-header-count/edge',
    clause: 'config/limit-header-count',
    breaks: 'over HTTP/2 too many fields are answered like a malformed request',
    sabotage: sentFields((fields) =>
      fields.map(([name, value]) => [name, value === '431' ? '400' : value]),
    ),
  },
  {
    id: 'own-answers/refusals-not-logged',
    property: 'config/access-log/failure',
    clause: 'config/access-log',
    breaks: 'requests that no application hears of are missing in the access log',
    sabotage: {
      process: () => {
        const write = process.stderr.write.bind(process.stderr)
        process.stderr.write = (chunk: unknown): boolean =>
          / HTTP\/[\d.]+" (4\d\d|501) /.test(String(chunk)) || write(String(chunk))
      },
    },
  },
  {
    id: 'own-answers/refusals-not-counted',
    property: 'config/metrics',
    clause: 'config/metrics',
    breaks: 'requests that no application hears of are missing in the metrics',
    sabotage: {
      process: () => {
        const end = Reflect.get(ServerResponse.prototype, 'end')
        Object.defineProperty(ServerResponse.prototype, 'end', {
          value(this: ServerResponse, text: unknown) {
            const told = typeof text === 'string' ? text.replace(/^.*status="400".*\n/gm, '') : text
            return Reflect.apply(end, this, [told])
          },
        })
      },
    },
  },
  {
    id: 'own-answers/handshake-unbounded',
    property: 'config/timeout-header-read/silent',
    clause: 'config/timeout-header-read',
    breaks: 'a client may take as long as it likes for its ClientHello',
    sabotage: {
      process: () =>
        subscribe('net.server.socket', (message) => {
          const socket: unknown =
            typeof message === 'object' && message !== null ? Reflect.get(message, 'socket') : null
          if (
            !(socket instanceof Socket) ||
            !process.argv.some((one) => one.startsWith('--tls-cert'))
          )
            return
          const destroy = socket.destroy.bind(socket)
          const value = (error?: Error): Socket =>
            socket.bytesRead < HELLO_BYTES ? socket : destroy(error)
          Object.defineProperty(socket, 'destroy', { value })
        }),
    },
  },
  {
    id: 'own-answers/trailers-without-limit',
    property: 'config/refusals',
    clause: 'config/refusals',
    breaks: 'trailers may be as many and as large as a client likes',
    sabotage: requests((bytes) => bytes.replace(/\r\n0\r\n(X: \w+\r\n)+\r\n$/, '\r\n0\r\n\r\n')),
  },
  {
    id: 'own-answers/trailers-refused',
    property: 'config/trailers-not-offered',
    clause: 'config/trailers-not-offered',
    breaks: 'trailers for a client that takes none are refused by send()',
    slow: true,
    sabotage: sends(async (message, { scope, send }) => {
      const extensions = Object(scope['extensions'])
      if (message['type'] === TRAILERS && !(TRAILERS in extensions)) throw new Error('no trailers')
      await send(message)
    }),
  },
]

const TRAILERS = 'http.response.trailers'

/** Fewer than any ClientHello has. */
const HELLO_BYTES = 100

function explainedToHead(status: RegExp): Sabotage {
  return heads((head, tap) =>
    status.test(head.statusLine) && tap.head.startsWith('HEAD ')
      ? { ...head, rest: 'The request was refused.' }
      : head,
  )
}
