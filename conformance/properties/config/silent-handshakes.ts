import fc from 'fast-check'
import { certificates } from '../../testers/certificates.ts'
import type { Channel } from '../../testers/channel.ts'
import { clientHello } from '../../testers/client-hello.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf, SHORT_SECONDS, serveWith } from './serve-with.ts'
import { judgeTimeOut } from './timeouts.ts'

const CLAUSE = 'config/timeout-handshake'
const HEADER = 'config/timeout-header-read'

/** Clients of TLS that say nothing, or not enough. */
export const silentHandshakes: Property = processProperty({
  id: CLAUSE,
  law: 'a client that does not get through its TLS handshake in time is cut, as is one that sends half a head behind it, and others are served meanwhile',
  clauses: [CLAUSE, HEADER],
  needs: [
    'http/1.1',
    'config/command-line',
    'tls',
    'timeout/header-read',
    'documented/handshake-timeout',
  ],
  enough: 1,
  program: fc.record({ octets: fc.constantFrom(1, 4, 30) }),
  async run(launcher, { octets }) {
    const { files } = await certificates()
    const settings = { tls: files, timeoutHeader: SHORT_SECONDS }
    const trial = await serveWith(launcher, CLAUSE, settings, { tls: ANY_TLS })
    const started = performance.now()
    const silent = await connectInClear(trial, Buffer.alloc(0))
    const halfway = await connectInClear(trial, clientHello('TLS 1.0').subarray(0, octets))
    const behind = await trial.connect()
    behind.wire.reader.expect('GET')
    behind.wire.write(Buffer.from('GET / HT'))
    const { response } = await exchangeOf(trial)
    trial.check(CLAUSE, response?.status === 200, 'others served', () => String(response?.status))
    for (const { wire } of [silent, halfway]) await judgeTimeOut(trial, wire, CLAUSE, started)
    await judgeTimeOut(trial, behind.wire, HEADER, started)
  },
})

/** What the server says is an alert at most, and nobody's response. */
async function connectInClear(trial: Trial, first: Buffer): Promise<Channel> {
  const channel = await trial.iut.connect(null)
  trial.channels.push(channel)
  channel.wire.upgrade(() => undefined)
  if (first.length > 0) channel.wire.write(first)
  return channel
}
