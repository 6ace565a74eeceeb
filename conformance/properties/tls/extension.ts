import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { tlsExtensionOf } from '../../judge/invariants.ts'
import { certificates, type Identity } from '../../testers/certificates.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, isInt, type PyDict, show } from '../../testers/values.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { exchangeProperty, type Property, processProperty } from '../property.ts'
import { type Visit, visit, visitOn, WAYS, waysOf } from '../visits.ts'
import { isSame, judgeClient, judgeWhole } from './extension-client.ts'
import { extensionDetails } from './extension-details.ts'
import { serveTls } from './launch.ts'

const ONLY = 'tls/extension/only-over-tls'

/** tls.rst: what a scope tells of the encryption of its connection. */
export const extension: readonly Property[] = [
  exchangeProperty({
    id: ONLY,
    law: 'no scope of a plain connection has the tls extension',
    clauses: [ONLY, 'tls/extension/presence-means-tls'],
    beyondTcp: ['unix-socket'],
    program: fc.record({ path: arbitrary.path, way: fc.constantFrom(...WAYS) }),
    async run(trial, { path, way }) {
      const other = way === 'http' || !waysOf(trial.iut).includes(way) ? null : way
      const visited =
        other === null
          ? await visitOn(trial, await trial.connect(), path)
          : await visit(trial, other)
      if (visited === null) return
      const told = tlsExtensionOf(visited.app.scope)
      for (const clause of [ONLY, 'tls/extension/presence-means-tls'])
        trial.check(clause, told === undefined, 'no tls extension', () => show(told))
      await visited.end()
    },
  }),
  extensionProperty({
    id: 'tls/scope/dict',
    law: 'the tls extension tells the certificate of the server, the version and the suite in use',
    clients: 'anonymous',
    clauses: [
      'tls/extension/wraps-base-protocol',
      'tls/scope/dict',
      'tls/scope/server-cert',
      'tls/scope/tls-version',
      'tls/scope/cipher-suite',
      'tls/scope/client-cert-chain-empty',
      'tls/scope/client-cert-name-absent',
      'tls/scope/client-cert-error',
    ],
    needs: ['extension/tls'],
  }),
  extensionProperty({
    id: 'tls/scope/client-cert-chain',
    law: 'the tls extension tells the certificate of the client, and its name after RFC 4514',
    clients: 'certified',
    clauses: [
      'tls/scope/client-cert-chain',
      'tls/scope/client-cert-chain-order',
      'tls/scope/client-cert-name',
      'tls/scope/client-cert-name-with-chain',
      'tls/scope/client-cert-name-consistent',
      'tls/scope/client-cert-error',
    ],
    needs: ['extension/tls', 'tls/client-certificates'],
  }),
  ...extensionDetails,
]

function extensionProperty({
  clients,
  needs,
  ...property
}: Pick<Property, 'id' | 'law' | 'clauses' | 'needs'> & {
  readonly clients: 'anonymous' | 'certified'
}): Property {
  return processProperty({
    ...property,
    needs: ['http/1.1', 'config/command-line', 'tls', ...needs],
    enough: 2,
    program: fc.record({ version: fc.constantFrom('TLSv1.2' as const, 'TLSv1.3' as const) }),
    async run(launcher, { version }) {
      const { client, chained } = await certificates()
      const iut = await serveTls(launcher, 'tls/scope/dict', clients)
      const trial = launcher.trial(iut)
      const identity = clients === 'certified' ? client : null
      // What follows a certificate may be lost where a session is resumed.
      const others = clients === 'certified' ? [chained] : []
      for (const one of [identity, ...others]) await judgeResumed(launcher, trial, version, one)
      for (const way of waysOf(iut).slice(1))
        await judgeVisit(launcher, await visit(trial, way), identity)
    },
  })
}

/** On a connection, and on one that resumes its session if the server offers that. */
async function judgeResumed(
  launcher: Launcher,
  trial: Trial,
  version: 'TLSv1.2' | 'TLSv1.3',
  identity: Identity | null,
): Promise<void> {
  const sessions: Buffer[] = []
  const onSession = (session: Buffer): void => void sessions.push(session)
  const channel = await trial.iut.connect({ version, identity, onSession })
  trial.channels.push(channel)
  await judgeVisit(launcher, await visitOn(trial, channel), identity)
  // Over TLS 1.3 a session comes behind the handshake.
  const session = sessions.at(-1)
  if (session === undefined) return
  const resumed = await trial.iut.connect({ version, identity, session })
  trial.channels.push(resumed)
  await judgeVisit(launcher, await visitOn(trial, resumed), identity)
}

/** What one call of the application is told, whatever it is about. */
async function judgeVisit(
  launcher: Launcher,
  visited: Visit | null,
  identity: Identity | null,
): Promise<void> {
  if (visited === null) return
  const { app, channel } = visited
  const told = tlsExtensionOf(app.scope)
  const dict = isDict(told)
  launcher.check('tls/scope/dict', dict, 'extensions["tls"], a dict', () => show(told))
  const base = app.type === 'http' || app.type === 'websocket'
  launcher.check('tls/extension/wraps-base-protocol', base, '"http" or "websocket"', () => app.type)
  if (dict) {
    if (identity === null) await judgeServer(launcher, told, channel.wire)
    judgeClient(launcher, told, identity)
    if (identity !== null) judgeWhole(launcher, told['client_cert_chain'], identity)
  }
  await visited.end()
}

/** Numbers of the versions and suites that this client and a careful server agree on (RFC 8446, B.4). */
const VERSIONS: ReadonlyMap<string, number> = new Map([
  ['TLSv1.2', 0x0303],
  ['TLSv1.3', 0x0304],
])
const SUITES: ReadonlyMap<string, number> = new Map([
  ['TLS_AES_128_GCM_SHA256', 0x1301],
  ['TLS_AES_256_GCM_SHA384', 0x1302],
  ['TLS_CHACHA20_POLY1305_SHA256', 0x1303],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 0xc02b],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 0xc02c],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca9],
])

/** Each key is mandatory; None is for servers that cannot know, which may be behind a proxy. */
async function judgeServer(launcher: Launcher, told: PyDict, wire: WireConnection): Promise<void> {
  const { server } = await certificates()
  const { server_cert: presented, tls_version: version, cipher_suite: suite } = told
  launcher.check(
    'tls/scope/server-cert',
    presented === null || (typeof presented === 'string' && isSame(presented, server)),
    `the certificate of ${server.name} as PEM, or None`,
    () => show(presented),
  )
  const spoken = VERSIONS.get(wire.tls?.getProtocol() ?? '')
  launcher.check(
    'tls/scope/tls-version',
    version === null || version === spoken,
    `${spoken}, or None`,
    () => show(version),
  )
  const chosen = SUITES.get(wire.tls?.getCipher().standardName ?? '')
  launcher.check(
    'tls/scope/cipher-suite',
    suite === null || (isInt(suite) && (chosen === undefined || suite === chosen)),
    `${chosen ?? 'a 16-bit number'}, or None`,
    () => show(suite),
  )
}
