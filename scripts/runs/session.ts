import { join } from 'node:path'
import { EXIT, type ExitCode } from '../../evidence/verdict.ts'
import type { ValidationRecord } from '../../reports/record/record.ts'
import { serialiseRecord } from '../../reports/record/serialise.ts'
import { parseTargetSpec } from '../../targets/spec.ts'
import { compareRecords } from '../terminal/comparison.ts'
import { onInterrupt } from '../terminal/interrupt.ts'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { penFor } from '../terminal/style.ts'
import { summarise } from '../terminal/summary.ts'
import { createFolder, defaultFolder, fileName } from './folder.ts'
import { exitCodeFor } from './record.ts'
import { carryOut, type RunPlan } from './validation.ts'

/** One run as the command line asks for it. */
export interface RunRequest extends Omit<RunPlan, 'spec'> {
  readonly target: string
  readonly serverArgs: readonly string[]
  readonly pins: readonly string[]
  /** Null: a new folder under `assay-report`. */
  readonly out: string | null
  readonly json: boolean
  readonly seed: number
}

/** Carries out one run and prints its result: JSON to standard output, or a summary for people. */
export async function runOne(request: RunRequest): Promise<ExitCode> {
  const { record, folder } = await supervise(async (progress, signal) =>
    runInFolder(request, request.out, progress, signal),
  )
  process.stdout.write(
    request.json ? serialiseRecord(record) : summarise(record, folder, penFor(process.stdout)),
  )
  return exitCodeFor(record)
}

/**
 * Carries out one run after another, each in a folder of its own, then prints every result and where
 * they differ, or one JSON document. The gravest exit code counts.
 */
export async function runAll(requests: readonly RunRequest[]): Promise<ExitCode> {
  for (const { target, serverArgs, pins } of requests) parseTargetSpec(target, { serverArgs, pins })
  const results = await supervise(async (progress, signal) => {
    const finished: RunResult[] = []
    for (const request of requests) {
      if (signal.aborted) break
      progress.note(request.target)
      const out = request.out === null ? null : join(request.out, fileName(request.target))
      finished.push(await runInFolder(request, out, progress, signal))
    }
    return finished
  })
  const records = results.map(({ record }) => record)
  const pen = penFor(process.stdout)
  process.stdout.write(
    requests.some(({ json }) => json)
      ? `${JSON.stringify({ records }, null, 2)}\n`
      : [
          ...results.map(({ record, folder }) => summarise(record, folder, pen)),
          compareRecords(records, pen),
        ].join('\n'),
  )
  const skipped = records.length < requests.length ? [EXIT.unproven] : []
  return gravest([...records.map(exitCodeFor), ...skipped])
}

/** Infrastructure before failure before doubt: what says least about the target is said first. */
function gravest(codes: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = [EXIT.infrastructure, EXIT.fail, EXIT.unproven]
  return order.find((code) => codes.includes(code)) ?? EXIT.pass
}

interface RunResult {
  readonly record: ValidationRecord
  /** Absolute path of its bundle. */
  readonly folder: string
}

/** The part of a run that happens in its folder; the target's word is checked before the folder is made. */
async function runInFolder(
  request: RunRequest,
  out: string | null,
  progress: Progress,
  signal: AbortSignal,
): Promise<RunResult> {
  const { target, serverArgs, pins, seed } = request
  const spec = parseTargetSpec(target, { serverArgs, pins })
  const folder = await createFolder(out ?? defaultFolder(target, new Date().toISOString()))
  const record = await carryOut({ ...request, spec }, { folder, seed, progress, signal })
  return { record, folder }
}

/** With a progress line, and with Ctrl-C that ends the run instead of the process. */
export async function supervise<T>(
  action: (progress: Progress, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const progress = createProgress()
  const interruption = onInterrupt((signal) => {
    progress.note(`${signal}: stopping the target and writing what there is; once more to quit.`)
  })
  try {
    return await action(progress, interruption.signal)
  } finally {
    interruption.release()
    progress.finish()
  }
}
