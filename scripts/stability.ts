import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { runSuite } from '../conformance/suite.ts'
import type { ConformanceEvidence } from '../evidence/conformance.ts'
import { prepareTarget } from '../targets/prepare.ts'
import { parseTargetSpec } from '../targets/spec.ts'
import type { PreparedTarget } from '../targets/target.ts'
import { addEffortOptions, type EffortOptions, effortOf } from './commands/effort.ts'
import { countOption } from './commands/options.ts'
import { LANES } from './runs/conformance.ts'

/**
 * Runs the suite again and again with one seed: a verdict that changes is not worth much.
 * Usage: npm run stability -- TARGET... [--repeats 20] [--seed 1] [--firsts FOLDER], and the effort as of
 * `assay conformance`. With a folder, repeats can be spread over several commands.
 */
interface Options extends EffortOptions {
  readonly repeats: number
  readonly seed: string
  /** Folder with the verdicts of each target's first run, as `<target>.json`; put there when absent. */
  readonly firsts?: string
}

type Verdicts = ReadonlyMap<string, string>

/** What must not change: the verdict of each clause, and of each finding. */
function verdictsOf({ clauses, findings }: ConformanceEvidence): Verdicts {
  return new Map(
    [
      ...clauses.map(({ id, verdict, reason }) => [id, verdict, reason ?? ''] as const),
      ...findings.map(({ id, verdict, clauses: [clause = ''], rate, expected, observed }) => {
        const why = `${rate.failed} of ${rate.runs}: expected ${expected}; observed ${observed}`
        return [`${id} ${clause}`, verdict, why] as const
      }),
    ].map(([name, verdict, why]) => [name, why === '' ? verdict : `${verdict} (${why})`]),
  )
}

/** The first word counts; what is in brackets only explains it. */
function sameVerdict(a: string | undefined, b: string | undefined): boolean {
  return a?.split(' ')[0] === b?.split(' ')[0]
}

async function once(
  target: PreparedTarget,
  { seed, ...effort }: Options,
): Promise<ConformanceEvidence> {
  const { lanes, ...planned } = effortOf(effort)
  const bundle = await mkdtemp(join(tmpdir(), 'assay-stability-'))
  try {
    return await runSuite({
      ...planned,
      target,
      seed: Number(seed),
      lanes: lanes ?? LANES,
      bundle,
      onEvent: () => undefined,
      signal: new AbortController().signal,
    })
  } finally {
    await rm(bundle, { recursive: true, force: true })
  }
}

/** The verdicts to compare with: those kept from an earlier command, or else these, which are kept. */
async function firstOf(name: string, now: Verdicts, folder: string): Promise<Verdicts> {
  const file = join(folder, `${encodeURIComponent(name)}.json`)
  await mkdir(folder, { recursive: true })
  if (existsSync(file)) {
    return new Map(
      Object.entries(
        z.record(z.string(), z.string()).parse(JSON.parse(await readFile(file, 'utf8'))),
      ),
    )
  }
  await writeFile(file, `${JSON.stringify(Object.fromEntries(now), null, 1)}\n`)
  return now
}

/** Prints every change against the first run; answers how many there were. */
async function changesOf(name: string, options: Options): Promise<number> {
  const target = await prepareTarget(parseTargetSpec(name, { serverArgs: [], pins: [] }))
  let first: Verdicts | null = null
  let changes = 0
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    const evidence = await once(target, options)
    const now = verdictsOf(evidence)
    first ??= options.firsts === undefined ? now : await firstOf(name, now, options.firsts)
    const { programs, durationMs } = evidence.stats
    console.log(`${name} ${repeat}: ${programs} programs, ${Math.round(durationMs / 1000)} s`)
    for (const id of new Set([...first.keys(), ...now.keys()])) {
      if (sameVerdict(first.get(id), now.get(id))) continue
      changes += 1
      console.log(`  ${id}: ${first.get(id) ?? 'absent'}, now ${now.get(id) ?? 'absent'}`)
    }
  }
  console.log(`${name}: ${changes} verdict changes in ${options.repeats} runs`)
  return changes
}

// Each run of mocha leaves its listeners on the process.
process.setMaxListeners(0)
const command = new Command('stability')
  .argument('<target...>')
  .addOption(countOption('--repeats <number>', 'runs of the suite').default(20))
  .option('--seed <number>', 'seed of every run', '1')
  .option(
    '--firsts <folder>',
    'compare with the first runs kept here; keep them when there are none',
  )
await addEffortOptions(command)
  .action(async (targets: readonly string[], options: Options) => {
    let changes = 0
    for (const target of targets) changes += await changesOf(target, options)
    process.exitCode = changes === 0 ? 0 : 1
  })
  .parseAsync()
