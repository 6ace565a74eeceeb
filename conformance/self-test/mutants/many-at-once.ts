import { TLSSocket } from 'node:tls'
import { type Dict, sends } from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { tapOf } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Right in each case alone, wrong where two come together: trailers with HEAD, a hint before a failure, many sends at once. */
export const manyAtOnceMutants: readonly Mutant[] = [
  {
    id: 'many-at-once/pieces-overwritten',
    property: 'http/send/body-concatenated/many-pieces',
    clause: 'http/send/body-concatenated',
    breaks: 'pieces of content beyond the sixteenth that waits are those of others',
    sabotage: overwritten(16),
  },
  {
    id: 'many-at-once/trailers-behind-head',
    property: 'wire/rfc9110/head-no-content',
    clause: 'wire/rfc9110/head-no-content',
    breaks: 'the trailers of a response to HEAD are sent, with the chunk that ends content',
    sabotage: sends(async (message, { scope, send, tap }) => {
      await send(message)
      if (message['type'] === TRAILERS && scope['method'] === 'HEAD') tap?.inject(LAST_CHUNK)
    }),
  },
  {
    id: 'many-at-once/no-500-behind-a-hint',
    property: 'config/application-error-status',
    clause: 'config/application-error-status',
    breaks: 'an application that fails behind an early hint leaves its client without an answer',
    sabotage: silentBehindHint(),
  },
  {
    id: 'many-at-once/trailers-behind-a-file',
    property: 'extension/trailers/more-trailers',
    clause: 'extension/trailers/more-trailers',
    breaks: 'trailers behind a file are lost',
    sabotage: withoutTrailersBehindFiles(),
  },
  {
    id: 'many-at-once/half-closed-tls',
    property: 'config/half-close/tls',
    clause: 'config/half-close',
    breaks: 'a client that has ended its side of TLS gets no response',
    sabotage: { process: destroyHalfClosed },
  },
  {
    id: 'many-at-once/later-forbidden-trailer',
    property: 'config/refusals',
    clause: 'config/refusals',
    breaks: 'a forbidden trailer is let pass where another stands before it',
    sabotage: requests((bytes) => bytes.replace(/(\r\n0\r\n[^\r]+\r\n)Authorization: b\r\n/, '$1')),
  },
  {
    id: 'many-at-once/query-without-a-path',
    property: 'http/scope/query-string/absolute-form',
    clause: 'http/scope/query-string',
    breaks: 'the query of a target in absolute form without a path is lost',
    sabotage: requests((bytes) => bytes.replace(/^(GET http:\/\/[^/? ]+)\?[^ ]*/, '$1')),
  },
  {
    id: 'many-at-once/file-not-waited-for',
    property: 'process/write-flow-control/file',
    clause: 'process/write-flow-control',
    breaks: 'a send() of a file does not wait for its client',
    sabotage: sends(async (message, { send }) => {
      const sending = send(message)
      if (message['type'] === 'http.response.pathsend') sending.catch(() => undefined)
      else await sending
    }),
  },
  {
    id: 'many-at-once/waits-once',
    property: 'asgi/send/returns/blocked-response',
    clause: 'process/write-flow-control',
    breaks: 'a send() that waits for its client is the last one to do so',
    sabotage: waitsOnce(),
  },
]

/** No send() takes so long that does not wait. */
const WAITED_MS = 50
const TRAILERS = 'http.response.trailers'
const LAST_CHUNK = '0\r\nx-trailer: 1\r\n\r\n'

function overwritten(limit: number): Sabotage {
  const waiting = new WeakMap<Dict, number>()
  return sends(async (message, { scope, send }) => {
    const before = waiting.get(scope) ?? 0
    waiting.set(scope, before + 1)
    const { body } = message
    const lost = before >= limit && body instanceof Uint8Array
    await send(lost ? { ...message, body: Buffer.alloc(body.length, '?') } : message)
    waiting.set(scope, (waiting.get(scope) ?? 1) - 1)
  })
}

function waitsOnce(): Sabotage {
  const waited = new WeakSet<Dict>()
  return sends(async (message, { scope, send }) => {
    const begun = performance.now()
    const sending = send(message)
    sending.catch(() => undefined)
    if (!waited.has(scope)) await sending
    if (performance.now() - begun > WAITED_MS) waited.add(scope)
  })
}

function silentBehindHint(): Sabotage {
  return {
    application: (app) => async (scope, receive, send) => {
      let hinted = false
      const heeding = async (message: Dict): Promise<void> => {
        hinted ||= message['type'] === 'http.response.early_hint'
        await send(message)
      }
      try {
        await app(scope, receive, heeding)
      } catch (error) {
        if (hinted) tapOf(scope)?.reset()
        throw error
      }
    },
  }
}

function withoutTrailersBehindFiles(): Sabotage {
  const filed = new WeakSet<Dict>()
  return sends(async (message, { scope, send }) => {
    if (message['type'] === 'http.response.pathsend') filed.add(scope)
    const lost = message['type'] === TRAILERS && filed.has(scope)
    await send(lost ? { ...message, headers: [] } : message)
  })
}

function destroyHalfClosed(): void {
  const emit: unknown = Reflect.get(TLSSocket.prototype, 'emit')
  if (typeof emit !== 'function') throw new TypeError('A TLSSocket emits events.')
  Object.defineProperty(TLSSocket.prototype, 'emit', {
    value(this: TLSSocket, event: string, ...details: readonly unknown[]) {
      if (event === 'end') this.destroy()
      return Reflect.apply(emit, this, [event, ...details])
    },
  })
}
