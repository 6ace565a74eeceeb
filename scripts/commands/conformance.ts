import type { Command } from 'commander'
import type { RunRequest } from '../runs/session.ts'
import { addEffortOptions, type EffortOptions, effortOf } from './effort.ts'
import {
  deviationsOption,
  jsonOption,
  outOption,
  randomSeed,
  seedOption,
  serverArgOption,
  withOption,
} from './options.ts'

interface ConformanceOptions extends EffortOptions {
  readonly deviations?: string
  readonly out?: string
  readonly seed?: number
  readonly json?: true
  readonly serverArg: readonly string[]
  readonly with: readonly string[]
}

export function addConformance(program: Command, finish: (code: number) => void): void {
  const command = program
    .command('conformance')
    .description('check servers against the specification, from both ends')
    .argument('<target...>', 'one or more of name[@version][+flavour...] or http://HOST:PORT')
  addEffortOptions(command)
    .addOption(deviationsOption())
    .addOption(outOption())
    .addOption(seedOption())
    .addOption(serverArgOption())
    .addOption(withOption())
    .addOption(jsonOption())
    .action(async (targets: readonly string[], options: ConformanceOptions) => {
      const seed = options.seed ?? randomSeed()
      const { readDeviations } = await import('../runs/deviations.ts')
      const deviations = await readDeviations(options.deviations ?? null)
      const requests = targets.map((target) => ({
        ...requestFor(target, seed, options),
        deviations,
      }))
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
