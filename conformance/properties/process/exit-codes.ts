import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { freePort } from '../../../targets/launch/port.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { cooperate } from '../../testers/lifespan-script.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { type Property, processProperty } from '../property.ts'

export const EXIT_CODES = 'process/exit-codes'
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
  id: EXIT_CODES,
  law: 'the exit code tells wrong settings, an application that refuses to start and an address in use apart as documented, with workers as without; a start that was completed is undone',
  clauses: [EXIT_CODES, UNDONE],
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
          EXIT_CODES,
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
  },
})

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

export async function codeOf(iut: Iut): Promise<number | null> {
  iut.expectEnd()
  const exit = await iut.ended()
  return exit?.code ?? null
}
