import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { Blocker } from '../../evidence/load.ts'
import { packageRoot } from '../../targets/package-root.ts'
import { ProcessMeter, whyNoMeter } from '../meter/process-meter.ts'
import { cut } from '../meter/window.ts'
import { layOnSchedule, type OpenOutcome } from './arrival-schedule.ts'
import {
  type Engine,
  type EngineRequest,
  type EngineResult,
  REQUEST_TIMEOUT_SECONDS,
} from './engine.ts'
import type { K6 } from './find-k6.ts'
import { type K6Arrival, K6Samples } from './k6-samples.ts'

const SCRIPT = path.join('load', 'k6', 'arrival-rate.ts')
/** Of k6's exit codes only these are a finished run: 0, and 99 for a threshold that was crossed. */
const FINISHED: readonly (number | null)[] = [0, 99]
/** k6 ended because it was told to. */
const ABORTED = 105
/** k6 takes no shorter scenario. */
const SHORTEST_SECONDS = 1

/** The open model: one k6 process for each run, whose samples are read when it has ended. */
export class K6Engine implements Engine {
  readonly name = 'k6'
  readonly version: string
  readonly #file: string

  constructor(k6: K6) {
    this.version = k6.version
    this.#file = k6.file
  }

  async run(request: EngineRequest): Promise<EngineResult> {
    const rate = request.profile.rate
    if (rate === null) throw new TypeError('a closed profile has no rate for k6')
    const csv = path.join(request.scratch, 'k6.csv')
    const child = spawn(this.#file, commandLine(request, rate, csv), {
      // A group of its own: Ctrl-C ends it by way of `halt`, so that its samples are complete.
      detached: true,
      env: environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const meter = await spawned(child, this.#file)
    const complaint = await finish(child, request.halt)
    const reading = meter?.stop()
    if (complaint !== null) throw broken(this.#file, complaint)
    const outcome = layOnSchedule(await readArrivals(csv), { ...request.profile, rate })
    const own = reading === undefined ? null : cut(reading, outcome.window)
    return {
      window: outcome.window,
      ok: outcome.ok,
      failures: outcome.failures,
      dropped: outcome.dropped,
      latency: outcome.responseTime,
      serviceTime: outcome.serviceTime,
      offeredRate: rate,
      connectionsServed: null,
      generator: {
        cpuShare: (own?.cpu.at(-1)?.[1] ?? 0) / request.profile.seconds,
        lagP99: outcome.lagP99,
        waitShare: own?.waitShare ?? null,
      },
      blockers: request.halt.aborted ? [] : blockersOf(outcome, rate),
    }
  }

  async close(): Promise<void> {}
}

function commandLine({ host, port, profile }: EngineRequest, rate: number, csv: string): string[] {
  const address = host.includes(':') ? `[${host}]` : host
  const seconds = Math.max(SHORTEST_SECONDS, profile.warmupSeconds + profile.seconds)
  const settings = {
    URL: `http://${address}:${port}${profile.request.path}`,
    METHOD: profile.request.method,
    USERS: profile.connections,
    TIMEOUT: `${REQUEST_TIMEOUT_SECONDS}s`,
    BODY_BYTES: profile.request.bodyBytes,
    RATE: rate,
    DURATION: `${Math.ceil(seconds * 1000)}ms`,
  }
  return [
    'run',
    '--quiet',
    '--no-color',
    '--no-usage-report',
    // Empty: no control server, whose default port would be taken by a second k6.
    '--address=',
    '--log-output=stderr',
    `--out=csv=${csv}`,
    ...Object.entries(settings).flatMap(([name, value]) => ['-e', `ASSAY_${name}=${value}`]),
    // Last: xk6-ts looks for the script there.
    path.join(packageRoot(), SCRIPT),
  ]
}

/** Without the user's own K6_ settings, which would override those of the script. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('K6_'))
  return { ...Object.fromEntries(inherited), K6_CSV_TIME_FORMAT: 'unix_micro' }
}

async function spawned(child: ChildProcess, file: string): Promise<ProcessMeter | null> {
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw broken(file, String(error))
  }
  const pid = child.pid ?? null
  if (pid === null || whyNoMeter(pid) !== null) return null
  const meter = new ProcessMeter(pid, { memory: false })
  meter.start()
  return meter
}

/** What went wrong; null when the run finished, or was halted as asked. */
async function finish(child: ChildProcess, halt: AbortSignal): Promise<string | null> {
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = `${errors}${text}`.slice(-2000)
  })
  const stop = (): void => void child.kill('SIGINT')
  const kill = (): void => void child.kill('SIGKILL')
  halt.addEventListener('abort', stop)
  process.once('exit', kill)
  if (halt.aborted) stop()
  await once(child, 'close')
  const { exitCode: code, signalCode: signal } = child
  halt.removeEventListener('abort', stop)
  process.off('exit', kill)
  if (FINISHED.includes(code) || (halt.aborted && code === ABORTED)) return null
  return `ended with ${signal ?? `exit code ${code}`}: ${errors.trim() || 'no message'}`
}

async function readArrivals(csv: string): Promise<readonly K6Arrival[]> {
  const samples = new K6Samples()
  for await (const line of createInterface({ input: createReadStream(csv) })) samples.line(line)
  samples.end()
  await rm(csv)
  return samples.arrivals
}

function blockersOf({ dropped, missing }: OpenOutcome, rate: number): readonly Blocker[] {
  const blockers: Blocker[] = []
  if (dropped > 0) {
    blockers.push({
      code: 'dropped-arrivals',
      message: `k6 dropped ${dropped} arrivals because every virtual user was waiting: the slowest requests were never made.`,
    })
  }
  if (missing > 0) {
    blockers.push({
      code: 'rate-not-achieved',
      message: `k6 made ${missing} arrivals fewer than ${rate} a second.`,
    })
  }
  return blockers
}

function broken(file: string, what: string): InfrastructureError {
  return new InfrastructureError({
    code: 'load/generator',
    input: file,
    rule: `${what}.`,
    cure: 'Run it by hand with the same script, or build it anew with "npm run build:k6".',
  })
}
