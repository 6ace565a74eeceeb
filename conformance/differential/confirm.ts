import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Comparison, SilentDifference } from '../../evidence/difference.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { writeProgram } from '../engine/program-file.ts'
import { Session } from '../engine/session.ts'
import { differ, type Survey, type Suspect } from './compare.ts'
import { byName, isClean, keyOf, type ProgramCase, type ProgramCases } from './recorder.ts'

export interface NamedTarget {
  readonly name: string
  readonly target: PreparedTarget
}

export interface ConfirmOptions {
  /** Each under the name by which the comparison calls it. */
  readonly targets: readonly NamedTarget[]
  readonly cases: ProgramCases
  readonly seed: number
  readonly pins: readonly string[]
  /** Folder of the comparison: programs and logs go below its `raw/`. */
  readonly bundle: string
  /** Milliseconds for all re-runs. */
  readonly timeMs: number
  readonly signal: AbortSignal
  onSuspect(done: number, of: number): void
}

/** Runs of a program on each target: what a server does once is no choice of it. */
const RUNS = 3

/**
 * Runs the smallest program of each suspect again on every target. What is shown differed in every
 * run, in the same way; the rest is counted.
 */
export async function confirm(survey: Survey, options: ConfirmOptions): Promise<Comparison> {
  const sessions = options.targets.map(
    ({ target }, index) => new Session(target, folderOf(index, options)),
  )
  for (const { bundle } of sessions) await mkdir(join(bundle, 'raw', 'logs'), { recursive: true })
  const until = performance.now() + options.timeMs
  const differences: SilentDifference[] = []
  let [unstable, notConfirmed] = [0, 0]
  try {
    for (const [index, suspect] of survey.suspects.entries()) {
      options.onSuspect(index, survey.suspects.length)
      if (performance.now() > until || options.signal.aborted) {
        notConfirmed += 1
        continue
      }
      const difference = await look(suspect, sessions, options)
      if (difference === null) unstable += 1
      else differences.push(difference)
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()))
  }
  const { programs, alike, judged } = survey
  return { programs, alike, judged, differences, unstable, notConfirmed }
}

function folderOf(index: number, { bundle }: ConfirmOptions): string {
  return join(bundle, 'raw', `again-${index + 1}`)
}

async function look(
  suspect: Suspect,
  sessions: readonly Session[],
  options: ConfirmOptions,
): Promise<SilentDifference | null> {
  for (const key of suspect.smallest) {
    const known = options.cases.get(key)
    if (known === undefined) continue
    const values = await Promise.all(
      sessions.map((session) =>
        steadyValue(session, known, keyOf({ ...suspect, name: suspect.aspect })),
      ),
    )
    if (differ(values)) return await describe(suspect, known, values, options)
  }
  return null
}

/** The value that every run shows; null where they waver or break a clause, undefined without any. */
async function steadyValue(
  session: Session,
  { property, program }: ProgramCase,
  name: string,
): Promise<string | null | undefined> {
  const missing = property.needs.some((capability) => !session.target.has(capability))
  if (missing || (property.kind === 'process' && session.target.identity.attached)) return undefined
  const values: (string | undefined)[] = []
  for (let run = 0; run < (property.kind === 'process' ? 1 : RUNS); run += 1) {
    const result = await session.run(property, program, { channel: null })
    if (!isClean(result)) return null
    values.push(new Map(byName(result.observe())).get(name))
  }
  return new Set(values).size === 1 ? values[0] : null
}

async function describe(
  { properties, habit, subject, aspect, programs }: Suspect,
  { property, program }: ProgramCase,
  values: readonly (string | null | undefined)[],
  { targets, seed, pins, bundle }: ConfirmOptions,
): Promise<SilentDifference> {
  const answers = answersOf(values, targets)
  const id = differenceId([property.id, aspect, JSON.stringify(answers)])
  const path = `raw/differences/${id}.json`
  const first = targets.find((_, index) => values[index] !== undefined)?.target.identity
  await writeProgram(bundle, path, {
    schema: 'assay-program/1',
    property: property.id,
    clause: property.clauses[0] ?? property.id,
    target: first?.spec ?? '',
    serverArgs: [],
    pins: [...pins],
    seed,
    expected: 'no clause broken',
    observed: answers.map(({ targets: who, value }) => `${who.join(', ')}: ${value}`).join(' | '),
    program,
  })
  const stored = { program: path, shown: program }
  return { id, properties, habit, aspect, subject, programs, answers, ...stored }
}

function answersOf(
  values: readonly (string | null | undefined)[],
  targets: readonly NamedTarget[],
): readonly Answer[] {
  const byValue = new Map<string, string[]>()
  for (const [index, { name }] of targets.entries()) {
    const value = values[index]
    if (value === undefined || value === null) continue
    byValue.set(value, [...(byValue.get(value) ?? []), name])
  }
  return [...byValue].map(([value, who]) => ({ targets: who, value }))
}

function differenceId(parts: readonly string[]): string {
  return `D-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8)}`
}
