import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import Mocha from 'mocha'
import type { ConformanceEvidence, Finding } from '../evidence/conformance.ts'
import type { Capability } from '../evidence/target.ts'
import type { PreparedTarget } from '../targets/target.ts'
import { capabilitiesFor } from './clauses/applicability.ts'
import { CLAUSES } from './clauses/catalogue.ts'
import { describeFinding } from './engine/findings.ts'
import { type Citations, clauseResults, type Outcome, propertyResult } from './engine/matrix.ts'
import { type Effort, Schedule } from './engine/schedule.ts'
import { Session } from './engine/session.ts'
import type { Counterexample, Tally } from './engine/tally.ts'
import type { Property } from './properties/property.ts'
import { PROPERTIES } from './properties/registry.ts'
import { type Deferred, deferred } from './testers/deferred.ts'

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
  /** Milliseconds more, see `Deadline`; absent: none. */
  readonly graceMs?: number
  readonly lanes: number
  /** Part of a property or clause id; null: everything. */
  readonly grep: string | null
  /** Only properties that cite one of these clauses; absent: all of them. */
  readonly clauses?: ReadonlySet<string>
  /** Only properties of these ids; absent: all of them. */
  readonly properties?: ReadonlySet<string>
  /** No property that needs one of these; absent: whatever the target declares. */
  readonly unused?: ReadonlySet<Capability>
  /** Folder of the record; raw data goes below `raw/`. */
  readonly bundle: string
  readonly pins?: readonly string[]
  readonly onEvent: (event: SuiteEvent) => void
  /** Sees what each generated program has shown, before the connection is used again. */
  readonly onResult?: Effort['onProgram']
  readonly signal: AbortSignal
}

const RUNS = 100
const LAUNCHES = 2

/** Programs of a property: as many as are enough, and no more than asked for, or than a run at its defaults has. */
export function runsOf(
  { enough = Number.POSITIVE_INFINITY, kind }: Property,
  { launches, runs }: Partial<Pick<SuiteOptions, 'launches' | 'runs'>> = {},
): number {
  return Math.min(enough, kind === 'process' ? (launches ?? LAUNCHES) : (runs ?? RUNS))
}

/** What a run is limited to: a word in the id of a property or of a clause it cites, or some of either. */
function selectProperties(options: SuiteOptions): readonly Property[] {
  const { grep, clauses: wanted, properties, unused } = options
  const offered = PROPERTIES.filter(
    ({ id, clauses, needs }) =>
      (properties === undefined || properties.has(id)) &&
      !needs.some((capability) => unused?.has(capability)) &&
      (wanted === undefined || clauses.some((clause) => wanted.has(clause))),
  )
  if (grep === null) return offered
  const isNamed = ({ id, clauses }: Property): boolean =>
    [id, ...clauses].some((name) => name.includes(grep))
  // What no property is about, and can be tested, is what every program is judged by.
  const judgedByAll =
    !PROPERTIES.some(isNamed) &&
    CLAUSES.some(({ id, untestable }) => untestable === null && id.includes(grep))
  return judgedByAll ? offered : offered.filter(isNamed)
}

/**
 * The clauses that some property of this release is about, in this run or not, with the unused
 * capabilities without which none of these properties can show them.
 */
function citations(unused: ReadonlySet<Capability> = new Set()): Citations {
  const cited = new Map<string, readonly Capability[]>()
  for (const { clauses, needs } of PROPERTIES) {
    const without = needs.filter((capability) => unused.has(capability))
    for (const clause of clauses) {
      const before = cited.get(clause)
      cited.set(clause, before === undefined || without.length === 0 ? without : before)
    }
  }
  for (const { id } of CLAUSES) {
    const lists = capabilitiesFor(id)
    const without = lists.filter((oneOf) => oneOf.every((one) => unused.has(one))).flat()
    if (without.length > 0) cited.set(id, without)
  }
  return cited
}

/**
 * Runs the properties on mocha, one test each, against one target.
 * @throws InfrastructureError when the target cannot be started; what it does later is judged.
 */
export async function runSuite(options: SuiteOptions): Promise<ConformanceEvidence> {
  const started = performance.now()
  const run = new SuiteRun(options)
  await mkdir(join(options.bundle, 'raw', 'logs'), { recursive: true })
  const [failure] = await Promise.all([runMocha(run), run.start()])
  await run.session.close()
  if (failure !== null) throw failure
  return run.evidence(performance.now() - started)
}

class SuiteRun {
  readonly options: SuiteOptions
  readonly session: Session
  readonly properties: readonly Property[]
  readonly #outcomes: Map<Property, Deferred<Outcome>> = new Map()
  readonly #finished: Map<Property, Outcome> = new Map()
  readonly #begun: Map<Property, number> = new Map()
  readonly #deadline: number | null
  readonly #planned: number
  #done = 0

  constructor(options: SuiteOptions) {
    this.options = options
    this.session = new Session(options.target, options.bundle)
    this.properties = selectProperties(options)
    this.#deadline = options.timeMs === null ? null : performance.now() + options.timeMs
    this.#planned = this.properties.reduce(
      (total, property) => total + runsOf(property, this.options),
      0,
    )
    for (const property of this.properties) this.#outcomes.set(property, deferred())
    options.onEvent({
      kind: 'started',
      properties: this.properties.length,
      programs: this.#planned,
    })
  }

  /** Lets every property that applies loose on the target, side by side. */
  async start(): Promise<void> {
    const { seed, lanes, signal, onEvent, onResult } = this.options
    const applicable: Property[] = []
    for (const property of this.properties) {
      const skipped = this.#reasonToSkip(property)
      if (skipped === null) applicable.push(property)
      else
        this.#settle({ property, tally: null, findings: [], durationMs: 0, skipped, sample: null })
    }
    const concluded: Promise<void>[] = []
    const schedule = new Schedule(applicable, this.session, {
      seed,
      runs: (property) => runsOf(property, this.options),
      lanes,
      deadline: this.#deadline,
      graceMs: this.options.graceMs ?? 0,
      until: null,
      shrinkMs: 4000,
      reruns: 5,
      signal,
      onProgram: (...shown) => {
        this.#done += 1
        onResult?.(...shown)
        onEvent({ kind: 'program', done: this.#done, of: this.#planned })
      },
      onBegin: (property) => {
        this.#begun.set(property, performance.now())
        onEvent({ kind: 'property-started', id: property.id })
      },
      onEnd: (property, tally) => void concluded.push(this.#conclude(property, tally)),
    })
    try {
      await schedule.run()
      await Promise.all(concluded)
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      for (const outcome of this.#outcomes.values()) outcome.reject(failure)
    }
  }

  /** What the property has shown, once it has ended; rejects when the run failed by itself. */
  async outcome(property: Property): Promise<Outcome> {
    const outcome = this.#outcomes.get(property)
    if (outcome === undefined) throw new RangeError(`${property.id} is not in this run`)
    return await outcome.promise
  }

  evidence(durationMs: number): ConformanceEvidence {
    const outcomes = this.properties.flatMap((property) => this.#finished.get(property) ?? [])
    const programs = outcomes.reduce((total, { tally }) => total + (tally?.programs ?? 0), 0)
    return {
      seed: this.options.seed,
      complete: !this.options.signal.aborted && outcomes.length === this.properties.length,
      clauses: clauseResults(
        CLAUSES,
        outcomes,
        this.options.target,
        citations(this.options.unused),
      ),
      properties: outcomes.map(propertyResult),
      findings: outcomes.flatMap((outcome) => outcome.findings),
      stats: {
        programs,
        programsPerSecond: Math.round((programs / durationMs) * 1000),
        durationMs: Math.round(durationMs),
      },
    }
  }

  async #conclude(property: Property, tally: Tally): Promise<void> {
    const begun = this.#begun.get(property) ?? performance.now()
    const durationMs = performance.now() - begun
    const findings: Finding[] = []
    // In the order of their clauses: which of them was looked into first is a matter of chance.
    for (const counterexample of tally.counterexamples.toSorted(byClause)) {
      findings.push(
        await describeFinding(property, counterexample, {
          ...this.options,
          pins: this.options.pins ?? [],
          identity: this.options.target.identity,
        }),
      )
    }
    const skipped = tally.programs === 0 ? this.#cutShort() : null
    const sample = tally.sample === null ? null : await this.#store(property, tally)
    this.#settle({ property, tally, findings, durationMs, skipped, sample })
  }

  #settle(outcome: Outcome): void {
    const { property, findings } = outcome
    this.#finished.set(property, outcome)
    this.#outcomes.get(property)?.resolve(outcome)
    this.options.onEvent({
      kind: 'property-finished',
      result: propertyResult(outcome),
      findings,
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

function byClause({ violation: a }: Counterexample, { violation: b }: Counterexample): number {
  return a.clause < b.clause ? -1 : 1
}

/**
 * One mocha test per property, grouped by the first part of its id, which waits for what the property has
 * shown; resolves to our own failure, if any.
 */
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
          outcome = await run.outcome(property)
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
