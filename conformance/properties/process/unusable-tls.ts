import fc from 'fast-check'
import type { TlsFiles } from '../../../targets/settings.ts'
import { certificates } from '../../testers/certificates.ts'
import { type Property, processProperty } from '../property.ts'
import { codeOf, EXIT_CODES } from './exit-codes.ts'

/** That of wrong settings: the documentation counts unusable files and words among them. */
const WRONG_SETTINGS = 2

export const unusableTls: Property = processProperty({
  id: `${EXIT_CODES}/unusable-tls`,
  law: 'files and words with which nothing over TLS can be done end the start like any wrong setting',
  clauses: [EXIT_CODES],
  needs: ['http/1.1', 'process', 'config/command-line', 'tls', 'documented/exit-codes'],
  enough: 1,
  program: fc.record({ reversed: fc.boolean() }),
  async run(launcher, { reversed }) {
    const cases = Object.entries(await unusableFiles())
    for (const [what, tls] of reversed ? cases.toReversed() : cases) {
      const iut = await launcher.start({
        waitUntilListening: false,
        settings: { 'command-line': { tls } },
      })
      const code = await codeOf(iut)
      const expected = `exit code ${WRONG_SETTINGS} for ${what}`
      if (!launcher.check(EXIT_CODES, code === WRONG_SETTINGS, expected, () => String(code))) return
    }
  },
})

async function unusableFiles(): Promise<Readonly<Record<string, TlsFiles>>> {
  const { files, mutual, locked, rsa } = await certificates()
  return {
    'a key of another certificate': { ...files, key: rsa.files.key },
    'a key that is not there': { ...files, key: `${files.key}.absent` },
    'a certificate that is not there': { ...files, certificate: `${files.certificate}.absent` },
    'a key in place of the certificate': { ...files, certificate: files.key },
    'a certificate in place of the key': { ...files, key: files.certificate },
    'a wrong password': { ...locked, keyPassword: 'open-barley' },
    'authorities that are none': { ...mutual, clientAuthority: files.key },
    'a cipher that nobody knows': { ...files, ciphers: 'ECDHE-ECDSA-ASSAY' },
  }
}
