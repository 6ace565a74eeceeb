import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
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
 * Usage: npm run stability -- TARGET... [--repeats 20] [--seed 1], and the effort as of `assay conformance`.
 */
interface Options extends EffortOptions {
  readonly repeats: number
  readonly seed: string
}

/** What must not change: the verdict of each clause, and of each finding. */
function verdictsOf({ clauses, findings }: ConformanceEvidence): ReadonlyMap<string, string> {
  return new Map(
    [
      ...clauses.map(({ id, verdict, reason }) => [id, verdict, reason ?? ''] as const),
      ...findings.map(({ id, verdict, clauses: [clause = ''], rate }) => {
        return [`${id} ${clause}`, verdict, `${rate.failed} of ${rate.runs}`] as const
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

/** Prints every change against the first run; answers how many there were. */
async function changesOf(name: string, options: Options): Promise<number> {
  const target = await prepareTarget(parseTargetSpec(name, { serverArgs: [], pins: [] }))
  let first: ReadonlyMap<string, string> | null = null
  let changes = 0
  for (let repeat = 1; repeat <= options.repeats; repeat += 1) {
    const evidence = await once(target, options)
    const now = verdictsOf(evidence)
    first ??= now
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
await addEffortOptions(command)
  .action(async (targets: readonly string[], options: Options) => {
    let changes = 0
    for (const target of targets) changes += await changesOf(target, options)
    process.exitCode = changes === 0 ? 0 : 1
  })
  .parseAsync()
