import { Server } from 'node:tls'
import type { Settings } from '../../../targets/settings.ts'
import type { LaunchRequest } from '../../../targets/target.ts'
import { headersOf, scopes, sends } from '../sabotage/application.ts'
import { serverFrames } from '../sabotage/frames.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { heads, isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Settings and promises of the documentation that are missed by one, late, or in one combination only. */
export const unforeseenSettingsMutants: readonly Mutant[] = [
  moved('config/limit-header-count', ({ limitHeaderCount = 0 }) => ({
    limitHeaderCount: limitHeaderCount + 1,
  })),
  moved('config/limit-request-line', ({ limitRequestLine = 0 }) => ({
    limitRequestLine: limitRequestLine + 8,
  })),
  moved('config/limit-header-size', ({ limitHeaderBytes = 0 }) => ({
    limitHeaderBytes: limitHeaderBytes - 8,
  })),
  moved('config/limit-max-requests', ({ limitMaxRequests = 0 }) => ({
    limitMaxRequests: limitMaxRequests + 1,
  })),
  moved('config/limit-body-size', ({ limitBody = 0 }) => ({ limitBody: limitBody - 1 })),
  {
    id: 'unforeseen/body-limit-of-connection',
    property: 'config/limit-body-size/each',
    clause: 'config/limit-body-size',
    breaks: 'bodies are counted over the connection, until they are beyond the limit of one',
    sabotage: thirdRefused(),
  },
  {
    id: 'unforeseen/stalled-content-borne',
    property: 'config/timeout-body-read',
    clause: 'config/timeout-body-read',
    breaks: 'a client may stop in the middle of its content for as long as it likes',
    sabotage: launched(() => ({ timeoutStall: 60 })),
  },
  {
    id: 'unforeseen/denied-still-counted',
    property: 'config/limit-concurrency/given-back',
    clause: 'config/limit-concurrency',
    breaks: 'a WebSocket that was denied counts for ever as one in progress',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        let denied = false
        await app(scope, receive, async (message) => {
          denied ||= message['type'] === 'websocket.http.response.start'
          await send(message)
        })
        if (denied) await new Promise(() => undefined)
      },
    },
  },
  {
    id: 'unforeseen/failures-not-logged',
    property: 'config/access-log/failure',
    clause: 'config/access-log',
    breaks: 'requests whose application raised are missing in the access log',
    sabotage: {
      process: () => {
        const write = process.stderr.write.bind(process.stderr)
        process.stderr.write = (chunk: unknown): boolean =>
          / HTTP\/[\d.]+" 500 /.test(String(chunk)) || write(String(chunk))
      },
    },
  },
  {
    id: 'unforeseen/refusals-without-defaults',
    property: 'config/default-headers-everywhere',
    clause: 'config/default-headers-everywhere',
    breaks: 'responses of the server itself lack the headers that were set by default',
    sabotage: heads((head) =>
      head.statusLine.includes(' 400 ')
        ? { ...head, lines: head.lines.filter((line) => !isNamed(line, 'x-first')) }
        : head,
    ),
  },
  {
    id: 'unforeseen/outranked-value-unread',
    property: 'config/invalid-value-refused/outranked',
    clause: 'config/invalid-value-refused',
    breaks: 'a wrong value is not noticed where a better source has another',
    sabotage: { launch: (request) => ({ ...request, settings: {} }) },
  },
  {
    id: 'unforeseen/networks-too-wide',
    property: 'config/proxy-networks',
    clause: 'config/proxy-networks',
    breaks: 'of a network only the first eight bits are compared',
    sabotage: launched(({ trustedProxies = [] }) => ({
      trustedProxies: trustedProxies.map((network) => network.replace(/\/\d+$/, '/8')),
    })),
  },
  {
    id: 'unforeseen/metrics-forgotten',
    property: 'config/metrics',
    clause: 'config/metrics',
    breaks: 'nothing is counted, or nobody is told',
    sabotage: { launch: withoutMetrics },
  },
  {
    id: 'unforeseen/metrics-gauge-of-workers',
    property: 'config/metrics',
    clause: 'config/metrics',
    breaks: 'the requests that are in progress in workers are not in the gauge',
    sabotage: workersTelling((counts) => ({ ...counts, inProgress: 0 })),
  },
  {
    id: 'unforeseen/metrics-durations-of-workers',
    property: 'config/metrics',
    clause: 'config/metrics',
    breaks: 'how long the responses of workers took is not counted',
    sabotage: workersTelling((counts) => ({ ...counts, durations: [] })),
  },
  {
    id: 'unforeseen/forwarded-ipv6-with-port',
    property: 'config/proxy-headers/forms',
    clause: 'http/scope/client',
    breaks: 'a forwarded IPv6 address keeps its brackets and its port',
    sabotage: scopes((scope) => {
      const told = headersOf(scope).find(([name]) => name === 'x-forwarded-for')?.[1] ?? ''
      const [bracketed] = /\[[^\]]*\]:\d+/.exec(told) ?? []
      return bracketed === undefined ? scope : { ...scope, client: [bracketed, 0] }
    }),
  },
  {
    id: 'unforeseen/silent-lifespan-served',
    property: 'config/lifespan-on/silent',
    clause: 'config/lifespan-on',
    breaks: 'an application that leaves a lifespan it must take part in is served',
    sabotage: { launch: (request) => ({ ...request, lifespan: 'auto' }) },
  },
  {
    id: 'unforeseen/exit-code-of-worker',
    property: 'process/exit-codes',
    clause: 'process/exit-codes',
    breaks: 'with workers, the code of an application that refuses to start is another',
    sabotage: {
      process: () =>
        process.once('exit', (code) => {
          if (code === 3 && process.send !== undefined) process.exitCode = 5
        }),
    },
  },
  {
    id: 'unforeseen/certificate-kept',
    property: 'process/sighup-certificates',
    clause: 'process/sighup-certificates',
    breaks: 'SIGHUP does not make the server read its certificate again',
    sabotage: {
      process: () => {
        Server.prototype.setSecureContext = () => undefined
      },
    },
  },
  {
    id: 'unforeseen/late-start-accepted',
    property: 'http/send/disconnected-oserror',
    clause: 'http/send/disconnected-oserror',
    breaks: 'http.response.start is accepted from a client that is gone, only content is not',
    sabotage: sends(async (message, { send }) => {
      try {
        await send(message)
      } catch (error) {
        if (message['type'] !== 'http.response.start') throw error
      }
    }),
  },
  {
    id: 'unforeseen/overtaken-while-compressed',
    property: 'websocket/send/bytes/in-order',
    clause: 'websocket/send/bytes',
    breaks: 'small messages overtake those that are being compressed',
    sabotage: overtaking(),
  },
]

/** The limit lies a little beside where it was set. */
function moved(clause: string, move: (given: Settings) => Settings): Mutant {
  return {
    id: clause.replace('config/', 'unforeseen/edge-of-'),
    property: `${clause}/edge`,
    clause,
    breaks: `the limit of ${clause} lies a little beside where it was set`,
    sabotage: launched(move),
  }
}

function launched(change: (given: Settings) => Settings): Sabotage {
  return {
    launch: (request: LaunchRequest) => {
      const given = request.settings?.['command-line'] ?? {}
      const settings = { ...request.settings, 'command-line': { ...given, ...change(given) } }
      return { ...request, settings }
    },
  }
}

function thirdRefused(): Sabotage {
  const turns = new WeakMap<Tap, number>()
  return requests((bytes, tap) => {
    if (!bytes.startsWith('POST ')) return bytes
    const turn = (turns.get(tap) ?? 0) + 1
    turns.set(tap, turn)
    if (turn < 3) return bytes
    tap.refuse(413)
    return ''
  })
}

/** What was compressed waits for the next frame, and goes out behind it. */
function overtaking(): Sabotage {
  const held = new WeakMap<Tap, Parameters<Parameters<typeof serverFrames>[0]>[0]>()
  return serverFrames((frame, tap) => {
    const waiting = held.get(tap)
    held.delete(tap)
    if (waiting !== undefined) return [frame, waiting]
    if (frame.rsv === 0) return [frame]
    held.set(tap, frame)
    return []
  })
}

/** What workers tell their supervisor of what they have counted. */
function workersTelling(told: (counts: object) => object): Mutant['sabotage'] {
  return {
    process() {
      const send = process.send?.bind(process)
      if (send === undefined) return
      process.send = (message: unknown, ...more: readonly unknown[]): boolean => {
        const { counts } = Object(message)
        const sent = typeof counts === 'object' ? { type: 'counts', counts: told(counts) } : message
        return Boolean(Reflect.apply(send, process, [sent, ...more]))
      }
    },
  }
}

function withoutMetrics(request: LaunchRequest): LaunchRequest {
  const { metricsPort: _, ...given } = request.settings?.['command-line'] ?? {}
  return { ...request, settings: { ...request.settings, 'command-line': given } }
}
