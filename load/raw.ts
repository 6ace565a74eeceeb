import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { LoadRun } from '../evidence/load.ts'
import type { PlannedRun } from './plan.ts'
import { type RunRecord, type StartRecord, toEvidence } from './start-record.ts'
import { decode, merge, percentilePoints } from './statistics/histogram.ts'

/** Relative to the bundle. */
const RAW_FOLDER = 'raw/load'
export const LOG_FOLDER = 'raw/load/logs'

/** `capacity.autocannon.target`; a profile's name is its author's, and may hold anything. */
export function fileStem({ profile, engine, subject }: PlannedRun): string {
  return `${profile.name.replaceAll(/[^\w.-]/g, '-')}.${engine}.${subject}`
}

/** Writes the raw file of a run that has starts, and says where in the record. */
export async function writeRaw(bundle: string, record: RunRecord & PlannedRun): Promise<RunRecord> {
  if (record.starts.length === 0) return record
  const raw = `${RAW_FOLDER}/${fileStem(record)}.json`
  const written = { ...record, raw }
  await mkdir(path.join(bundle, RAW_FOLDER), { recursive: true })
  await writeFile(path.join(bundle, raw), `${JSON.stringify(written, null, 1)}\n`)
  return written
}

/** What evidence keeps of a run. */
export function toLoadRun(record: RunRecord): LoadRun {
  const { profile, engine, engineVersion, subject, starts, reason, raw } = record
  const histograms = starts.map(({ latencyHistogram }) => decode(latencyHistogram))
  return {
    profile: profile.name,
    engine,
    engineVersion,
    model: profile.model,
    subject,
    conditions: conditions(record),
    starts: starts.map(toEvidence),
    percentiles: percentilePoints(merge(histograms)),
    reason,
    raw,
  }
}

function conditions({ profile, starts }: RunRecord): Record<string, string | number> {
  const { request, rate, connections } = profile
  const facts: Record<string, string | number> = {
    request: `${request.method} ${request.path}`,
    ...(request.bodyBytes > 0 && { 'request body, bytes': request.bodyBytes }),
    ...(rate === null
      ? { connections }
      : { 'arrivals a second': rate, 'virtual users': connections }),
    workers: profile.workers,
    'measured window, s': profile.seconds,
    'warm-up, s': profile.warmupSeconds,
  }
  const worst = (name: string, pick: (start: StartRecord) => number | null): void => {
    const values = starts.map(pick).filter((value) => value !== null)
    if (values.length > 0) facts[name] = Number(Math.max(...values).toFixed(3))
  }
  worst('CPU pressure, worst start', ({ machine }) => machine.pressureShare)
  worst('CPU steal, worst start', ({ machine }) => machine.stealShare)
  worst('server waiting for a CPU, worst start', ({ machine }) => machine.serverWaitShare)
  worst('generator waiting for a CPU, worst start', ({ machine }) => machine.generatorWaitShare)
  const source = new Set(starts.map(({ memorySource }) => memorySource).filter(Boolean))
  if (source.size > 0) facts['memory counted as'] = [...source].join(', ')
  const disturbed = new Set(
    starts.flatMap(({ interference }) => interference.map(({ code }) => code)),
  )
  if (disturbed.size > 0) facts['interference'] = [...disturbed].join(', ')
  return facts
}
