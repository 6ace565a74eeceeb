import type { Settings } from '../../../targets/settings.ts'
import { calls, scopes, without } from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { resetAll } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** What holds in every way of calling an application, of ending, of being set; and fails in one of them. */
export const thirdSightProcessMutants: readonly Mutant[] = [
  {
    id: 'third-sight/state-shared-by-websockets',
    property: 'lifespan/state/shallow-copy',
    clause: 'lifespan/state/shallow-copy',
    breaks: 'all WebSockets share one state, requests do not',
    sabotage: sharedByWebSockets(),
  },
  {
    id: 'third-sight/tls-untold-over-http2',
    property: 'tls/scope/dict',
    clause: 'tls/scope/dict',
    breaks: 'WebSockets over HTTP/2 are not told of the encryption',
    sabotage: scopes(
      (scope) =>
        scope['http_version'] === '2'
          ? { ...scope, extensions: without(Object(scope['extensions']), 'tls') }
          : scope,
      'websocket',
    ),
  },
  {
    id: 'third-sight/renewed-workers-untold',
    property: 'process/sighup-reloads',
    clause: 'lifespan/shutdown/event',
    breaks: 'a worker that is renewed ends without lifespan.shutdown',
    sabotage: calls('lifespan', ({ receive, send }) => ({
      receive: async () => {
        const event = await receive()
        if (event['type'] !== 'lifespan.shutdown') return event
        await send({ type: 'lifespan.shutdown.complete' })
        return await new Promise<never>(() => undefined)
      },
    })),
  },
  {
    id: 'third-sight/jitter-taken-off',
    property: 'config/limit-max-requests-jitter',
    clause: 'config/limit-max-requests-jitter',
    breaks: 'the jitter is taken off the number of requests',
    sabotage: launched(({ limitMaxRequests = 0, ...settings }) => ({
      ...settings,
      limitMaxRequests: Math.max(0, limitMaxRequests - 4),
      limitMaxRequestsJitter: 2,
    })),
  },
  {
    id: 'third-sight/http2-never-off',
    property: 'config/http2-off',
    clause: 'config/http2-off',
    breaks: 'HTTP/2 is spoken although it was turned off',
    sabotage: launched((settings) => ({ ...settings, http2: true })),
  },
  {
    id: 'third-sight/arriving-requests-cut',
    property: 'process/sigterm-drains/arriving',
    clause: 'process/sigterm-drains',
    breaks: 'requests that are still arriving a moment after SIGTERM are cut',
    sabotage: { process: () => process.once('SIGTERM', () => setTimeout(resetAll, 300)) },
  },
]

function sharedByWebSockets(): Sabotage {
  let shared: unknown = null
  return {
    application: (app) => (scope, receive, send) => {
      if (scope['type'] === 'lifespan') shared = scope['state']
      const seen = scope['type'] === 'websocket' ? { ...scope, state: shared } : scope
      return app(seen, receive, send)
    },
  }
}

/** Other settings on the command line than were asked for. */
function launched(edit: (settings: Settings) => Settings): Sabotage {
  return {
    launch: (request) => ({
      ...request,
      settings: {
        ...request.settings,
        'command-line': edit(request.settings?.['command-line'] ?? {}),
      },
    }),
  }
}
