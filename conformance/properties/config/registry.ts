import type { Property } from '../property.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { logLevel } from './log-level.ts'
import { refusals } from './refusals.ts'
import { sources } from './sources.ts'
import { unixSocket } from './unix-socket.ts'
import { workers } from './workers.ts'

/** Settings do what the documentation of the server says. */
export const config: readonly Property[] = [
  ...sources,
  ...refusals,
  logLevel,
  unixSocket,
  workers,
  limitConcurrency,
]
