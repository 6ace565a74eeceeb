import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { TlsFiles } from '../../../targets/settings.ts'
import type { PreparedTarget } from '../../../targets/target.ts'
import { tlsExtensionOf } from '../../judge/invariants.ts'
import { certificates, type Identity } from '../../testers/certificates.ts'
import type { Channel } from '../../testers/channel.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS, type TlsClient } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeShutOut } from '../tls/client-certificates.ts'
import { isSame } from '../tls/extension-client.ts'
import { judgeRefused } from '../tls/launch.ts'

const CLAUSE = 'process/sighup-certificates'
const VERSION = 'config/tls-minimum-version'
const CIPHERS = 'config/tls-ciphers'
const CERTIFIED = 'config/tls-client-certificate-required'

/** Of TLS 1.2, for both kinds of key. */
const CHOSEN = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256'
const OTHERS = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384'

/**
 * What is set about TLS beside certificates: a minimum of TLS 1.3 would leave ciphers of TLS 1.2 out. Beside ciphers
 * the key is encrypted.
 */
const RESTRICTIONS = ['minimum version', 'ciphers'] as const

/** For servers that are told of a new certificate by a signal. */
export const certificateRenewal: Property = processProperty({
  id: CLAUSE,
  law: 'SIGHUP makes new connections see the certificate that lies in its file by then, ends no connection, and leaves every other setting as it was',
  clauses: [
    CLAUSE,
    VERSION,
    CIPHERS,
    CERTIFIED,
    'config/tls-client-certificate-trusted',
    'tls/scope/server-cert',
  ],
  needs: ['http/1.1', 'process', 'config/command-line', 'tls', 'documented/sighup-certificates'],
  enough: 2,
  program: fc.record({
    times: fc.constantFrom(2, 3),
    restricts: fc.constantFrom(...RESTRICTIONS),
  }),
  families: { names: RESTRICTIONS, of: ({ restricts }) => restricts },
  async run(launcher, { times, restricts }) {
    const { files, mutual, locked, rsa, server, client } = await certificates()
    const first =
      restricts === 'ciphers' && launcher.target.has('tls/key-password') ? locked : files
    const folder = await mkdtemp(join(tmpdir(), 'assay-renewal-'))
    const place = { certificate: join(folder, 'a.pem'), key: join(folder, 'a.key') }
    const put = async (from: typeof place): Promise<void> => {
      await cp(from.certificate, place.certificate)
      await cp(from.key, place.key)
    }
    try {
      await put(first)
      const clients = launcher.target.has('tls/client-certificates')
      const tls: TlsFiles = {
        ...place,
        clientAuthority: clients ? mutual.clientAuthority : null,
        ...(first.keyPassword === undefined ? {} : { keyPassword: first.keyPassword }),
        ...restriction(launcher.target, restricts),
      }
      const settings = { 'command-line': { tls } }
      const welcome = { ...ANY_TLS, identity: clients ? client : null }
      const iut = await launcher.serve(CLAUSE, { tls: welcome, settings })
      const trial = launcher.trial(iut)
      const old = await iut.connect()
      trial.channels.push(old)
      await judgePresented(trial, old, server.raw)
      for (let time = 1; time <= times; time += 1) {
        const next = time % 2 === 1 ? rsa : { files: first, server }
        await put(next.files)
        iut.signal('SIGHUP')
        const renewed = async (): Promise<boolean> => {
          const channel = await iut.connect()
          const seen = channel.wire.tls?.getPeerCertificate().raw
          iut.release(channel)
          return seen?.equals(next.server.raw) === true
        }
        const seen = await iut.becomes(renewed, iut.startPatience)
        trial.check(
          CLAUSE,
          seen,
          `the certificate that was put in place ${time} times`,
          () => 'the old one',
        )
        await judgeKept(trial, tls, welcome, next.server)
      }
      const { served } = await trial.attempt(http.get('/still-open'), { channel: old })
      trial.check(CLAUSE, served !== null, 'the open connection served', () => 'a close')
      await served?.respond({ status: 204 })
      await served?.response()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

function restriction(
  target: PreparedTarget,
  restricts: (typeof RESTRICTIONS)[number],
): Pick<TlsFiles, 'minimumVersion' | 'ciphers'> {
  if (restricts === 'ciphers') return target.has('tls/ciphers') ? { ciphers: CHOSEN } : {}
  return target.has('tls/minimum-version') ? { minimumVersion: 'TLSv1.3' } : {}
}

/** Whoever was served before is served still, and whoever was refused is refused. */
async function judgeKept(
  trial: Trial,
  tls: TlsFiles,
  welcome: TlsClient,
  server: Identity,
): Promise<void> {
  const channel = await trial.iut.connect(welcome).catch(() => null)
  if (channel !== null) trial.channels.push(channel)
  const { served } =
    channel === null ? { served: null } : await trial.attempt(http.get('/renewed'), { channel })
  trial.check(CLAUSE, served !== null, 'a new connection served', () => 'a close')
  if (served !== null) {
    const told = tlsExtensionOf(served.scope)
    const presented = isDict(told) ? told['server_cert'] : null
    trial.check(
      'tls/scope/server-cert',
      presented === null || (typeof presented === 'string' && isSame(presented, server)),
      `the certificate of ${server.name} as PEM, or None`,
      () => show(presented),
    )
    await served.respond({ status: 204 })
    await served.response()
  }
  if (tls.minimumVersion !== undefined)
    await judgeRefused(trial, VERSION, { ...welcome, version: 'TLSv1.2' })
  if (tls.ciphers !== undefined)
    await judgeRefused(trial, CIPHERS, { ...welcome, version: 'TLSv1.2', ciphers: OTHERS })
  if (tls.clientAuthority === null) return
  const { stranger } = await certificates()
  await judgeShutOut(trial, '/', { ...welcome, identity: null }, CERTIFIED)
  const disguised = { ...welcome, identity: stranger }
  await judgeShutOut(trial, '/', disguised, 'config/tls-client-certificate-trusted')
}

async function judgePresented(trial: Trial, channel: Channel, expected: Buffer): Promise<void> {
  const seen = channel.wire.tls?.getPeerCertificate().raw
  const same = seen?.equals(expected) === true
  trial.check(CLAUSE, same, 'the certificate that was given', () => 'another')
  const exchange = await trial.open(http.get('/'), { channel })
  await exchange.respond({ status: 204 })
  await exchange.response()
}
