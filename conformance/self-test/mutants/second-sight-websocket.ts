import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { LaunchRequest } from '../../../targets/target.ts'
import type { Application, Dict } from '../sabotage/application.ts'
import { aroundContexts } from '../sabotage/tls.ts'
import type { Mutant } from './mutant.ts'

/** Sizes, orders, occasions and kinds of content beside those that were tried before. */
export const secondSightWebSocketMutants: readonly Mutant[] = [
  {
    id: 'second-sight/window-too-wide',
    property: 'wire/rfc7692/transparent',
    clause: 'wire/rfc7692/server-max-window-bits',
    breaks: 'a small window is agreed on, and the largest is used',
    sabotage: { process: compressWithLargestWindow },
  },
  {
    id: 'second-sight/first-line-of-message',
    property: 'lifespan/startup/failed-exits',
    clause: 'lifespan/startup/failed-message-logged',
    breaks: 'of the message of a start that failed only the first line is printed',
    sabotage: {
      application: lifespans(({ send, ...call }) => ({
        ...call,
        send: (message) => send({ ...message, ...firstLine(message) }),
      })),
    },
  },
  {
    id: 'second-sight/shutdown-in-a-second',
    property: 'lifespan/shutdown/after-connections-closed',
    clause: 'lifespan/shutdown/after-connections-closed',
    breaks:
      'requests in flight are waited for a second before the application is told to shut down',
    sabotage: {
      application: lifespans(({ receive, ...call }) => ({ ...call, receive: hasty(receive) })),
    },
  },
  {
    id: 'second-sight/reload-forgets-the-rest',
    property: 'process/sighup-certificates',
    clause: 'config/tls-minimum-version',
    breaks: 'with a new certificate the minimum of TLS is forgotten',
    sabotage: {
      process: () =>
        aroundContexts(({ minVersion, ...others }, first) =>
          first ? { minVersion, ...others } : others,
        ),
    },
  },
  {
    id: 'second-sight/stack-beside-the-object',
    property: 'config/log-format',
    clause: 'config/log-format',
    breaks: 'the stack of an exception is printed as it is between the JSON objects',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        try {
          await app(scope, receive, send)
        } catch (error) {
          process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
          throw error
        }
      },
    },
  },
  {
    id: 'second-sight/off-never-wins',
    property: 'config/precedence/flags',
    clause: 'config/precedence',
    breaks: 'a flag that is off does not beat one that is on',
    sabotage: { launch: withoutOff },
  },
  {
    id: 'second-sight/taken-socket-passed-over',
    property: 'process/start-bind-failure/unix-socket',
    clause: 'process/start-bind-failure',
    breaks: 'a server whose unix socket is taken ends as if nothing were wrong',
    sabotage: {
      process: () => {
        const at = process.argv.indexOf('--uds')
        if (at !== -1 && existsSync(process.argv[at + 1] ?? '')) process.exit(0)
      },
    },
  },
  {
    id: 'second-sight/format-not-read',
    property: 'config/file/formats',
    clause: 'config/file',
    breaks: 'what a configuration file in TOML says is passed over',
    sabotage: {
      launch: ({ settings, ...request }) =>
        request.fileFormat === 'toml' ? request : { ...request, ...(settings && { settings }) },
    },
  },
  {
    id: 'second-sight/one-fragment-less',
    property: 'config/websocket-max-fragments',
    clause: 'config/websocket-max-fragments',
    breaks: 'a message of as many fragments as were set is one of too many',
    sabotage: { launch: withOneFragmentLess },
  },
  {
    id: 'second-sight/order-of-protocols',
    property: 'config/tls-alpn',
    clause: 'config/tls-alpn',
    breaks: 'HTTP/2 is preferred, whatever the order of the protocols that were set',
    sabotage: { launch: withSortedAlpn },
  },
]

interface Lifespan {
  readonly receive: () => Promise<Dict>
  readonly send: (message: Dict) => Promise<void>
}

function lifespans(distort: (call: Lifespan) => Lifespan): (app: Application) => Application {
  return (app) => (scope, receive, send) => {
    if (scope['type'] !== 'lifespan') return app(scope, receive, send)
    const changed = distort({ receive, send })
    return app(scope, changed.receive, changed.send)
  }
}

function firstLine({ message }: Dict): Dict {
  return typeof message === 'string' ? { message: message.split('\n')[0] } : {}
}

const SECOND_MS = 1000

/** Tells of the shutdown a second after the signal, if the server has not by then. */
function hasty(receive: () => Promise<Dict>): () => Promise<Dict> {
  const early = new Promise<Dict>((resolve) => {
    process.once('SIGTERM', () => setTimeout(resolve, SECOND_MS, { type: 'lifespan.shutdown' }))
  })
  return () => Promise.race([receive(), early])
}

function compressWithLargestWindow(): void {
  // The library takes it from the module, so that it can be exchanged there.
  const zlib: { createDeflateRaw: (options: object) => unknown } = createRequire(import.meta.url)(
    'node:zlib',
  )
  const { createDeflateRaw } = zlib
  const value = (options: object): unknown => createDeflateRaw({ ...options, windowBits: 15 })
  Object.defineProperty(zlib, 'createDeflateRaw', { value })
}

type Settings = NonNullable<LaunchRequest['settings']>

function withoutOff(request: LaunchRequest): LaunchRequest {
  const isOn = Object.values(request.settings ?? {}).some(
    ({ serverHeader }) => serverHeader === true,
  )
  if (!isOn) return request
  const settings: Settings = Object.fromEntries(
    Object.entries(request.settings ?? {}).map(([source, { serverHeader, ...others }]) => [
      source,
      serverHeader === true ? { ...others, serverHeader } : others,
    ]),
  )
  return { ...request, settings }
}

function withSortedAlpn(request: LaunchRequest): LaunchRequest {
  const line = request.settings?.['command-line']
  const tls = line?.tls
  if (tls?.alpn === undefined) return request
  const sorted = { ...line, tls: { ...tls, alpn: tls.alpn.toSorted() } }
  return { ...request, settings: { ...request.settings, 'command-line': sorted } }
}

function withOneFragmentLess(request: LaunchRequest): LaunchRequest {
  const line = request.settings?.['command-line']
  const most = line?.webSocketMaxFragments
  if (most === undefined) return request
  const less = { ...line, webSocketMaxFragments: most - 1 }
  return { ...request, settings: { ...request.settings, 'command-line': less } }
}
