import fc from 'fast-check'
import type { TlsFiles } from '../../../targets/settings.ts'
import { certificates } from '../../testers/certificates.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS, type TlsClient } from '../../testers/tls-client.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeRefused } from '../tls/launch.ts'

const needs = ['http/1.1', 'config/command-line', 'tls'] as const

/** Two ciphers of TLS 1.2 for the kind of key that the suite's certificates have. */
const CIPHERS = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'] as const

/** What is set about TLS, beside certificates. */
export const tlsSettings: readonly Property[] = [
  processProperty({
    id: 'config/tls-key-password',
    law: 'a server whose key is encrypted serves over TLS when it is given the password',
    clauses: ['config/tls-key-password'],
    needs: [...needs, 'tls/key-password'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/private') }),
    async run(launcher, { path }) {
      const clause = 'config/tls-key-password'
      const { locked } = await certificates()
      const iut = await serveTls(launcher, clause, locked)
      await judgeServed(launcher, iut, clause, ANY_TLS, path)
    },
  }),
  processProperty({
    id: 'config/tls-minimum-version',
    law: 'with TLS 1.3 as the minimum, a client that offers TLS 1.2 only is refused',
    clauses: ['config/tls-minimum-version'],
    needs: [...needs, 'tls/minimum-version'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/new') }),
    async run(launcher, { path }) {
      const clause = 'config/tls-minimum-version'
      const { files } = await certificates()
      const iut = await serveTls(launcher, clause, { ...files, minimumVersion: 'TLSv1.3' })
      await judgeRefused(launcher.trial(iut), clause, { ...ANY_TLS, version: 'TLSv1.2' })
      await judgeServed(launcher, iut, clause, { ...ANY_TLS, version: 'TLSv1.3' }, path)
    },
  }),
  processProperty({
    id: 'config/tls-ciphers',
    law: 'the cipher that was set is negotiated whatever else the client prefers, and no other is',
    clauses: ['config/tls-ciphers'],
    needs: [...needs, 'tls/ciphers'],
    enough: 1,
    program: fc.record({ chosen: fc.constantFrom(...CIPHERS) }),
    async run(launcher, { chosen }) {
      const clause = 'config/tls-ciphers'
      const { files } = await certificates()
      const iut = await serveTls(launcher, clause, { ...files, ciphers: chosen })
      const [other = chosen] = CIPHERS.filter((name) => name !== chosen)
      const old = { ...ANY_TLS, version: 'TLSv1.2' as const }
      await judgeRefused(launcher.trial(iut), clause, { ...old, ciphers: other })
      const channel = await iut.connect({ ...old, ciphers: `${other}:${chosen}` }).catch(() => null)
      const cipher = channel?.wire.tls?.getCipher().name ?? 'no connection'
      launcher.check(clause, cipher === chosen, chosen, () => cipher)
      if (channel !== null) iut.release(channel)
    },
  }),
  processProperty({
    id: 'config/tls-alpn',
    law: 'ALPN chooses among the protocols that were set, the best of them where their order is one of preference, and none that the client does not offer',
    clauses: ['config/tls-alpn'],
    needs: [...needs, 'http/2', 'tls/alpn'],
    enough: 1,
    program: fc.record({ first: fc.constantFrom('h2', 'http/1.1') }),
    async run(launcher, { first }) {
      const clause = 'config/tls-alpn'
      const { files } = await certificates()
      const offers = first === 'h2' ? ['h2', 'http/1.1'] : ['http/1.1', 'h2']
      const ranks = launcher.target.has('documented/alpn-order')
      const orders = ranks
        ? [
            ['h2', 'http/1.1'],
            ['http/1.1', 'h2'],
          ]
        : [['h2', 'http/1.1']]
      for (const alpn of [['http/1.1'], ...orders]) {
        const iut = await serveTls(launcher, clause, { ...files, alpn })
        const told = async (protocols: readonly string[]): Promise<string> => {
          const channel = await iut.connect({ ...ANY_TLS, protocols })
          const protocol = channel.wire.tls?.alpnProtocol
          iut.release(channel)
          return protocol === false ? 'none' : String(protocol)
        }
        const both = await told(offers)
        const best = ranks ? alpn.slice(0, 1) : alpn
        launcher.check(clause, best.includes(both), best.join(' or '), () => both)
        const alone = await told(['http/1.1'])
        launcher.check(clause, alone === 'http/1.1', 'http/1.1', () => alone)
      }
    },
  }),
]

async function serveTls(launcher: Launcher, clause: string, tls: TlsFiles): Promise<Iut> {
  return await launcher.serve(clause, { tls: ANY_TLS, settings: { 'command-line': { tls } } })
}

async function judgeServed(
  launcher: Launcher,
  iut: Iut,
  clause: string,
  client: TlsClient,
  path: string,
): Promise<void> {
  const trial = launcher.trial(iut)
  const channel = await iut.connect(client)
  trial.channels.push(channel)
  const exchange = await trial.open(http.get(path), { channel })
  await exchange.respond({ status: 204 })
  const response = await exchange.response(clause)
  launcher.check(clause, response?.status === 204, 'a response over TLS', () =>
    String(response?.status),
  )
}
