import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { AssayError } from '../evidence/errors.ts'
import type { LoadEvidence, MeasurementNeed } from '../evidence/load.ts'
import type { PreparedTarget } from '../targets/target.ts'
import type { Engine } from './engines/engine.ts'
import { Engines } from './engines/open.ts'
import type { LoadEvent } from './events.ts'
import { measure } from './measure.ts'
import { type Batch, type PlannedRun, type PlannedStart, plan } from './plan.ts'
import { Clock } from './progress.ts'
import { fileStem, LOG_FOLDER, toLoadRun, writeRaw } from './raw.ts'
import { runStart } from './start.ts'
import type { RunRecord, StartRecord } from './start-record.ts'

export interface LoadOptions {
  readonly target: PreparedTarget
  /** The reference server, measured beside it; null when the target is the reference server itself. */
  readonly yardstick: PreparedTarget | null
  readonly needs: readonly MeasurementNeed[]
  /** Decides the order of the starts. */
  readonly seed: number
  /** Folder of the bundle; raw files go to `raw/load/` in it. */
  readonly bundle: string
  onEvent(event: LoadEvent): void
  /** Stops the server and the generator; what is complete by then is returned. */
  readonly signal: AbortSignal
}

/** What a run has come to so far. */
interface RunState {
  readonly starts: StartRecord[]
  engineVersion: string
  reason: string | null
}

/**
 * Loads the target, and the yardstick beside it, with each profile that is needed. A server that does
 * not start, a generator that is absent or a start that fails leaves a reason in the run, not an error.
 */
export async function runLoad(options: LoadOptions): Promise<LoadEvidence> {
  const batches = plan(options.needs, {
    yardstick: options.yardstick !== null,
    seed: options.seed,
  })
  await mkdir(path.join(options.bundle, LOG_FOLDER), { recursive: true })
  const engines = new Engines()
  const clock = new Clock(batches.flatMap(({ starts }) => starts))
  const records: RunRecord[] = []
  try {
    for (const batch of batches) {
      records.push(...(await runBatch(batch, engines, clock, options)))
    }
  } finally {
    await engines.close()
  }
  return {
    complete: !options.signal.aborted,
    runs: records.map(toLoadRun),
    measurements: measure(options.needs, records),
  }
}

async function runBatch(
  { runs, starts }: Batch,
  engines: Engines,
  clock: Clock,
  options: LoadOptions,
): Promise<readonly RunRecord[]> {
  const states = new Map<PlannedRun, RunState>()
  for (const run of runs) states.set(run, await prepare(run, engines, options))
  const [first] = runs
  if (first === undefined) return []
  const impossible = states.get(first)?.reason ?? null
  for (const [{ subject }, state] of states) {
    // What the target would have been compared to is of no use without it.
    if (subject === 'target') state.reason ??= impossible
  }
  options.onEvent({
    type: 'run-started',
    profile: first.profile.name,
    engine: first.engine,
    subjects: [...new Set(runs.map(({ subject }) => subject))],
    progress: clock.progress(),
  })
  for (const start of starts) {
    const state = states.get(start.run)
    if (state !== undefined) await step(start, state, engines, clock, options)
  }
  return Promise.all(
    [...states].map(async ([run, state]) => {
      const record = await finish(run, state, options)
      const progress = clock.progress()
      options.onEvent({ type: 'run-finished', run: toLoadRun(record), progress })
      return record
    }),
  )
}

/** Why a run cannot take place here is known before its first start. */
async function prepare(run: PlannedRun, engines: Engines, options: LoadOptions): Promise<RunState> {
  const state: RunState = { starts: [], engineVersion: 'unknown', reason: null }
  const { engine: name, profile, subject } = run
  const opened = await engines.open(name)
  if ('reason' in opened) return { ...state, reason: opened.reason }
  state.engineVersion = opened.engine.version
  const model = name === 'k6' ? 'open' : 'closed'
  if (profile.model !== model) {
    const reason = `${name} generates the ${model} model only, and ${profile.name} is ${profile.model}.`
    return { ...state, reason }
  }
  const server = subjectOf(subject, options)
  if (profile.workers > 1 && server?.has('workers') !== true) {
    return { ...state, reason: `${server?.identity.spec} does not declare workers.` }
  }
  return state
}

/** One start; whatever prevents it is the reason that its run goes no further. */
async function step(
  start: PlannedStart,
  state: RunState,
  engines: Engines,
  clock: Clock,
  options: LoadOptions,
): Promise<void> {
  const opened = await engines.open(start.run.engine)
  if (options.signal.aborted || state.reason !== null || 'reason' in opened) {
    return clock.skipped(start)
  }
  clock.started()
  const record = await attempt(start, opened.engine, options)
  clock.finished(start)
  if (record === null) return
  if ('reason' in record) {
    state.reason = record.reason
    return
  }
  state.starts.push(record)
  const { profile, engine, subject } = start.run
  options.onEvent({
    type: 'start-finished',
    profile: profile.name,
    engine,
    subject,
    index: start.index,
    requests: record.requests,
    achievedRate: record.achievedRate,
    progress: clock.progress(),
  })
}

async function attempt(
  start: PlannedStart,
  engine: Engine,
  options: LoadOptions,
): Promise<StartRecord | { readonly reason: string } | null> {
  const server = subjectOf(start.run.subject, options)
  if (server === null) return { reason: 'There is no yardstick.' }
  const log = path.join(options.bundle, LOG_FOLDER, `${fileStem(start.run)}.${start.index}.log`)
  try {
    return await runStart(start, server, engine, log, options.signal)
  } catch (error) {
    if (error instanceof AssayError) return { reason: error.message }
    throw error
  }
}

async function finish(
  { profile, engine, subject }: PlannedRun,
  { starts, engineVersion, reason }: RunState,
  { bundle, signal }: LoadOptions,
): Promise<RunRecord> {
  const short = signal.aborted && starts.length < profile.starts
  const why = reason ?? (short ? 'The user stopped the run.' : null)
  const record = { profile, engine, subject, starts, engineVersion, reason: why }
  return writeRaw(bundle, { ...record, raw: null })
}

function subjectOf(subject: 'target' | 'yardstick', options: LoadOptions): PreparedTarget | null {
  switch (subject) {
    case 'target':
      return options.target
    case 'yardstick':
      return options.yardstick
  }
}
