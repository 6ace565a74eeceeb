import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { CERTIFICATE, encryptedKey, withCertificate } from '../../testing/certificate.ts'
import { SOURCES, type Source, withSettings } from '../../testing/configured.ts'
import { SETTING_NAMES, type Settings } from '../settings.ts'
import { http } from './http.ts'
import { listening } from './listening.ts'
import { observing } from './observing.ts'
import { processes } from './processes.ts'
import { PASSWORD, tls } from './tls.ts'
import type { TestFiles, Trial, Trials } from './trial.ts'
import { webSockets } from './web-sockets.ts'

/** The compiler sees to it that no setting is missing. */
const TRIALS: Trials<keyof Settings> = {
  ...listening,
  ...processes,
  ...observing,
  ...http,
  ...webSockets,
  ...tls,
}

async function attempt(trial: Trial, source: Source, files: TestFiles): Promise<void> {
  const given = await trial.given(files)
  const inherited = (await trial.inherit?.()) ?? null
  await withSettings(source, given, inherited, (configured) => trial.see(configured, given, files))
}

describe('a running server', function () {
  // Each starts processes, three at a time where sources are compared.
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'assay-behaviour-'))
  const files: TestFiles = {
    key: join(folder, 'key.pem'),
    encryptedKey: join(folder, 'encrypted.pem'),
    certificate: join(folder, 'certificate.pem'),
  }

  before(async () => {
    await withCertificate(async ({ tlsKey }) => copyFileSync(tlsKey, files.key))
    writeFileSync(files.certificate, CERTIFICATE)
    writeFileSync(files.encryptedKey, encryptedKey(PASSWORD), { mode: 0o600 })
  })

  after(() => rmSync(folder, { recursive: true }))

  for (const name of SETTING_NAMES) {
    it(`does what ${name} says, from ${SOURCES.join(', ')}`, async () => {
      await Promise.all(SOURCES.map((source) => attempt(TRIALS[name], source, files)))
    })
  }
})
