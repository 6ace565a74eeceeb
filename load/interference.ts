import { availableParallelism } from 'node:os'
import type { Blocker, LoadProfile } from '../evidence/load.ts'
import type { EngineResult } from './engines/engine.ts'
import type { WindowReading } from './meter/window.ts'

/** Limits beyond which the numbers of a start hold as a bound on one side only (docs/load.md). */
const SATURATED_CPU_SHARE = 0.9
const LATE_SECONDS = 0.01
const WAIT_SHARE = 0.1
const STEAL_SHARE = 0.01

/** What held the server back, or delayed what was seen of it, from outside. */
export function interferenceOf(
  profile: LoadProfile,
  { generator }: EngineResult,
  server: WindowReading | null,
): readonly Blocker[] {
  const found: Blocker[] = []
  const note = (code: string, message: string): void => void found.push({ code, message })
  const cores = availableParallelism()
  if (profile.model === 'closed' && generator.cpuShare > SATURATED_CPU_SHARE) {
    const share = percent(generator.cpuShare)
    note('generator-saturated', `The generator used ${share} of its core: it asked for no more.`)
  }
  if (profile.model === 'open' && (generator.lagP99 ?? 0) > LATE_SECONDS) {
    const late = `${((generator.lagP99 ?? 0) * 1000).toFixed(0)} ms`
    note('generator-late', `One in a hundred requests was sent more than ${late} late.`)
  }
  if ((server?.waitShare ?? 0) > WAIT_SHARE) {
    note('server-waited', `The server waited for a CPU ${percent(server?.waitShare)} of the time.`)
  }
  // An open model shows it by the lateness of its arrivals.
  if (profile.model === 'closed' && (generator.waitShare ?? 0) > WAIT_SHARE) {
    const share = percent(generator.waitShare)
    note('generator-waited', `The generator waited for a CPU ${share} of the time.`)
  }
  if ((server?.stealShare ?? 0) > STEAL_SHARE * cores) {
    note('steal', `Another guest of the machine took ${percent(server?.stealShare)} of a core.`)
  }
  if (profile.workers + 1 > cores) {
    const needed = `${profile.workers} workers and a generator`
    note('too-few-cores', `${needed} had ${cores} cores between them.`)
  }
  return found
}

function percent(share: number | null | undefined): string {
  return `${((share ?? 0) * 100).toFixed(0)} %`
}
