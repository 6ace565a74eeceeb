import { InfrastructureError } from '../../evidence/errors.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import type { ServerKind } from '../properties/property.ts'
import { certificates } from '../testers/certificates.ts'
import { Iut, type StartOptions } from '../testers/iut.ts'
import { ANY_TLS } from '../testers/tls-client.ts'

/** Milliseconds in which a server of no further use may end by itself. */
export const SHORT_GRACE = 500

/** A server for programs to share, ready for exchanges. */
export async function startServer(
  target: PreparedTarget,
  kind: ServerKind,
  logFile: string,
): Promise<Iut> {
  const iut = await Iut.start(target, { logFile, keepsIdle: true, ...(await optionsFor(kind)) })
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

async function optionsFor(kind: ServerKind): Promise<Omit<StartOptions, 'logFile'>> {
  if (kind === 'plain') return {}
  const { files } = await certificates()
  return { tls: ANY_TLS, settings: { 'command-line': { tls: files } } }
}
