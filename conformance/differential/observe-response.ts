import type { RemoteScope } from '../testers/remote-scope.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import { show } from '../testers/values.ts'
import type { Aspect } from './observe.ts'

/** Longest value that is kept in full. */
export const VALUE_LIMIT = 300

/** How an application began to answer. */
export interface Statement {
  readonly status: number
  readonly names: ReadonlySet<string>
}

/** What the applications of the connection began to answer, in order. */
export function statements(scopes: readonly RemoteScope[]): Statement[] {
  return scopes.flatMap(({ calls }) =>
    calls.flatMap(({ kind, message, outcome }): Statement[] => {
      if (kind !== 'send' || message === null || outcome?.raised) return []
      if (message['type'] === 'websocket.accept') return [{ status: 101, names: new Set() }]
      if (message['type'] === 'websocket.close') return [{ status: 403, names: new Set() }]
      const { status, headers } = message
      if (typeof status !== 'number') return []
      const pairs: unknown[] = Array.isArray(headers) ? headers : []
      return [{ status, names: new Set(pairs.map(nameOf)) }]
    }),
  )
}

function nameOf(pair: unknown): string {
  const name: unknown = Array.isArray(pair) ? pair[0] : null
  return name instanceof Uint8Array ? Buffer.from(name).toString('latin1').toLowerCase() : ''
}

/** Framing, connection, name and clock are the server's own: every one has them in its way. */
const SERVERS_OWN = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'sec-websocket-accept',
  'server',
  'transfer-encoding',
  'upgrade',
])

/** A response that an application has given. */
export function observeResponse(
  response: WireResponse,
  { names }: Statement,
  subject: string,
): Aspect[] {
  const fields = response.headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !SERVERS_OWN.has(name))
  const given = fields.filter(([name]) => names.has(name))
  const added = fields.filter(([name]) => !names.has(name)).map(([name]) => name)
  return [
    { subject, name: 'fields of the application', value: clip(JSON.stringify(given)) },
    { subject, name: 'fields added', value: added.toSorted().join(', ') || 'none' },
    { subject, name: 'content', value: bytes(response.body) },
    { subject, name: 'response', value: response.complete ? 'complete' : 'cut short' },
    { subject, name: 'trailers', value: clip(JSON.stringify(response.trailers)) },
  ]
}

export function bytes(content: Buffer): string {
  return `${content.length} bytes ${show(content, VALUE_LIMIT)}`
}

function clip(text: string): string {
  return text.length > VALUE_LIMIT ? `${text.slice(0, VALUE_LIMIT)}…` : text
}
