import fc from 'fast-check'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { establish } from '../../websocket/open.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'wire/rfc6455/server-close-starts-handshake'

/**
 * RFC 6455 §7.3: whenever a server closes the connection, it does so by the closing handshake. Its own
 * orderly end is the one occasion that every server has. Which code it gives is left to it here, and
 * also whether it closes at once or waits until the application has returned.
 */
export const websocketFarewell: readonly Property[] = [
  processProperty({
    id: 'process/websocket-farewell',
    law: 'a WebSocket connection that SIGTERM ends begins its end with a Close frame',
    clauses: [CLAUSE],
    needs: ['http/1.1', 'process', 'process/drains-on-sigterm', 'websocket'],
    enough: 1,
    program: fc.record({ connections: fc.constantFrom(1, 2) }),
    async run(launcher, { connections }) {
      const iut = await launcher.serve(CLAUSE, {})
      const trial = launcher.trial(iut)
      const open: WebSocketExchange[] = []
      for (let count = 0; count < connections; count += 1) open.push(await establish(trial))
      open.push(...(await alsoOverHttp2(trial)))
      iut.expectEnd()
      iut.signal('SIGTERM')
      // All at once: what one of them is waited for must not use up the patience of the server with the others.
      await Promise.all(open.map((exchange) => judgeFarewell(launcher, iut, exchange)))
      await iut.ended()
    },
  }),
]

async function judgeFarewell(
  launcher: Launcher,
  iut: Iut,
  exchange: WebSocketExchange,
): Promise<void> {
  const { peer } = exchange
  await iut.becomes(() => peer.over, OWN_ACCORD_MS)
  await exchange.app.return().catch(() => undefined)
  await exchange.over(CLAUSE)
  launcher.check(
    CLAUSE,
    peer.reader.close !== null,
    'a Close frame before the end of the connection',
    () => 'the end of the connection, without a Close frame',
  )
  exchange.answerClose()
}

/** How long the server has to close of its own accord, before the application returns for one that waits. */
const OWN_ACCORD_MS = 2000
