import { availableParallelism, loadavg } from 'node:os'

/** A Python server needs about half a second to start; a busy machine may need ten times as long. */
const FLOOR = 8000

/** How much longer than usual a start may take: others start beside it. */
const SPREAD = 5

/** A start that takes longer than this has failed, however busy the machine is. */
const CEILING = 60_000

/** How far one start moves what is usual: a slow application alone says little about the machine. */
const WEIGHT = 0.2

/** Milliseconds, of all servers that this process has launched: how busy the machine is, is the same for all of them. */
let usual = 0

/** Takes note of a server that came up so many milliseconds after its launch. */
export function noteStart(ms: number): void {
  usual += WEIGHT * (ms - usual)
}

/** Processes a core that want to run while the suite is at work and nothing else is. */
const OWN_LOAD = 2

const CORES = availableParallelism()

/** Milliseconds for which a reading of the load stands: the system computes it anew every five seconds. */
const READING = 1000

let load = 0
let readAt = Number.NEGATIVE_INFINITY

/** Processes that want to run, of the last minute; asking the system takes as long as sending a request. */
function currentLoad(): number {
  const now = performance.now()
  if (now - readAt < READING) return load
  readAt = now
  load = loadavg()[0] ?? 0
  return load
}

/** Milliseconds that launching, starting up or ending a server may take on this machine, as busy as it is. */
export function startPatience(): number {
  const crowding = Math.max(1, currentLoad() / CORES / OWN_LOAD)
  return Math.min(Math.max(FLOOR * crowding, SPREAD * usual), CEILING)
}
