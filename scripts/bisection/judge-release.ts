import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProgramFile, readProgram } from '../../conformance/engine/program-file.ts'
import { Session } from '../../conformance/engine/session.ts'
import { PROPERTIES } from '../../conformance/properties/registry.ts'
import { runSuite } from '../../conformance/suite.ts'
import { AssayError } from '../../evidence/errors.ts'
import type { PreparedTarget, TargetSpec } from '../../targets/target.ts'
import { prepare } from '../runs/prepare.ts'
import type { Progress } from '../terminal/progress.ts'
import type { Step } from './bisection.ts'

/** A shrunk program that some release fails, and where it is stored, relative to the folder. */
export interface Counterexample {
  readonly file: ProgramFile
  readonly path: string
}

export interface Assize {
  readonly clause: string
  readonly seed: number
  /** Programs of each property that judges the clause. */
  readonly runs: number
  /** Absolute path; each release has a folder below it. */
  readonly folder: string
  readonly progress: Progress
  readonly signal: AbortSignal
  /** Counterexamples of the releases judged so far; grows. */
  readonly counterexamples: Counterexample[]
}

/** Milliseconds that generating may take on one release. */
const TIME_LIMIT = 60_000
const LANES = 16
/** Runs of a known counterexample: what fails now and then should fail once in these. */
const REPLAYS = 3
const REASON_LIMIT = 300

/** Judges one release: by the counterexamples of others where one fails, else by generated programs. */
export async function judgeRelease(spec: TargetSpec, assize: Assize): Promise<Step> {
  const version = spec.version ?? ''
  try {
    const target = await prepare(spec, assize)
    assize.progress.begin(`judge ${version}`)
    return (await replayed(target, version, assize)) ?? (await generated(target, version, assize))
  } catch (error) {
    // Whatever keeps a release from running says nothing of the clause.
    if (!(error instanceof AssayError)) throw error
    return { ...unjudged(version), reason: shorten(error.rule) }
  }
}

function unjudged(version: string): Step {
  const what = { verdict: 'NOT_RUN', standing: 'unknown', how: 'not run' } as const
  return { version, ...what, programs: 0, reason: null, shown: null }
}

/** Null where none of them breaks the clause here: that it passes has to be shown by more than one program. */
async function replayed(
  target: PreparedTarget,
  version: string,
  { clause, folder, counterexamples }: Assize,
): Promise<Step | null> {
  const session = new Session(target, join(folder, version))
  await mkdir(join(folder, version, 'raw', 'logs'), { recursive: true })
  try {
    for (const { file, path } of counterexamples) {
      const property = PROPERTIES.find(({ id }) => id === file.property)
      if (property?.needs.every((capability) => target.has(capability)) !== true) continue
      for (let run = 1; run <= REPLAYS; run += 1) {
        const { judge } = await session.run(property, file.program, new Map())
        const violation = judge.violations.find((one) => one.clause === clause)
        if (violation === undefined) continue
        const { expected, observed } = violation
        const shown = { expected, observed, program: path }
        const what = { verdict: 'FAIL', standing: 'bad', how: 'replayed' } as const
        return { version, ...what, programs: run, reason: null, shown }
      }
    }
    return null
  } finally {
    await session.close()
  }
}

async function generated(
  target: PreparedTarget,
  version: string,
  { clause, seed, runs, folder, progress, signal, counterexamples }: Assize,
): Promise<Step> {
  const bundle = join(folder, version)
  const { clauses, findings } = await runSuite({
    target,
    seed,
    runs,
    timeMs: TIME_LIMIT,
    lanes: LANES,
    grep: clause,
    bundle,
    signal,
    onEvent: (event) => {
      if (event.kind === 'program') progress.update(`${event.done} of ${event.of} programs`, null)
    },
  })
  const result = clauses.find(({ id }) => id === clause)
  const found = findings.find((one) => one.verdict === 'FAIL' && one.clauses.includes(clause))
  if (found !== undefined) {
    const file = await readProgram(join(bundle, found.program))
    counterexamples.push({ file, path: `${version}/${found.program}` })
  }
  const verdict = result?.verdict ?? 'NOT_RUN'
  const standing = verdict === 'PASS' ? 'good' : verdict === 'FAIL' ? 'bad' : 'unknown'
  const shown = found && {
    expected: found.expected,
    observed: found.observed,
    program: `${version}/${found.program}`,
  }
  return {
    version,
    verdict,
    standing,
    how: 'generated',
    programs: result?.programs ?? 0,
    reason: standing === 'unknown' ? shorten(result?.reason ?? 'no program judged it') : null,
    shown: shown ?? null,
  }
}

function shorten(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length > REASON_LIMIT ? `${line.slice(0, REASON_LIMIT)}…` : line
}
