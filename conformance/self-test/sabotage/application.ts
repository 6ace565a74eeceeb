import type { Sabotage } from './sabotage.ts'
import { type Tap, tapOf } from './tap.ts'

/** A scope or a message, as it passes between server and application. */
export type Dict = Readonly<Record<string, unknown>>
export type Receive = () => Promise<Dict>
export type Send = (message: Dict) => Promise<void>
export type Application = (scope: Dict, receive: Receive, send: Send) => Promise<void>

/** Everything of one application call that a mutant may distort. */
export interface Call {
  readonly scope: Dict
  readonly receive: Receive
  readonly send: Send
  /** The connection the request came on; null where the scope names no client. */
  readonly tap: Tap | null
}

/** What the server offers on scopes of one type is replaced before the application sees it. */
export function calls(type: string, distort: (call: Call) => Partial<Call>): Sabotage {
  return {
    application: (app) => (scope, receive, send) => {
      if (scope['type'] !== type) return app(scope, receive, send)
      const changed = distort({ scope, receive, send, tap: tapOf(scope) })
      return app(changed.scope ?? scope, changed.receive ?? receive, changed.send ?? send)
    },
  }
}

type ScopeType = 'http' | 'websocket'

/** Changes scopes of one type. */
export function scopes(edit: (scope: Dict) => Dict, type: ScopeType = 'http'): Sabotage {
  return calls(type, ({ scope }) => ({ scope: edit(scope) }))
}

/** Changes what receive() yields; `turn` counts the calls of one application instance from 0. */
export function events(
  edit: (event: Dict, turn: number, scope: Dict) => Dict,
  type: ScopeType = 'http',
): Sabotage {
  return calls(type, ({ scope, receive }) => {
    let turn = -1
    return {
      receive: async () => {
        const event = await receive()
        turn += 1
        return edit(event, turn, scope)
      },
    }
  })
}

/** Takes the place of send(); `call.send` is the server's own. */
export function sends(
  send: (message: Dict, call: Call) => Promise<void>,
  type: ScopeType = 'http',
): Sabotage {
  return calls(type, (call) => ({ send: (message) => send(message, call) }))
}

/** Changes the messages that the application sends. */
export function messages(edit: (message: Dict) => Dict, type: ScopeType = 'http'): Sabotage {
  return sends((message, { send }) => send(edit(message)), type)
}

/** Header pairs of a scope or message, as binary strings; none where there are none. */
export function headersOf(dict: Dict): readonly (readonly [string, string])[] {
  const headers = dict['headers']
  if (!Array.isArray(headers)) return []
  return headers.map((pair: unknown) => {
    const [name, value] = Array.isArray(pair) ? pair : []
    return [textOf(name), textOf(value)] as const
  })
}

export function withHeaders(dict: Dict, headers: readonly (readonly [string, string])[]): Dict {
  return {
    ...dict,
    headers: headers.map(([name, value]) => [bytesOf(name), bytesOf(value)]),
  }
}

export function without(dict: Dict, key: string): Dict {
  return Object.fromEntries(Object.entries(dict).filter(([name]) => name !== key))
}

/** Bytes as a binary string, text as it is; empty for anything else. */
export function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  return typeof value === 'string' ? value : ''
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** What waits for it waits for ever. */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}
