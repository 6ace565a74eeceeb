import { join } from 'node:path'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import type { Route } from '../properties/property.ts'
import { certificates } from '../testers/certificates.ts'
import { Iut, type StartOptions } from '../testers/iut.ts'
import { socketFolder } from '../testers/socket-folder.ts'
import { ANY_TLS } from '../testers/tls-client.ts'

/** Milliseconds in which a server of no further use may end by itself. */
export const SHORT_GRACE = 500

/** A server for programs to share, ready for exchanges. */
export async function startServer(
  target: PreparedTarget,
  route: Route,
  logFile: string,
): Promise<Iut> {
  if (route !== 'unix-socket') return await startWith(target, logFile, await optionsFor(route))
  const { folder, remove } = await socketFolder()
  try {
    const iut = await startWith(target, logFile, { uds: join(folder, 'shared.sock') })
    void iut.running.exited.then(remove)
    return iut
  } catch (error) {
    await remove()
    throw error
  }
}

async function startWith(
  target: PreparedTarget,
  logFile: string,
  options: Omit<StartOptions, 'logFile'>,
): Promise<Iut> {
  const iut = await Iut.start(target, { logFile, keepsIdle: true, ...options })
  try {
    await iut.calibrate()
    return iut
  } catch (error) {
    await iut.stop(SHORT_GRACE)
    throw error
  }
}

/** It takes connections, and the application in it has not called: to be tried once more where it has before. */
export function isUnheard(error: unknown): boolean {
  return error instanceof InfrastructureError && error.code === 'probe/never-called-home'
}

async function optionsFor(route: 'tcp' | 'tls'): Promise<Omit<StartOptions, 'logFile'>> {
  if (route === 'tcp') return {}
  const { files } = await certificates()
  return { tls: ANY_TLS, settings: { 'command-line': { tls: files } } }
}
