import { openHttp2, serve } from '../http2/open.ts'
import { h2 } from '../http2/request.ts'
import type { Channel } from '../testers/channel.ts'
import type { Exchange } from '../testers/exchange.ts'
import type { RemoteScope } from '../testers/remote-scope.ts'
import { http } from '../testers/request.ts'
import type { Trial } from '../testers/trial.ts'
import type { WebSocketExchange } from '../websocket/exchange.ts'
import { establish } from '../websocket/open.ts'
import * as overHttp2 from './http2/web-socket-exchange.ts'

/** The ways in which an application is called for a client. */
export const WAYS = ['http', 'websocket', 'http over HTTP/2', 'websocket over HTTP/2'] as const
type Way = (typeof WAYS)[number]

/** A call of the application in hand, for laws that hold whatever it is about. */
export interface Visit {
  readonly app: RemoteScope
  readonly channel: Channel
  /** In good order, for its client as well. */
  end(): Promise<void>
}

/** The ways that the target has, on the kind of connection that this one has. */
export function waysOf({ target, secure }: Trial['iut']): readonly Way[] {
  const sockets = target.has('websocket')
  const streams = target.has(secure ? 'http/2' : 'http/2/prior-knowledge')
  return WAYS.filter(
    (way) => (sockets || !way.startsWith('websocket')) && (streams || !way.endsWith('HTTP/2')),
  )
}

/** On a connection of its own; null where the server does not have this way after all. */
export async function visit(trial: Trial, way: Way): Promise<Visit | null> {
  switch (way) {
    case 'http':
      return await visitOn(trial, await trial.connect())
    case 'http over HTTP/2':
      return answering((await serve(trial, await openHttp2(trial), h2.get('/'))).exchange)
    case 'websocket':
      return closing(trial, await establish(trial))
    case 'websocket over HTTP/2': {
      const exchange = await overHttp2.establish(trial)
      return exchange === null ? null : closing(trial, exchange)
    }
  }
}

/** One more request on a connection. */
export async function visitOn(trial: Trial, channel: Channel, path = '/'): Promise<Visit> {
  return answering(await trial.open(http.get(path), { channel }))
}

function answering(exchange: Exchange): Visit {
  const { app, channel } = exchange
  return {
    app,
    channel,
    async end() {
      await exchange.respond({ status: 204 })
      await exchange.response()
    },
  }
}

/** How a server ends a WebSocket is judged by other laws: here it is given the occasion, and left alone. */
function closing(trial: Trial, exchange: WebSocketExchange): Visit {
  const { app, channel, peer } = exchange
  return {
    app,
    channel,
    async end() {
      // A server may hold send() until its Close is answered, or its patience is at an end.
      await Promise.all([
        app.send({ type: 'websocket.close', code: 1000 }),
        trial.iut.cameWithinQuiet(peer.until(() => peer.over)).then(() => exchange.answerClose()),
      ])
      await app.return()
    },
  }
}
