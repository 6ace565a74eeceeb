import fc from 'fast-check'
import { certificates } from '../../testers/certificates.ts'
import {
  clientHello,
  type HelloAnswer,
  type OldVersion,
  readHelloAnswer,
} from '../../testers/client-hello.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import { WireConnection } from '../../testers/wire.ts'
import { type Property, processProperty } from '../property.ts'

const SAFE = [
  ['TLSv1.2', 'wire/rfc9325/tls-1-2-supported'],
  ['TLSv1.3', 'wire/rfc9325/tls-1-3-supported'],
] as const

const UNSAFE: readonly (readonly [OldVersion, string])[] = [
  ['TLS 1.0', 'wire/rfc9325/tls-1-0-refused'],
  ['TLS 1.1', 'wire/rfc9325/tls-1-1-refused'],
]

const SUITES = 'wire/rfc9325/recommended-suites'

/** RFC 9325 §4.2, those for the kind of key that the suite gives, in the notation of OpenSSL. */
const RECOMMENDED = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384']

/** RFC 9325 §3.1.1 and §4.2. */
export const versions: Property = processProperty({
  id: 'wire/rfc9325/versions',
  law: 'TLS 1.2 and 1.3 are spoken, the newer if the client can, and 1.2 with the suites that are recommended; 1.0 and 1.1 are not',
  clauses: [
    ...SAFE.map(([, clause]) => clause),
    ...UNSAFE.map(([, clause]) => clause),
    'wire/rfc9325/tls-1-3-preferred',
    SUITES,
  ],
  needs: ['http/1.1', 'config/command-line', 'tls'],
  enough: 1,
  program: fc.record({ order: fc.constantFrom('safe-first' as const, 'unsafe-first' as const) }),
  async run(launcher, { order }) {
    // What a server supports may have to be asked for: some speak no more than TLS 1.3 by default.
    const { files } = await certificates()
    const minimum = launcher.target.has('tls/minimum-version')
      ? { minimumVersion: 'TLSv1.2' as const }
      : {}
    const settings = { tls: { ...files, ...minimum } }
    const iut = await launcher.serve('wire/rfc9325/tls-1-2-supported', {
      tls: ANY_TLS,
      settings: { 'command-line': settings },
    })
    const steps = [(): Promise<void> => judgeSafe(launcher, iut), () => judgeUnsafe(launcher, iut)]
    for (const step of order === 'safe-first' ? steps : steps.toReversed()) await step()
  },
})

async function judgeSafe(launcher: Launcher, iut: Iut): Promise<void> {
  const trial = launcher.trial(iut)
  for (const [version, clause] of SAFE) {
    const channel = await iut.connect({ ...ANY_TLS, version }).catch(() => null)
    const spoken = channel?.wire.tls?.getProtocol() ?? 'no connection'
    if (!launcher.check(clause, spoken === version, version, () => spoken)) continue
    if (channel === null) continue
    trial.channels.push(channel)
    const exchange = await trial.open(http.get('/'), { channel })
    await exchange.respond({ status: 204 })
    const response = await exchange.response()
    launcher.check(clause, response?.status === 204, `a response over ${version}`, () =>
      String(response?.status),
    )
    if (version === 'TLSv1.3') await judgePreference(launcher, iut)
    else await judgeSuites(launcher, iut)
  }
}

async function judgePreference(launcher: Launcher, iut: Iut): Promise<void> {
  const channel = await iut.connect(ANY_TLS)
  const chosen = channel.wire.tls?.getProtocol() ?? 'none'
  launcher.check('wire/rfc9325/tls-1-3-preferred', chosen === 'TLSv1.3', 'TLSv1.3', () => chosen)
  iut.release(channel)
}

async function judgeSuites(launcher: Launcher, iut: Iut): Promise<void> {
  for (const suite of RECOMMENDED) {
    const client = { ...ANY_TLS, version: 'TLSv1.2', ciphers: suite } as const
    const channel = await iut.connect(client).catch(() => null)
    launcher.check(SUITES, channel !== null, `a handshake with ${suite}`, () => 'none')
    if (channel !== null) iut.release(channel)
  }
}

async function judgeUnsafe(launcher: Launcher, iut: Iut): Promise<void> {
  for (const [version, clause] of UNSAFE) {
    const answer = await greet(iut, version)
    launcher.check(
      clause,
      answer?.kind !== 'accepted',
      `no handshake in ${version}`,
      () => 'a ServerHello',
    )
  }
}

/** What the server answers to a client of an old version; null when it closes, or keeps silent. */
async function greet(iut: Iut, version: OldVersion): Promise<HelloAnswer | null> {
  const wire = await WireConnection.open(iut.running.host, iut.running.port)
  let heard = Buffer.alloc(0)
  wire.upgrade((bytes) => {
    heard = Buffer.concat([heard, bytes])
  })
  wire.write(clientHello(version))
  let answer: HelloAnswer | null = null
  while (answer === null && wire.closing === null) {
    if (!(await iut.cameWithinQuiet(wire.activity(), PERIODS))) break
    answer = readHelloAnswer(heard)
  }
  wire.reset()
  return answer
}

/** Quiet periods that a server is given to answer a ClientHello. */
const PERIODS = 20
