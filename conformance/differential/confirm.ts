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

/** Suspects that are looked at at once; each runs its program on every target. */
const SIDE_BY_SIDE = 4

/**
 * Runs the smallest program of each suspect again on every target. What is shown differed in every
 * run, in the same way; the rest is counted.
 */
export async function confirm(survey: Survey, options: ConfirmOptions): Promise<Comparison> {
  const sessions = options.targets.map(
    ({ target }, index) => new Session(target, folderOf(index, options)),
  )
  for (const { bundle } of sessions) await mkdir(join(bundle, 'raw', 'logs'), { recursive: true })
  const again = new Again(sessions, options.cases)
  const until = performance.now() + options.timeMs
  const found: (SilentDifference | 'unstable' | 'no time')[] = []
  const waiting = [...survey.suspects.entries()]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, suspect] = next
      const late = performance.now() > until || options.signal.aborted
      found[index] = late ? 'no time' : await look(suspect, again, options)
      options.onSuspect(survey.suspects.length - waiting.length, survey.suspects.length)
    }
  }
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  } finally {
    await Promise.all(sessions.map((session) => session.close()))
  }
  const { programs, alike, judged } = survey
  return {
    programs,
    alike,
    judged,
    differences: found.filter((one) => typeof one !== 'string'),
    unstable: found.filter((one) => one === 'unstable').length,
    notConfirmed: found.filter((one) => one === 'no time').length,
  }
}

function folderOf(index: number, { bundle }: ConfirmOptions): string {
  return join(bundle, 'raw', `again-${index + 1}`)
}

async function look(
  suspect: Suspect,
  again: Again,
  options: ConfirmOptions,
): Promise<SilentDifference | 'unstable'> {
  const name = keyOf({ ...suspect, name: suspect.aspect })
  for (const key of suspect.smallest) {
    const known = options.cases.get(key)
    if (known === undefined) continue
    const values = (await again.shows(key)).map((shown) => shown && valueOf(shown, name))
    if (differ(values)) return await describe(suspect, known, values, options)
  }
  return 'unstable'
}

/** What the runs of one program on one target showed, each by subject and name. */
type Shown = readonly ReadonlyMap<string, string>[]

/** The value that every run shows; null where they waver, undefined without any. */
function valueOf(shown: Shown, name: string): string | null | undefined {
  const values = new Set(shown.map((run) => run.get(name)))
  return values.size === 1 ? [...values][0] : null
}

/** Runs programs again on every target, each once for all that is to be seen in it. */
class Again {
  readonly #sessions: readonly Session[]
  readonly #cases: ProgramCases
  readonly #shown: Map<string, Promise<readonly (Shown | undefined)[]>> = new Map()

  constructor(sessions: readonly Session[], cases: ProgramCases) {
    this.#sessions = sessions
    this.#cases = cases
  }

  /** By target; undefined for one that it does not apply to, or that breaks a clause in it. */
  shows(key: string): Promise<readonly (Shown | undefined)[]> {
    const shown = this.#shown.get(key) ?? this.#run(key)
    this.#shown.set(key, shown)
    return shown
  }

  async #run(key: string): Promise<readonly (Shown | undefined)[]> {
    const known = this.#cases.get(key)
    if (known === undefined) return []
    return await Promise.all(this.#sessions.map((session) => rerun(session, known)))
  }
}

async function rerun(
  session: Session,
  { property, program }: ProgramCase,
): Promise<Shown | undefined> {
  const missing = property.needs.some((capability) => !session.target.has(capability))
  if (missing || (property.kind === 'process' && session.target.identity.attached)) return undefined
  const shown: ReadonlyMap<string, string>[] = []
  for (let run = 0; run < (property.kind === 'process' ? 1 : RUNS); run += 1) {
    const result = await session.run(property, program, new Map())
    if (!isClean(result)) return undefined
    shown.push(new Map(byName(result.observe())))
  }
  return shown
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
