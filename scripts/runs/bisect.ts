import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CLAUSES } from '../../conformance/clauses/catalogue.ts'
import { PROPERTIES } from '../../conformance/properties/registry.ts'
import type { Clause } from '../../evidence/clause.ts'
import { UsageError } from '../../evidence/errors.ts'
import { EXIT, type ExitCode } from '../../evidence/verdict.ts'
import { nearest } from '../../targets/nearest.ts'
import { listReleases } from '../../targets/releases.ts'
import { formatTargetSpec } from '../../targets/spec.ts'
import type { TargetSpec } from '../../targets/target.ts'
import { answerOf } from '../bisection/answer.ts'
import { BISECTION_SCHEMA, type Bisection, type Change, type Step } from '../bisection/bisection.ts'
import { type Assize, judgeRelease } from '../bisection/judge-release.ts'
import { choose, type Range } from '../bisection/range.ts'
import { changes, type Found, type Standing, search } from '../bisection/search.ts'
import type { Progress } from '../terminal/progress.ts'
import { createFolder, defaultFolder } from './folder.ts'
import { toolIdentity } from './record.ts'

export interface BisectRequest {
  /** Without a version. */
  readonly spec: TargetSpec
  readonly clause: string
  readonly range: Range
  /** Judge every release of the range instead of searching. */
  readonly every: boolean
  readonly seed: number
  readonly runs: number
  /** Null: a new folder under `assay-report`. */
  readonly out: string | null
}

/** Finds the release in which a server began to keep, or to break, a clause. */
export async function bisect(
  request: BisectRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly bisection: Bisection; readonly folder: string }> {
  const startedAt = new Date().toISOString()
  const clause = clauseToJudge(request.clause)
  const listed = await listReleases(request.spec, signal)
  if (!listed.complete) {
    progress.note('The package index is out of reach: only releases in the cache are judged.')
  }
  const versions = choose(listed.versions, request.range)
  const word = formatTargetSpec(request.spec)
  const folder = await createFolder(request.out ?? defaultFolder(`bisect-${word}`, startedAt))
  const court = new Court(request, versions, { folder, progress, signal })
  const found = await court.hear()
  const bisection: Omit<Bisection, 'answer'> = {
    schema: BISECTION_SCHEMA,
    tool: toolIdentity(),
    target: word,
    serverArgs: request.spec.serverArgs,
    pins: request.spec.pins,
    clause: { id: clause.id, level: clause.level, paraphrase: clause.paraphrase },
    seed: request.seed,
    startedAt,
    finishedAt: new Date().toISOString(),
    complete: !signal.aborted,
    range: { from: versions[0] ?? '', to: versions.at(-1) ?? '', releases: versions.length },
    steps: court.steps,
    changes: signal.aborted ? [] : found.flatMap((one) => changeOf(one, versions)),
    every: request.every,
  }
  const answered = { ...bisection, answer: answerOf(bisection, request.range) }
  await writeFile(join(folder, 'bisection.json'), `${JSON.stringify(answered, null, 2)}\n`)
  return { bisection: answered, folder }
}

/** Only a change answers the question. */
export function exitCodeOfBisection({ changes: found }: Bisection): ExitCode {
  return found.length > 0 ? EXIT.pass : EXIT.unproven
}

/** Judges releases as the search asks for them, and keeps every step. */
class Court {
  readonly steps: Step[] = []
  readonly #request: BisectRequest
  readonly #versions: readonly string[]
  readonly #assize: Assize

  constructor(
    request: BisectRequest,
    versions: readonly string[],
    place: Pick<Assize, 'folder' | 'progress' | 'signal'>,
  ) {
    const { clause, seed, runs } = request
    this.#request = request
    this.#versions = versions
    this.#assize = { clause, seed, runs, counterexamples: [], ...place }
  }

  async hear(): Promise<readonly Found[]> {
    const count = this.#versions.length
    if (!this.#request.every) return [await search(count, (place) => this.#judge(place))]
    const standings: Standing[] = []
    for (let place = 0; place < count; place += 1) standings.push(await this.#judge(place))
    return changes(standings)
  }

  async #judge(place: number): Promise<Standing> {
    const { signal, progress } = this.#assize
    if (signal.aborted) return 'unknown'
    const version = this.#versions[place] ?? ''
    const step = await judgeRelease({ ...this.#request.spec, version }, this.#assize)
    this.steps.push(step)
    progress.note(`${version} ${step.verdict}${step.reason === null ? '' : `: ${step.reason}`}`)
    return step.standing
  }
}

function changeOf(found: Found, versions: readonly string[]): readonly Change[] {
  if (found.kind !== 'boundary') return []
  const { turns, before, after } = found
  return [
    {
      turns,
      version: versions[after] ?? '',
      before: versions[before] ?? '',
      unjudged: versions.slice(before + 1, after),
    },
  ]
}

function clauseToJudge(id: string): Clause {
  const input = `--clause ${id}`
  const clause = CLAUSES.find((one) => one.id === id)
  if (clause === undefined) {
    const guess = nearest(
      id,
      CLAUSES.map((one) => one.id),
    )
    throw new UsageError({
      code: 'bisect/unknown-clause',
      input,
      rule: `There is no such clause.${guess === null ? '' : ` Did you mean "${guess}"?`}`,
      cure: 'docs/clauses.md lists them all.',
    })
  }
  if (clause.untestable === null && PROPERTIES.some(({ clauses }) => clauses.includes(id)))
    return clause
  throw new UsageError({
    code: 'bisect/untestable-clause',
    input,
    rule: clause.untestable ?? 'No property of this release judges it.',
    cure: 'Choose a clause that docs/clauses.md calls testable.',
  })
}
