import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { certificates, type Identity } from '../../testers/certificates.ts'
import type { Channel } from '../../testers/channel.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { isDict, isInt, type PyDict, type PyValue, show } from '../../testers/values.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { openWebSocket } from '../../websocket/open.ts'
import * as overHttp2 from '../http2/web-socket-exchange.ts'
import { exchangeProperty, type Property, processProperty } from '../property.ts'
import { isSame, judgeClient } from './extension-client.ts'
import { extensionDetails } from './extension-details.ts'
import { serveTls } from './launch.ts'

/** tls.rst: what a scope tells of the encryption of its connection. */
export const extension: readonly Property[] = [
  exchangeProperty({
    id: 'tls/extension/only-over-tls',
    law: 'no scope of a plain connection has the tls extension',
    clauses: ['tls/extension/only-over-tls', 'tls/extension/presence-means-tls'],
    program: arbitrary.path,
    async run(trial, path) {
      const exchange = await trial.open(http.get(path))
      const told = extensionOf(exchange.scope)
      for (const clause of ['tls/extension/only-over-tls', 'tls/extension/presence-means-tls'])
        trial.check(clause, told === undefined, 'no tls extension', () => show(told))
      await exchange.respond({ status: 204 })
      await exchange.response()
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
      const { client } = await certificates()
      const iut = await serveTls(launcher, 'tls/scope/dict', clients)
      const trial = launcher.trial(iut)
      const identity = clients === 'certified' ? client : null
      const channel = await iut.connect({ version, identity })
      trial.channels.push(channel)
      const exchange = await trial.open(http.get('/'), { channel })
      await judgeScope(launcher, exchange, 'http', identity)
      await exchange.respond({ status: 204 })
      await exchange.response()
      if (!launcher.target.has('websocket')) return
      await judgeScope(launcher, await openWebSocket(trial), 'websocket', identity)
      const stream = launcher.target.has('http/2') ? await overHttp2.establish(trial) : null
      if (stream !== null) await judgeScope(launcher, stream, 'websocket', identity)
    },
  })
}

/** tls.rst, "The Base Protocol": HTTP over TLS and WebSockets over TLS tell the same. */
async function judgeScope(
  launcher: Launcher,
  { scope, channel }: { readonly scope: PyDict; readonly channel: Channel },
  protocol: 'http' | 'websocket',
  identity: Identity | null,
): Promise<void> {
  const told = extensionOf(scope)
  const dict = isDict(told)
  launcher.check('tls/scope/dict', dict, `extensions["tls"], a dict, in a ${protocol} scope`, () =>
    show(told),
  )
  const { type } = scope
  launcher.check('tls/extension/wraps-base-protocol', type === protocol, show(protocol), () =>
    show(type),
  )
  if (!dict) return
  if (identity === null) await judgeServer(launcher, told, channel.wire)
  judgeClient(launcher, told, identity)
}

export function extensionOf({ extensions }: PyDict): PyValue | undefined {
  return isDict(extensions) ? extensions['tls'] : undefined
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
