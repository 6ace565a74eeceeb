import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConformanceEvidence } from '../../evidence/conformance.ts'
import type { LoadEvidence } from '../../evidence/load.ts'
import type { TargetIdentity } from '../../evidence/target.ts'
import { EXIT, type ExitCode, exitCodeOf } from '../../evidence/verdict.ts'
import { writeBundle } from '../../reports/bundle.ts'
import { verdictBeyondDeviations } from '../../reports/judge/deviations.ts'
import { buildRecord } from '../../reports/record/build.ts'
import type { Environment } from '../../reports/record/environment.ts'
import type { Problem, ValidationRecord } from '../../reports/record/record.ts'
import { packageIdentity } from '../../targets/package-root.ts'
import type { RunContext } from './context.ts'
import type { DeviationsInput } from './deviations.ts'
import type { RequirementsInput } from './requirements.ts'

/** All that a run has come to. */
export interface Conclusion {
  readonly context: RunContext
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly target: TargetIdentity
  /** As it was when the run began. */
  readonly environment: Environment
  readonly requirements: RequirementsInput | null
  readonly deviations: DeviationsInput | null
  readonly conformance: ConformanceEvidence | null
  readonly load: LoadEvidence | null
  readonly problems: readonly Problem[]
}

/** Judges the evidence and writes the whole bundle, the inputs of the run included. */
export async function concludeRun(conclusion: Conclusion): Promise<ValidationRecord> {
  const { context, requirements, deviations, ...evidence } = conclusion
  const record = buildRecord({
    ...evidence,
    tool: toolIdentity(),
    seed: context.seed,
    finishedAt: new Date().toISOString(),
    complete: !context.signal.aborted,
    requirements: requirements?.requirements ?? null,
    deviations: deviations?.deviations ?? null,
  })
  if (requirements !== null) await keepInput(context.folder, 'requirements.yaml', requirements.text)
  if (deviations !== null) await keepInput(context.folder, 'deviations.yaml', deviations.text)
  await writeBundle(record, context.folder)
  return record
}

/**
 * Infrastructure errors say nothing of the target, so they come before its verdict. Known deviations excuse
 * a run of the properties alone: what a requirements file asks for is excused in that file or not at all.
 */
export function exitCodeFor(record: ValidationRecord): ExitCode {
  const broken = record.problems.some(({ severity }) => severity === 'error')
  if (broken) return EXIT.infrastructure
  if (!isJudged(record)) return exitCodeOfNumbers(record)
  return exitCodeOf(record.basis === null ? verdictBeyondDeviations(record) : record.verdict)
}

/** False where there are only numbers: neither a requirement nor a property says what they should be. */
export function isJudged({ basis, properties, measurements }: ValidationRecord): boolean {
  return basis !== null || properties.length > 0 || measurements.length === 0
}

/** Numbers that no requirement judges are shown, or they are not. */
function exitCodeOfNumbers({ complete, measurements }: ValidationRecord): ExitCode {
  const shown = measurements.every(
    ({ estimate, blockers }) => estimate !== null && blockers.length === 0,
  )
  return complete && shown ? EXIT.pass : EXIT.unproven
}

export function toolIdentity(): ValidationRecord['tool'] {
  const { name, version } = packageIdentity()
  return { name, version }
}

async function keepInput(folder: string, name: string, text: string): Promise<void> {
  await mkdir(join(folder, 'inputs'), { recursive: true })
  await writeFile(join(folder, 'inputs', name), text)
}
