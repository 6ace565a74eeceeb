import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compare } from '../../conformance/differential/compare.ts'
import { confirm } from '../../conformance/differential/confirm.ts'
import { ProgramCases, Recorder } from '../../conformance/differential/recorder.ts'
import type { Comparison } from '../../evidence/difference.ts'
import { EXIT, type ExitCode } from '../../evidence/verdict.ts'
import { diffTargets, disagrees } from '../../reports/diff/build.ts'
import type { NamedRecord } from '../../reports/diff/clauses.ts'
import type { DiffDocument } from '../../reports/diff/document.ts'
import { renderDiff } from '../../reports/diff/markdown.ts'
import type { ValidationRecord } from '../../reports/record/record.ts'
import type { TargetSpec } from '../../targets/target.ts'
import type { Progress } from '../terminal/progress.ts'
import { shortPath } from '../terminal/summary.ts'
import type { ConformanceEffort } from './conformance.ts'
import { Incidents } from './context.ts'
import { createFolder, defaultFolder, fileName } from './folder.ts'
import { prepare } from './prepare.ts'
import { toolIdentity } from './record.ts'
import { carryOut } from './validation.ts'

export interface DiffRequest {
  /** As typed, each once. */
  readonly targets: readonly { readonly word: string; readonly spec: TargetSpec }[]
  readonly effort: ConformanceEffort
  readonly seed: number
  /** Null: a new folder under `assay-report`. */
  readonly out: string | null
}

interface Ran {
  readonly word: string
  readonly spec: TargetSpec
  readonly record: ValidationRecord
  readonly folder: string
  readonly recorder: Recorder
}

/** Milliseconds in which differences are seen again, at least. */
const CONFIRM_TIME = 60_000

/** Runs the same programs on every target, one target after another, then looks again at what differs. */
export async function diff(
  request: DiffRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly document: DiffDocument; readonly folder: string }> {
  const startedAt = new Date().toISOString()
  const folder = await createFolder(request.out ?? defaultFolder('diff', startedAt))
  const cases = new ProgramCases()
  const ran: Ran[] = []
  for (const { word, spec } of request.targets) {
    if (signal.aborted) break
    progress.note(word)
    const own = await createFolder(join(folder, fileName(word)))
    const recorder = new Recorder(cases)
    const record = await carryOut(
      {
        spec,
        requirements: null,
        conformance: request.effort,
        needs: [],
        quick: false,
        observer: (...shown) => recorder.note(...shown),
      },
      { folder: own, seed: request.seed, progress, signal },
    )
    ran.push({ word, spec, record, folder: own, recorder })
  }
  const sides = named(ran)
  const silent = await lookAgain(ran, sides, cases, { request, folder, progress, signal })
  const document = diffTargets({
    tool: toolIdentity(),
    seed: request.seed,
    startedAt,
    finishedAt: new Date().toISOString(),
    sides,
    silent: ran.length < request.targets.length ? null : silent,
  })
  await writeDiff(document, folder)
  return { document, folder }
}

export async function writeDiff(document: DiffDocument, folder: string): Promise<void> {
  await writeFile(join(folder, 'diff.json'), `${JSON.stringify(document, null, 2)}\n`)
  await writeFile(join(folder, 'diff.md'), renderDiff(document))
}

/** Infrastructure before disagreement before doubt. What the specification is silent on is no failure. */
export function exitCodeOfDiff(document: DiffDocument): ExitCode {
  if (document.kind === 'targets' && document.problems.some(({ severity }) => severity === 'error'))
    return EXIT.infrastructure
  if (disagrees(document)) return EXIT.fail
  return document.complete ? EXIT.pass : EXIT.unproven
}

/** By what really ran, unless two words meant the same. */
function named(ran: readonly Ran[]): readonly NamedRecord[] {
  const specs = ran.map(({ record }) => record.target.spec)
  const distinct = new Set(specs).size === specs.length
  return ran.map(({ word, record, folder }) => ({
    name: distinct ? record.target.spec : word,
    record,
    folder: shortPath(folder),
  }))
}

interface LookOptions {
  readonly request: DiffRequest
  readonly folder: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

async function lookAgain(
  ran: readonly Ran[],
  sides: readonly NamedRecord[],
  cases: ProgramCases,
  { request, folder, progress, signal }: LookOptions,
): Promise<Comparison | null> {
  const usable = ran.flatMap((one, index) =>
    one.recorder.programs.size === 0 ? [] : [{ ...one, name: sides[index]?.name ?? one.word }],
  )
  if (usable.length < 2) return null
  progress.begin('compare')
  const survey = compare(
    usable.map(({ recorder }) => recorder),
    cases,
  )
  const incidents = new Incidents()
  return await incidents.attempt(async () => {
    const targets = []
    for (const { name, spec } of usable) {
      targets.push({ name, target: await prepare(spec, { progress, signal }) })
    }
    progress.begin('see again')
    return await confirm(survey, {
      targets,
      cases,
      seed: request.seed,
      pins: request.targets[0]?.spec.pins ?? [],
      bundle: folder,
      timeMs: Math.max(CONFIRM_TIME, request.effort.timeMs ?? 0),
      signal,
      onSuspect: (done, of) => progress.update(`difference ${done} of ${of}`, null),
    })
  })
}
