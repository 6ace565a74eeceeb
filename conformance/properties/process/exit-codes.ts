import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { freePort } from '../../../targets/launch/port.ts'
import type { TlsFiles } from '../../../targets/settings.ts'
import { certificates } from '../../testers/certificates.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { cooperate } from '../../testers/lifespan-script.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'process/exit-codes'
const UNDONE = 'process/start-undone'
const HOST = '127.0.0.1'

const CAUSES = ['settings', 'application', 'address', 'port of the metrics'] as const
type Cause = (typeof CAUSES)[number]

/** What the capability `documented/exit-codes` promises; and 0 after a signal. */
const CODES: Readonly<Record<Cause, number>> = {
  settings: 2,
  application: 3,
  address: 5,
  'port of the metrics': 5,
}

/** How a start ended, and what lifespans have heard of it, but for those of an application that refuses. */
interface Failure {
  readonly code: number | null
  readonly heard: readonly string[]
}

/** For servers whose documentation tells why a start has failed by its exit code. */
export const exitCodes: Property = processProperty({
  id: CLAUSE,
  law: 'the exit code tells wrong settings, an application that refuses to start and an address in use apart as documented, with workers as without; a start that was completed is undone',
  clauses: [CLAUSE, UNDONE],
  needs: [
    'http/1.1',
    'process',
    'config/command-line',
    'workers',
    'lifespan',
    'metrics',
    'documented/exit-codes',
  ],
  enough: 1,
  program: fc.shuffledSubarray<Cause>([...CAUSES], { minLength: CAUSES.length }),
  async run(launcher, causes) {
    for (const cause of causes)
      for (const workers of [1, 2]) {
        const { code, heard } = await failedStart(launcher, cause, workers)
        const about = `what the ${cause} brought about, with ${workers} workers`
        launcher.check(
          CLAUSE,
          code === CODES[cause],
          `exit code ${CODES[cause]} for ${about}`,
          () => String(code),
        )
        const count = (type: string): number => heard.filter((one) => one === type).length
        launcher.check(
          UNDONE,
          cause === 'settings'
            ? heard.length === 0
            : count('lifespan.startup') === count('lifespan.shutdown'),
          `${cause === 'settings' ? 'no lifespan' : 'a shutdown for each start-up'} behind ${about}`,
          () => heard.join(', '),
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

async function failedStart(launcher: Launcher, cause: Cause, workers: number): Promise<Failure> {
  const heard: string[] = []
  const common = {
    workers,
    waitUntilListening: false,
    lifespan: 'on',
    onLifespan: (scope: RemoteScope) =>
      void cooperate(scope, (type) => heard.push(type)).catch(() => undefined),
  } as const
  const failure = async (iut: Iut): Promise<Failure> => ({ code: await codeOf(iut), heard })
  switch (cause) {
    case 'settings':
      return await failure(
        await launcher.start({
          ...common,
          addressIn: 'nowhere',
          settings: { 'command-line': { port: 'eighty' } },
        }),
      )
    case 'application':
      return await failure(
        await launcher.start({
          ...common,
          onLifespan: (scope) => {
            const failed = { type: 'lifespan.startup.failed', message: 'no database' }
            void scope
              .receive()
              .then(() => scope.sendLast(failed))
              .catch(() => undefined)
          },
        }),
      )
    case 'address':
      return await withTakenPort(async (port) => {
        const busy = { ...common, host: HOST, port, mayBeBusy: true }
        return await failure(await launcher.start(busy))
      })
    case 'port of the metrics':
      return await withTakenPort(async (metricsPort) => {
        const settings = { 'command-line': { metricsPort } }
        return await failure(await launcher.start({ ...common, settings }))
      })
  }
}

async function withTakenPort<Result>(use: (port: number) => Promise<Result>): Promise<Result> {
  const port = await freePort(HOST)
  const occupant = createServer()
  occupant.listen({ host: HOST, port, exclusive: true })
  await once(occupant, 'listening')
  try {
    return await use(port)
  } finally {
    occupant.close()
  }
}

async function codeOf(iut: Iut): Promise<number | null> {
  iut.expectEnd()
  const exit = await iut.ended()
  return exit?.code ?? null
}
