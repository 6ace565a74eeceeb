import { type Call, calls, type Dict, never } from '../sabotage/application.ts'
import { tapOf } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

const COMPLETE: Dict = { type: 'lifespan.startup.complete' }

/** Start-up, shutdown and state, gone wrong (lifespan.rst). */
export const lifespanMutants: readonly Mutant[] = [
  {
    id: 'lifespan/startup-not-awaited',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/startup/complete-awaited',
    breaks: 'connections are processed before start-up is complete',
    sabotage: calls('lifespan', (call) => ({
      receive: async () => {
        const event = await call.receive()
        if (event['type'] === 'lifespan.startup') await call.send(COMPLETE)
        return event
      },
      send: lenient(call.send),
    })),
  },
  {
    id: 'lifespan/startup-event-misnamed',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/startup/event',
    breaks: 'start-up is announced as lifespan.start',
    sabotage: calls('lifespan', ({ receive }) => ({
      receive: async () => {
        const event = await receive()
        return event['type'] === 'lifespan.startup' ? { type: 'lifespan.start' } : event
      },
    })),
  },
  {
    id: 'lifespan/spec-version-number',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/scope/spec-version',
    breaks: 'spec_version of the lifespan scope is a number',
    sabotage: calls('lifespan', ({ scope }) => ({
      scope: { ...scope, asgi: { version: '3.0', spec_version: 2.5 } },
    })),
  },
  {
    id: 'lifespan/opened-twice',
    property: 'lifespan/startup/complete-awaited',
    clause: 'lifespan/once-per-event-loop',
    breaks: 'two lifespan scopes are opened in one event loop',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        const first = app(scope, receive, send)
        if (scope['type'] === 'lifespan') void app(scope, never, send).catch(() => undefined)
        await first
      },
    },
  },
  {
    id: 'lifespan/startup-failure-ignored',
    property: 'lifespan/startup/failed-exits',
    clause: 'lifespan/startup/failed-exits',
    breaks: 'a failed start-up is taken for a complete one',
    sabotage: calls('lifespan', ({ send }) => ({
      send: async (message) => {
        const failed = message['type'] === 'lifespan.startup.failed'
        if (failed) process.stderr.write(`${String(message['message'])}\n`)
        await send(failed ? COMPLETE : message)
      },
    })),
  },
  {
    id: 'lifespan/startup-failure-unexplained',
    property: 'lifespan/startup/failed-exits',
    clause: 'lifespan/startup/failed-message-logged',
    breaks: 'the message of a failed start-up is not printed',
    sabotage: calls('lifespan', ({ send }) => ({ send: withoutMessage(send) })),
  },
  {
    id: 'lifespan/exception-fatal',
    property: 'lifespan/scope/exception-continues',
    clause: 'lifespan/scope/exception-continues',
    breaks: 'an exception out of the lifespan scope ends the server',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        await app(scope, receive, send).catch((error: unknown) => {
          if (scope['type'] === 'lifespan') process.exit(70)
          throw error
        })
      },
    },
  },
  {
    id: 'lifespan/shutdown-event-misnamed',
    property: 'lifespan/shutdown/complete-awaited',
    clause: 'lifespan/shutdown/event',
    breaks: 'shutdown is announced as lifespan.stop',
    sabotage: calls('lifespan', ({ receive }) => ({
      receive: async () => {
        const event = await receive()
        return event['type'] === 'lifespan.shutdown' ? { type: 'lifespan.stop' } : event
      },
    })),
  },
  {
    id: 'lifespan/shutdown-behind-idle-connections',
    property: 'lifespan/shutdown/idle-connections-closed',
    clause: 'lifespan/shutdown/idle-connections-closed',
    breaks: 'a server with idle connections does not begin to shut down',
    sabotage: {
      process: () => {
        process.removeAllListeners('SIGTERM')
        process.on('SIGTERM', () => undefined)
      },
    },
  },
  {
    id: 'lifespan/shutdown-not-awaited',
    property: 'lifespan/shutdown/complete-awaited',
    clause: 'lifespan/shutdown/complete-awaited',
    breaks: 'the server ends without waiting for shutdown.complete',
    sabotage: calls('lifespan', (call) => ({
      receive: async () => {
        const event = await call.receive()
        if (event['type'] === 'lifespan.shutdown')
          await call.send({ type: 'lifespan.shutdown.complete' })
        return event
      },
      send: lenient(call.send),
    })),
  },
  {
    id: 'lifespan/shutdown-before-connections',
    property: 'lifespan/shutdown/after-connections-closed',
    clause: 'lifespan/shutdown/after-connections-closed',
    breaks: 'shutdown is announced while a request is in flight',
    sabotage: calls('lifespan', ({ receive }) => ({
      receive: () => Promise.race([receive(), terminated()]),
    })),
  },
  {
    id: 'lifespan/shutdown-failure-unexplained',
    property: 'lifespan/shutdown/failed-terminates',
    clause: 'lifespan/shutdown/failed-message-logged',
    breaks: 'the message of a failed shutdown is not printed',
    sabotage: calls('lifespan', ({ send }) => ({ send: withoutMessage(send) })),
  },
  ...stateMutants(),
]

function stateMutants(): readonly Mutant[] {
  let shared: unknown = null
  const states = new WeakMap<object, unknown>()
  const property = 'lifespan/state/shallow-copy'
  const keep = calls('lifespan', ({ scope }) => {
    shared = scope['state']
    return {}
  }).application
  const share = calls('http', ({ scope }) => ({ scope: { ...scope, state: shared } })).application
  return [
    {
      id: 'state/shared-between-requests',
      property,
      clause: 'lifespan/state/shallow-copy',
      breaks: 'all requests share one state',
      sabotage: { application: (app) => share?.(keep?.(app) ?? app) ?? app },
    },
    {
      id: 'state/shared-on-a-connection',
      property,
      clause: 'lifespan/state/shallow-copy',
      breaks: 'the requests of one connection share a state',
      sabotage: calls('http', ({ scope }) => {
        const key = tapOf(scope) ?? scope
        const state = states.get(key) ?? scope['state']
        states.set(key, state)
        return { scope: { ...scope, state } }
      }),
    },
    {
      id: 'state/meddled-with',
      property,
      clause: 'lifespan/state/untouched',
      breaks: 'the server puts a key of its own into the state',
      sabotage: calls('http', ({ scope }) => ({
        scope: { ...scope, state: { ...Object(scope['state']), server: 'reference' } },
      })),
    },
    {
      id: 'state/lost',
      property,
      clause: 'http/scope/state',
      breaks: 'requests see an empty state',
      sabotage: calls('http', ({ scope }) => ({ scope: { ...scope, state: {} } })),
    },
    {
      id: 'state/not-empty-at-startup',
      property,
      clause: 'lifespan/scope/state',
      breaks: 'the state is not empty when the application starts up',
      sabotage: calls('lifespan', ({ scope }) => {
        Object.assign(Object(scope['state']), { server: 'reference' })
        return {}
      }),
    },
  ]
}

/** Takes the application's answer too, after the mutant has given its own. */
function lenient(send: Call['send']): Call['send'] {
  return (message) => send(message).catch(() => undefined)
}

function withoutMessage(send: Call['send']): Call['send'] {
  return ({ type }) => send({ type })
}

function terminated(): Promise<Dict> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve({ type: 'lifespan.shutdown' }))
  })
}
