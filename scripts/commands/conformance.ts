import type { Command } from 'commander'
import { UsageError } from '../../evidence/errors.ts'
import type { ConformanceEffort } from '../runs/conformance.ts'
import type { RunRequest } from '../runs/session.ts'
import {
  countOption,
  durationOption,
  jsonOption,
  outOption,
  randomSeed,
  seedOption,
  serverArgOption,
  withOption,
} from './options.ts'

interface ConformanceOptions {
  readonly grep?: string
  readonly time?: number
  readonly runs?: number
  readonly lanes?: number
  readonly out?: string
  readonly seed?: number
  readonly json?: true
  readonly serverArg: readonly string[]
  readonly with: readonly string[]
}

/** Milliseconds for each target where neither a time nor a number of programs is given. */
const DEFAULT_TIME = 60_000

export function addConformance(program: Command, finish: (code: number) => void): void {
  program
    .command('conformance')
    .description('check servers against the specification, from both ends')
    .argument('<target...>', 'one or more of name[@version][+flavour...] or http://HOST:PORT')
    .option('--grep <id>', 'only properties and clauses whose id contains it: http/disconnect')
    .addOption(durationOption('--time <duration>', 'how long for each target (default: 60s)'))
    .addOption(countOption('--runs <number>', 'programs for each property, instead of a time'))
    .addOption(countOption('--lanes <number>', 'programs in flight at once'))
    .addOption(outOption())
    .addOption(seedOption())
    .addOption(serverArgOption())
    .addOption(withOption())
    .addOption(jsonOption())
    .action(async (targets: readonly string[], options: ConformanceOptions) => {
      const seed = options.seed ?? randomSeed()
      const requests = targets.map((target) => requestFor(target, seed, options))
      const [only] = requests
      const { runAll, runOne } = await import('../runs/session.ts')
      finish(requests.length === 1 && only ? await runOne(only) : await runAll(requests))
    })
}

function requestFor(target: string, seed: number, options: ConformanceOptions): RunRequest {
  return {
    target,
    serverArgs: options.serverArg,
    pins: options.with,
    out: options.out ?? null,
    json: options.json ?? false,
    seed,
    requirements: null,
    conformance: effortOf(options),
    needs: [],
    quick: false,
  }
}

function effortOf({ time, runs, lanes, grep }: ConformanceOptions): ConformanceEffort {
  if (time !== undefined && runs !== undefined) {
    throw new UsageError({
      code: 'conformance/two-efforts',
      input: '--time and --runs',
      rule: 'A run ends after a time or after a number of programs, not both.',
      cure: 'Keep one of them.',
    })
  }
  return {
    runs: runs ?? null,
    launches: null,
    timeMs: runs === undefined ? (time ?? DEFAULT_TIME) : null,
    lanes: lanes ?? null,
    grep: grep ?? null,
  }
}
