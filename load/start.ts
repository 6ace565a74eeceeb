import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Blocker } from '../evidence/load.ts'
import type { PreparedTarget, RunningTarget } from '../targets/target.ts'
import { LOAD_APPLICATION } from './application.ts'
import type { Engine, EngineResult } from './engines/engine.ts'
import { interferenceOf } from './interference.ts'
import { ProcessMeter, whyNoMeter } from './meter/process-meter.ts'
import { cut, type WindowReading } from './meter/window.ts'
import type { PlannedStart } from './plan.ts'
import type { StartRecord } from './start-record.ts'
import { encode } from './statistics/histogram.ts'

/** Of a server's output: enough for its last words, whatever it logs for each request. */
const LOG_BYTES = 64 * 1024

/**
 * One independent start: launch, load, stop. Null when the user stopped it.
 * @throws AssayError when the server does not start, or the generator fails.
 */
export async function runStart(
  { run, index }: PlannedStart,
  target: PreparedTarget,
  engine: Engine,
  logFile: string,
  signal: AbortSignal,
): Promise<StartRecord | null> {
  const startedAt = new Date().toISOString()
  const { profile } = run
  const server = await target.launch({
    application: LOAD_APPLICATION,
    logFile,
    ...(profile.workers > 1 && { workers: profile.workers }),
  })
  const scratch = await mkdtemp(path.join(tmpdir(), 'assay-load-'))
  const halt = new AbortController()
  const onAbort = (): void => halt.abort()
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  const death = watchDeath(server, halt)
  const meterReason = whyNoMeter(server.pid)
  const meter = meterReason === null ? new ProcessMeter(server.pid ?? 0, { memory: true }) : null
  try {
    meter?.start()
    const { host, port } = server
    const seen = await engine.run({ host, port, profile, scratch, halt: halt.signal })
    const reading = meter?.stop()
    if (signal.aborted) return null
    const window = reading === undefined ? null : cut(reading, seen.window)
    const source = window === null ? null : (reading?.memorySource ?? null)
    const known = { startedAt, index, meterReason, memorySource: source }
    const interference = interferenceOf(profile, seen, window)
    return { ...record(seen, window), ...known, interference, blockers: blockers(seen, death()) }
  } finally {
    meter?.stop()
    signal.removeEventListener('abort', onAbort)
    // How a server shuts down is judged by the conformance suite; here its answers are all in.
    await server.stop(0)
    await rm(scratch, { recursive: true, force: true })
    await shorten(logFile)
  }
}

/** A server that ends by itself ends the load; the returned function tells how it ended, if it did. */
function watchDeath(server: RunningTarget, halt: AbortController): () => string | null {
  let death: string | null = null
  void server.exited.then(({ code, signal }) => {
    death = signal === null ? `exit code ${code}` : signal
    halt.abort()
  })
  return () => death
}

function record(
  seen: EngineResult,
  window: WindowReading | null,
): Omit<
  StartRecord,
  'startedAt' | 'index' | 'meterReason' | 'memorySource' | 'interference' | 'blockers'
> {
  const seconds = (seen.window.to - seen.window.from) / 1000
  const failed = Object.values(seen.failures).reduce((sum, count) => sum + count, 0)
  return {
    seconds,
    requests: { ok: seen.ok, failed, dropped: seen.dropped },
    failures: seen.failures,
    latencyHistogram: encode(seen.latency),
    serviceTimeHistogram: seen.serviceTime === null ? null : encode(seen.serviceTime),
    offeredRate: seen.offeredRate,
    achievedRate: seconds > 0 ? seen.ok / seconds : 0,
    connectionsServed: seen.connectionsServed,
    memory: window?.memory ?? [],
    cpu: window?.cpu ?? [],
    descriptors: window?.descriptors ?? [],
    contextSwitches: window?.contextSwitches ?? null,
    generator: { cpuShare: seen.generator.cpuShare, lagP99: seen.generator.lagP99 },
    machine: {
      pressureShare: window?.pressureShare ?? null,
      stealShare: window?.stealShare ?? null,
      serverWaitShare: window?.waitShare ?? null,
      generatorWaitShare: seen.generator.waitShare,
    },
  }
}

function blockers(seen: EngineResult, death: string | null): readonly Blocker[] {
  if (death === null) return seen.blockers
  const message = `The server ended under load (${death}); the start was cut short.`
  return [...seen.blockers, { code: 'server-died', message }]
}

async function shorten(logFile: string): Promise<void> {
  const text = await readFile(logFile).catch(() => null)
  if (text === null || text.length <= LOG_BYTES) return
  const note = `(the first ${text.length - LOG_BYTES} bytes are left out)\n`
  await writeFile(logFile, Buffer.concat([Buffer.from(note), text.subarray(-LOG_BYTES)]))
}
