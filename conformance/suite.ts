import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import Mocha from 'mocha'
import type { ConformanceEvidence, Finding } from '../evidence/conformance.ts'
import type { PreparedTarget } from '../targets/target.ts'
import { CLAUSES } from './clauses/catalogue.ts'
import { checkProperty, type Tally } from './engine/check-property.ts'
import { describeFinding } from './engine/findings.ts'
import { clauseResults, type Outcome, propertyResult } from './engine/matrix.ts'
import { Session } from './engine/session.ts'
import type { Property } from './properties/property.ts'
import { PROPERTIES } from './properties/registry.ts'

export type SuiteEvent =
  | { readonly kind: 'started'; readonly properties: number; readonly programs: number }
  | { readonly kind: 'property-started'; readonly id: string }
  | { readonly kind: 'program'; readonly done: number; readonly of: number }
  | {
      readonly kind: 'property-finished'
      readonly result: ReturnType<typeof propertyResult>
      readonly findings: readonly Finding[]
    }

export interface SuiteOptions {
  readonly target: PreparedTarget
  readonly seed: number
  /** Programs per property; null: the suite's own choice. */
  readonly runs: number | null
  /** Programs per property that launches its own server; null: the suite's own choice. */
  readonly launches?: number | null
  /** Milliseconds for the whole run; null: no limit. */
  readonly timeMs: number | null
  readonly lanes: number
  /** Part of a property or clause id; null: everything. */
  readonly grep: string | null
  /** Folder of the record; raw data goes below `raw/`. */
  readonly bundle: string
  readonly pins?: readonly string[]
  readonly onEvent: (event: SuiteEvent) => void
  readonly signal: AbortSignal
}

const RUNS = 100
const LAUNCHES = 2

/** The properties that a `--grep` selects: by their own id or that of a clause they cite. */
function selectProperties(grep: string | null): readonly Property[] {
  if (grep === null) return PROPERTIES
  return PROPERTIES.filter(({ id, clauses }) =>
    [id, ...clauses].some((name) => name.includes(grep)),
  )
}

/**
 * Runs the properties on mocha, one test each, against one target.
 * @throws InfrastructureError when the target cannot be started; what it does later is judged.
 */
export async function runSuite(options: SuiteOptions): Promise<ConformanceEvidence> {
  const started = performance.now()
  const run = new SuiteRun(options)
  await mkdir(join(options.bundle, 'raw', 'logs'), { recursive: true })
  const failure = await runMocha(run)
  await run.session.close()
  if (failure !== null) throw failure
  return run.evidence(performance.now() - started)
}

class SuiteRun {
  readonly options: SuiteOptions
  readonly session: Session
  readonly properties: readonly Property[]
  readonly outcomes: Outcome[] = []
  readonly #deadline: number | null
  readonly #planned: number
  readonly #reported: Set<string> = new Set()
  #done = 0

  constructor(options: SuiteOptions) {
    this.options = options
    this.session = new Session(options.target, options.bundle)
    this.properties = selectProperties(options.grep)
    this.#deadline = options.timeMs === null ? null : performance.now() + options.timeMs
    this.#planned = this.properties.reduce((total, property) => total + this.#runsOf(property), 0)
    options.onEvent({
      kind: 'started',
      properties: this.properties.length,
      programs: this.#planned,
    })
  }

  /** Runs one property and keeps its outcome; true unless it failed. */
  async check(property: Property): Promise<Outcome> {
    const { onEvent } = this.options
    onEvent({ kind: 'property-started', id: property.id })
    const started = performance.now()
    const skipped = this.#reasonToSkip(property)
    const tally = skipped === null ? await this.#tally(property) : null
    const findings: Finding[] = []
    for (const counterexample of tally?.counterexamples ?? []) {
      findings.push(
        await describeFinding(property, counterexample, {
          ...this.options,
          pins: this.options.pins ?? [],
          identity: this.options.target.identity,
        }),
      )
    }
    const outcome: Outcome = {
      property,
      tally,
      findings,
      durationMs: performance.now() - started,
      skipped: tally?.programs === 0 ? this.#cutShort() : skipped,
      sample: tally === null || tally.sample === null ? null : await this.#store(property, tally),
    }
    this.outcomes.push(outcome)
    onEvent({ kind: 'property-finished', result: propertyResult(outcome), findings })
    return outcome
  }

  evidence(durationMs: number): ConformanceEvidence {
    const programs = this.outcomes.reduce((total, { tally }) => total + (tally?.programs ?? 0), 0)
    return {
      seed: this.options.seed,
      complete: !this.options.signal.aborted && this.outcomes.length === this.properties.length,
      clauses: clauseResults(CLAUSES, this.outcomes, this.options.target),
      properties: this.outcomes.map(propertyResult),
      findings: this.outcomes.flatMap((outcome) => outcome.findings),
      stats: {
        programs,
        programsPerSecond: Math.round((programs / durationMs) * 1000),
        durationMs: Math.round(durationMs),
      },
    }
  }

  async #tally(property: Property): Promise<Tally> {
    const { seed, lanes, signal, onEvent } = this.options
    return await checkProperty(property, this.session, {
      seed,
      runs: this.#runsOf(property),
      lanes,
      deadline: this.#deadline,
      brokenMs: 3000,
      shrinkMs: 4000,
      reruns: 5,
      reported: this.#reported,
      signal,
      onProgram: () => {
        this.#done += 1
        onEvent({ kind: 'program', done: this.#done, of: this.#planned })
      },
    })
  }

  #cutShort(): Outcome['skipped'] {
    const reason = this.options.signal.aborted
      ? 'the run was stopped'
      : 'the time of the run was over before it'
    return { verdict: 'NOT_RUN', reason }
  }

  #reasonToSkip(property: Property): Outcome['skipped'] {
    if (this.options.signal.aborted) return this.#cutShort()
    const { attached, spec } = this.options.target.identity
    if (attached && property.kind === 'process') {
      return { verdict: 'NOT_APPLICABLE', reason: 'needs a server that assay starts itself' }
    }
    const missing = property.needs.filter((capability) => !this.options.target.has(capability))
    if (missing.length === 0) return null
    return { verdict: 'NOT_APPLICABLE', reason: `${spec} does not declare ${missing.join(', ')}` }
  }

  #runsOf(property: Property): number {
    const { enough = Number.POSITIVE_INFINITY, kind } = property
    const { launches, runs } = this.options
    return Math.min(enough, kind === 'process' ? (launches ?? LAUNCHES) : (runs ?? RUNS))
  }

  async #store(property: Property, tally: Tally): Promise<string> {
    const path = `raw/transcripts/${property.id.replaceAll('/', '-')}.json`
    const file = join(this.options.bundle, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(
      file,
      `${JSON.stringify({ property: property.id, ...tally.sample }, null, 1)}\n`,
    )
    return path
  }
}

/** One mocha test per property, grouped by the first part of its id; resolves to our own failure, if any. */
async function runMocha(run: SuiteRun): Promise<Error | null> {
  const mocha = new Mocha({ timeout: 0, reporter: Silent })
  const groups = new Map<string, Mocha.Suite>()
  let failure: Error | null = null
  for (const property of run.properties) {
    const area = property.id.split('/')[0] ?? property.id
    const suite = groups.get(area) ?? Mocha.Suite.create(mocha.suite, area)
    groups.set(area, suite)
    suite.addTest(
      new Mocha.Test(`${property.id}: ${property.law}`, async function (this: Mocha.Context) {
        if (failure !== null) return this.skip()
        let outcome: Outcome
        try {
          outcome = await run.check(property)
        } catch (error) {
          failure = error instanceof Error ? error : new Error(String(error))
          throw failure
        }
        if (outcome.skipped !== null) this.skip()
        const broken = outcome.findings.find((finding) => finding.verdict === 'FAIL')
        if (broken !== undefined) throw new Error(broken.summary)
        return undefined
      }),
    )
  }
  await new Promise((resolve) => mocha.run(resolve))
  return failure
}

/** The evidence is the report; mocha itself prints nothing. */
class Silent extends Mocha.reporters.Base {}
