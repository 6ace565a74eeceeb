import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import { answer, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { type Property, processProperty } from '../property.ts'
import { graceOf, hearingMs } from './grace.ts'

const IDLE = 'wire/rfc9113/goaway-before-close'
const IN_FLIGHT = 'wire/rfc9113/goaway-at-graceful-shutdown'
const LAST = 'wire/rfc9113/goaway-last-stream'
const needs = [
  'http/1.1',
  'http/2/prior-knowledge',
  'process',
  'process/drains-on-sigterm',
] as const

/** How a shutdown ends the connections of HTTP/2. */
export const http2Farewell: readonly Property[] = [
  processProperty({
    id: IDLE,
    law: 'at a shutdown a connection of HTTP/2 without streams is not closed without a GOAWAY',
    clauses: [IDLE, LAST],
    needs,
    enough: 1,
    program: fc.record({ requests: fc.constantFrom(1, 2) }),
    async run(launcher, { requests }) {
      const iut = await launcher.serve(IDLE, {})
      const trial = launcher.trial(iut)
      const client = await openHttp2(trial)
      await answer(trial, client, requests)
      iut.expectEnd()
      iut.signal('SIGTERM')
      await judgeFarewell(launcher, iut, client, IDLE)
    },
  }),
  processProperty({
    id: IN_FLIGHT,
    law: 'a shutdown that waits for a stream tells by GOAWAY that the connection is to end',
    clauses: [IN_FLIGHT, LAST],
    needs,
    enough: 1,
    program: fc.record({ body: fc.constantFrom('', 'whole') }),
    async run(launcher, { body }) {
      const iut = await launcher.serve(IN_FLIGHT, {
        settings: { 'command-line': graceOf(launcher) },
      })
      const trial = launcher.trial(iut)
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, h2.get('/'))
      exchange.misused = true
      iut.expectEnd()
      iut.signal('SIGTERM')
      await Promise.race([client.channel.wire.closed, setTimeout(hearingMs(iut))])
      await exchange.respond({ status: 200, body: [body] })
      await exchange.response(IN_FLIGHT)
      await judgeFarewell(launcher, iut, client, IN_FLIGHT)
    },
  }),
]

async function judgeFarewell(
  launcher: Launcher,
  iut: Iut,
  client: Http2Client,
  clause: string,
): Promise<void> {
  const { wire } = client.channel
  await Promise.race([wire.closed, client.until(() => client.goAway !== null), iut.ended()])
  // What ends a process ends its connections: the last of its bytes may still be on the way.
  await iut.becomes(() => client.goAway !== null, LAST_BYTES_MS)
  launcher.check(clause, client.goAway !== null, 'a GOAWAY before the close', () =>
    client.closed ? 'a close without it' : 'none, and the connection open',
  )
  const acted = Math.max(...client.streams.keys())
  for (const { lastStream } of client.goAways)
    launcher.check(
      LAST,
      lastStream >= acted,
      `a last stream that is not below ${acted}, which was served`,
      () => String(lastStream),
    )
  wire.close()
  await iut.ended()
}

const LAST_BYTES_MS = 500
