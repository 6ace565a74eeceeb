import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { freePort } from '../../../targets/launch/port.ts'
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
  },
})

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
