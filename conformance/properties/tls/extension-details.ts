import fc from 'fast-check'
import { certificates, type Identity } from '../../testers/certificates.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS, type TlsClient } from '../../testers/tls-client.ts'
import { isDict, type PyDict, show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeClient, judgeWhole } from './extension-client.ts'

const SUITE = 'tls/scope/cipher-suite'
const ERROR = 'tls/scope/client-cert-error'

const needs = ['http/1.1', 'config/command-line', 'tls', 'extension/tls'] as const

/** OpenSSL's names of suites of TLS 1.2, without the key, and their numbers for each kind of it (RFC 5289, RFC 7905). */
const SUITES: readonly (readonly [name: string, ecdsa: number, rsa: number])[] = [
  ['AES128-GCM-SHA256', 0xc02b, 0xc02f],
  ['AES256-GCM-SHA384', 0xc02c, 0xc030],
  ['CHACHA20-POLY1305', 0xcca9, 0xcca8],
]

/** Those of TLS 1.3, which have nothing to do with the key (RFC 8446 §B.4). */
const SUITES_1_3: readonly (readonly [name: string, number: number])[] = [
  ['TLS_AES_128_GCM_SHA256', 0x1301],
  ['TLS_AES_256_GCM_SHA384', 0x1302],
  ['TLS_CHACHA20_POLY1305_SHA256', 0x1303],
]

/** tls.rst: what depends on the certificates and the suite that both ends happen to have. */
export const extensionDetails: readonly Property[] = [
  processProperty({
    id: SUITE,
    law: 'the suite of the scope is the one in use, whichever that is and whatever the key of the server',
    clauses: [SUITE],
    needs: [...needs],
    enough: 1,
    program: fc.record({ first: fc.constantFrom('ecdsa' as const, 'rsa' as const) }),
    async run(launcher, { first }) {
      const { files, rsa } = await certificates()
      for (const key of first === 'rsa'
        ? (['rsa', 'ecdsa'] as const)
        : (['ecdsa', 'rsa'] as const)) {
        const settings = { 'command-line': { tls: key === 'rsa' ? rsa.files : files } }
        const iut = await launcher.serve(SUITE, { tls: ANY_TLS, settings })
        for (const [ciphers, number] of SUITES_1_3)
          judgeSuite(
            launcher,
            ciphers,
            number,
            await extensionFor(launcher, iut, { version: 'TLSv1.3', ciphers, identity: null }),
          )
        for (const [name, ecdsa, withRsa] of SUITES) {
          const ciphers = `ECDHE-${key.toUpperCase()}-${name}`
          const told = await extensionFor(launcher, iut, {
            version: 'TLSv1.2',
            ciphers,
            identity: null,
          })
          judgeSuite(launcher, ciphers, key === 'rsa' ? withRsa : ecdsa, told)
        }
      }
    },
  }),
  processProperty({
    id: ERROR,
    law: 'where clients are served whatever certificate they show, the scope has the certificate, and says what is wrong with it',
    clauses: [ERROR, 'tls/scope/client-cert-chain', 'tls/scope/client-cert-chain-order'],
    needs: [...needs, 'tls/client-certificates', 'tls/client-certificates-optional'],
    enough: 1,
    program: fc.record({ version: fc.constantFrom('TLSv1.2' as const, 'TLSv1.3' as const) }),
    async run(launcher, { version }) {
      const { lenient, client, chained, stranger } = await certificates()
      const settings = { 'command-line': { tls: lenient } }
      const iut = await launcher.serve(ERROR, { tls: ANY_TLS, settings })
      const clients: readonly (readonly [Identity | null, boolean])[] = [
        [client, true],
        [stranger, false],
        [chained, true],
        [null, true],
      ]
      for (const [identity, verified] of clients) {
        const told = await extensionFor(launcher, iut, { version, identity })
        if (
          launcher.check(
            ERROR,
            told !== null,
            'a client that is served',
            () => 'no handshake, or no extension',
          )
        )
          judgeClient(launcher, told ?? {}, identity, verified)
        if (identity !== null) judgeWhole(launcher, told?.['client_cert_chain'], identity)
      }
    },
  }),
]

/** `told` is null where the server did not agree: none has to speak each of them. */
function judgeSuite(
  launcher: Launcher,
  ciphers: string,
  expected: number,
  told: PyDict | null,
): void {
  if (told === null) return
  const { cipher_suite: suite } = told
  launcher.check(
    SUITE,
    suite === null || suite === expected,
    `${expected}, or None`,
    () => `${show(suite)} for ${ciphers}`,
  )
}

/** What the scope of a request on a connection of this client tells; null without connection or extension. */
async function extensionFor(
  launcher: Launcher,
  iut: Iut,
  client: TlsClient,
): Promise<PyDict | null> {
  const channel = await iut.connect(client).catch(() => null)
  if (channel === null) return null
  const trial = launcher.trial(iut)
  trial.channels.push(channel)
  const exchange = await trial.open(http.get('/'), { channel })
  const { extensions } = exchange.scope
  await exchange.respond({ status: 204 })
  await exchange.response()
  const told = isDict(extensions) ? extensions['tls'] : undefined
  return isDict(told) ? told : null
}
