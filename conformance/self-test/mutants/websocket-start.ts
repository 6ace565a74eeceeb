import { calls } from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

/** WebSocket scopes that forget how the server was started (www.rst, "Websocket Connection Scope"). */
export const webSocketStartMutants: readonly Mutant[] = [
  {
    id: 'websocket-start/state-empty',
    property: 'websocket/scope/state',
    clause: 'websocket/scope/state',
    breaks: 'the state of a WebSocket scope is empty',
    sabotage: calls('websocket', ({ scope }) => ({ scope: { ...scope, state: {} } })),
  },
  {
    id: 'websocket-start/state-shared',
    property: 'websocket/scope/state',
    clause: 'websocket/scope/state',
    breaks: 'all WebSocket connections share one state',
    sabotage: sharedState(),
  },
  {
    id: 'websocket-start/unix-path-as-port',
    property: 'websocket/scope/server-unix',
    clause: 'websocket/scope/server-unix',
    breaks: 'on a unix socket, server is two pieces of its path',
    sabotage: calls('websocket', ({ scope }) => ({
      scope: Array.isArray(scope['server'])
        ? { ...scope, server: String(scope['server'][0]).split('/').slice(0, 2) }
        : scope,
    })),
  },
]

function sharedState(): Mutant['sabotage'] {
  let first: unknown
  return calls('websocket', ({ scope }) => {
    first ??= scope['state']
    return { scope: { ...scope, state: first } }
  })
}
