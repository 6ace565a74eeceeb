import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { freePort } from '../../../targets/launch/port.ts'
import type { TlsFiles } from '../../../targets/settings.ts'
import { certificates } from '../../testers/certificates.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'process/exit-codes'
const HOST = '127.0.0.1'

type Cause = 'settings' | 'application' | 'address'

/** What the capability `documented/exit-codes` promises; and 0 after a signal. */
const CODES: Readonly<Record<Cause, number>> = { settings: 2, application: 3, address: 5 }

/** For servers whose documentation tells why a start has failed by its exit code. */
export const exitCodes: Property = processProperty({
  id: CLAUSE,
  law: 'the exit code tells wrong settings, an application that refuses to start and an address in use apart as documented, with workers as without',
  clauses: [CLAUSE],
  needs: [
    'http/1.1',
    'process',
    'config/command-line',
    'workers',
    'lifespan',
    'documented/exit-codes',
  ],
  enough: 1,
  program: fc.shuffledSubarray<Cause>(['settings', 'application', 'address'], { minLength: 3 }),
  async run(launcher, causes) {
    for (const cause of causes)
      for (const workers of [1, 2]) {
        const code = await failedStart(launcher, cause, workers)
        launcher.check(
          CLAUSE,
          code === CODES[cause],
          `exit code ${CODES[cause]} for what ${cause} brought about, with ${workers} workers`,
          () => String(code),
        )
      }
    if (launcher.target.has('tls')) await judgeUnusableTls(launcher)
  },
})

/** Files and words with which nothing over TLS can be done; the documentation counts them among wrong settings. */
async function unusableTls(): Promise<Readonly<Record<string, TlsFiles>>> {
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

async function judgeUnusableTls(launcher: Launcher): Promise<void> {
  for (const [what, tls] of Object.entries(await unusableTls())) {
    const iut = await launcher.start({
      waitUntilListening: false,
      settings: { 'command-line': { tls } },
    })
    const code = await codeOf(iut)
    const expected = `exit code ${CODES.settings} for ${what}`
    launcher.check(CLAUSE, code === CODES.settings, expected, () => String(code))
  }
}

async function failedStart(
  launcher: Launcher,
  cause: Cause,
  workers: number,
): Promise<number | null> {
  const common = { workers, waitUntilListening: false } as const
  switch (cause) {
    case 'settings':
      return await codeOf(
        await launcher.start({
          ...common,
          addressIn: 'nowhere',
          settings: { 'command-line': { port: 'eighty' } },
        }),
      )
    case 'application':
      return await codeOf(
        await launcher.start({
          ...common,
          lifespan: 'on',
          onLifespan: (scope) => {
            const failed = { type: 'lifespan.startup.failed', message: 'no database' }
            void scope
              .receive()
              .then(() => scope.sendLast(failed))
              .catch(() => undefined)
          },
        }),
      )
    case 'address': {
      const port = await freePort(HOST)
      const occupant = createServer()
      occupant.listen({ host: HOST, port, exclusive: true })
      await once(occupant, 'listening')
      try {
        return await codeOf(await launcher.start({ ...common, host: HOST, port, mayBeBusy: true }))
      } finally {
        occupant.close()
      }
    }
  }
}

async function codeOf(iut: Iut): Promise<number | null> {
  iut.expectEnd()
  const exit = await iut.ended()
  return exit?.code ?? null
}
