import cluster from 'node:cluster'
import { rmSync } from 'node:fs'
import { FRAME, windowUpdate } from '../../http2/frame.ts'
import { calls, type Dict, headersOf, never, scopes, withHeaders } from '../sabotage/application.ts'
import { clientFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { heads, isNamed, requests, segments } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'
import { replacedNoMoreThan } from './process.ts'

/** Defects that show only when two things come together, or behind a time in which nothing happened. */
export const fourthSightMutants: readonly Mutant[] = [
  {
    id: 'fourth-sight/no-disconnect-behind-trailers',
    property: 'http/receive/disconnect-after-response/trailers',
    clause: 'http/receive/disconnect-after-response',
    breaks: 'behind a response that trailers complete nothing is told of its end',
    slow: true,
    sabotage: deafBehind('http.response.trailers'),
  },
  {
    id: 'fourth-sight/date-rests',
    property: 'wire/rfc9110/date-advances/idle',
    clause: 'wire/rfc9110/date-approximates-now',
    breaks: 'the first response behind an idle time has the Date of the last one before it',
    sabotage: datedByTheLast(2000),
  },
  {
    id: 'fourth-sight/socket-path-cleared',
    property: 'config/uds-spares-files',
    clause: 'config/uds-spares-files',
    breaks: 'whatever stands at the path of the unix socket is removed',
    sabotage: {
      launch: (request) => {
        if (request.uds !== undefined) rmSync(request.uds, { force: true })
        return request
      },
    },
  },
  {
    id: 'fourth-sight/workers-cut-after-two-seconds',
    property: 'process/sigterm-drains/workers',
    clause: 'process/sigterm-drains',
    breaks: 'workers have two seconds to answer what is in flight',
    sabotage: {
      process: () => {
        if (cluster.isWorker) process.once('SIGTERM', () => setTimeout(exitAtOnce, 2000))
      },
    },
  },
  {
    id: 'fourth-sight/draining-workers-counted',
    property: 'process/worker-replaced/draining',
    clause: 'process/worker-replaced',
    breaks: 'workers that are killed after a renewal are not replaced',
    sabotage: replacedNoMoreThan(2),
  },
  {
    id: 'fourth-sight/largest-window-refused',
    property: 'wire/rfc9113/window-overflow/largest',
    clause: 'wire/rfc9113/window-overflow',
    breaks: 'a window of 2^31-1 is held to be beyond it',
    sabotage: oneBeyond(),
  },
  {
    id: 'fourth-sight/pipelined-lost',
    property: 'wire/rfc9112/pipelining-order/slow-reader',
    clause: 'wire/rfc9112/pipelining-order',
    breaks: 'a request that arrives with the one before it is lost',
    slow: true,
    sabotage: requests((bytes) => bytes.split('GET /next ')[0] || bytes),
  },
  {
    id: 'fourth-sight/no-invitation-for-chunks',
    property: 'wire/rfc9110/expect-100',
    clause: 'wire/rfc9110/expect-100',
    breaks: 'a client that waits for 100 (Continue) with a chunked content waits in vain',
    slow: true,
    sabotage: {
      outgoing: (bytes, { head }) =>
        bytes.startsWith('HTTP/1.1 100') && /transfer-encoding/i.test(head) ? null : bytes,
    },
  },
  {
    id: 'fourth-sight/half-close-forgotten',
    property: 'config/half-close',
    clause: 'config/half-close',
    breaks: 'only the first request of a connection is told that its client has ended its side',
    slow: true,
    sabotage: toldOnce(),
  },
  {
    id: 'fourth-sight/subprotocol-hides-extension',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc6455/rsv-bits',
    breaks: 'compression is agreed on, and with a subprotocol the client does not hear of it',
    sabotage: {
      outgoing: (bytes) =>
        bytes.startsWith('HTTP/1.1 101') && /\r\nsec-websocket-protocol:/i.test(bytes)
          ? bytes.replace(/\r\nsec-websocket-extensions:.*/i, '')
          : bytes,
    },
  },
  {
    id: 'fourth-sight/deaf-behind-a-pipeline',
    property: 'config/disconnect-behind-pipeline',
    clause: 'config/disconnect-behind-pipeline',
    breaks: 'behind more than 64 KiB of requests the end of a client is not noticed',
    slow: true,
    sabotage: deafBehindPipeline(65_536),
  },
  {
    id: 'fourth-sight/slow-application-cut',
    property: 'config/timeout-body-read',
    clause: 'config/timeout-body-read',
    breaks: 'the time-out of a content runs on when that is whole',
    sabotage: cutBehindContent(1500),
  },
  {
    id: 'fourth-sight/jitter-alone',
    property: 'config/limit-max-requests-jitter',
    clause: 'config/limit-max-requests-jitter',
    breaks: 'a jitter without a limit is one',
    sabotage: {
      launch: (request) => {
        const told = request.settings?.['command-line'] ?? {}
        if (told.limitMaxRequestsJitter === undefined) return request
        const limited = { limitMaxRequests: 1, ...told }
        return { ...request, settings: { ...request.settings, 'command-line': limited } }
      },
    },
  },
  {
    id: 'fourth-sight/host-wins-over-authority',
    property: 'http/scope/authority-as-host',
    clause: 'http/scope/authority-as-host',
    breaks: 'a host header that differs from :authority stands in its place',
    sabotage: both(hostUnseen(), hostBrought()),
  },
]

/** The server does not compare it: it comes to the application under another name. */
function hostUnseen(): Sabotage {
  return clientFrames2((frame) => {
    if (frame.type !== FRAME.headers) return [frame]
    const heard = frame.payload.toString('latin1').replace(/host(?=[^]other)/, 'xost')
    return [{ ...frame, payload: Buffer.from(heard, 'latin1') }]
  })
}

function hostBrought(): Sabotage {
  return scopes((scope) => {
    const headers = headersOf(scope)
    const other = headers.find(([name]) => name === 'xost')?.[1]
    if (other === undefined) return scope
    const kept = headers.filter(([name]) => name !== 'xost')
    return withHeaders(
      scope,
      kept.map(([name, value]) => [name, name === 'host' ? other : value]),
    )
  })
}

function exitAtOnce(): void {
  process.exit(0)
}

/** Behind this message of the application nothing more comes out of receive(). */
function deafBehind(last: string): Sabotage {
  return calls('http', ({ receive, send }) => {
    let over = false
    return {
      send: async (message) => {
        await send(message)
        over ||= message['type'] === last
      },
      receive: async () => (over ? await never() : await receive()),
    }
  })
}

/** Behind so many milliseconds without a response, the Date is that of the last one. */
function datedByTheLast(restMs: number): Sabotage {
  let last = Date.now()
  return heads((head) => {
    const told = Date.now() - last > restMs ? last : Date.now()
    last = Date.now()
    const date = `date: ${new Date(told).toUTCString()}`
    return { ...head, lines: head.lines.map((line) => (isNamed(line, 'date') ? date : line)) }
  })
}

/** Whoever widens a window far is taken to widen it by one more. */
function oneBeyond(): Sabotage {
  return clientFrames2((frame) => {
    if (frame.type !== FRAME.windowUpdate) return [frame]
    const step = frame.payload.readUInt32BE(0)
    return step > 2 ** 30 ? [windowUpdate(frame.stream, step + 1)] : [frame]
  })
}

/** http.disconnect comes before the response in the first request of a connection only. */
function toldOnce(): Sabotage {
  const begun = new WeakSet<Tap>()
  return calls('http', ({ receive, send, tap }) => {
    const first = tap === null || !begun.has(tap)
    if (tap !== null) begun.add(tap)
    let responding = false
    const due = async (): Promise<Dict> => {
      const event = await receive()
      return first || responding || event['type'] !== 'http.disconnect' ? event : await never()
    }
    return {
      receive: due,
      send: async (message) => {
        responding = true
        await send(message)
      },
    }
  })
}

function deafBehindPipeline(most: number): Sabotage {
  const heard = new WeakMap<Tap, number>()
  const counting = segments((bytes, tap) => {
    heard.set(tap, (heard.get(tap) ?? 0) + bytes.length)
    return bytes
  })
  const deaf = calls('http', ({ receive, tap }) => ({
    receive: async () => {
      const event = await receive()
      const bytes = tap === null ? 0 : (heard.get(tap) ?? 0)
      return event['type'] === 'http.disconnect' && bytes > most ? await never() : event
    },
  }))
  return both(counting, deaf)
}

/** A connection whose response does not begin so many milliseconds behind the end of its content is cut. */
function cutBehindContent(ms: number): Sabotage {
  return calls('http', ({ scope, receive, send, tap }) => {
    let timer: NodeJS.Timeout | undefined
    return {
      receive: async () => {
        const event = await receive()
        const whole = scope['method'] === 'POST' && event['more_body'] === false
        if (whole) timer = setTimeout(() => tap?.reset(), ms)
        return event
      },
      send: async (message) => {
        clearTimeout(timer)
        await send(message)
      },
    }
  })
}
