import { daphne } from './daphne.ts'
import type { ServerDescriptor } from './descriptor.ts'
import { granian } from './granian.ts'
import { gunicorn } from './gunicorn.ts'
import { hypercorn } from './hypercorn.ts'
import { reference } from './reference.ts'
import { uvicorn } from './uvicorn.ts'

/** Every server that can be named on the command line: a new one is one file and one line here. */
export const SERVERS: readonly ServerDescriptor[] = [
  reference,
  uvicorn,
  hypercorn,
  daphne,
  granian,
  gunicorn,
]

/** Servers that a user has added in a configuration file, for this process. */
let added: readonly ServerDescriptor[] = []

/** Replaces what was added before. */
export function addServers(servers: readonly ServerDescriptor[]): void {
  added = servers
}

/** Our own servers, then the user's. */
export function allServers(): readonly ServerDescriptor[] {
  return [...SERVERS, ...added]
}

export function findServer(name: string): ServerDescriptor | null {
  return allServers().find((server) => server.name === name) ?? null
}
