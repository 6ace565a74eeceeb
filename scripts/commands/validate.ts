import type { Command } from 'commander'
import type { ConformanceEffort } from '../runs/conformance.ts'
import { DEFAULT_GRACE } from './effort.ts'
import {
  deviationsOption,
  jsonOption,
  outOption,
  randomSeed,
  seedOption,
  serverArgOption,
  withOption,
} from './options.ts'

interface ValidateOptions {
  readonly deviations?: string
  readonly requirements?: string
  readonly quick?: true
  readonly out?: string
  readonly seed?: number
  readonly json?: true
  readonly serverArg: readonly string[]
  readonly with: readonly string[]
}

/** With the load of the default requirements: two to four minutes in all. */
const FULL: ConformanceEffort = {
  runs: null,
  launches: null,
  timeMs: 45_000,
  graceMs: DEFAULT_GRACE,
  lanes: null,
  grep: null,
}
/** Few programs of every property rather than many of the first ones: less than 30 s in all. */
const QUICK: ConformanceEffort = {
  runs: 25,
  launches: 1,
  timeMs: 8_000,
  graceMs: 0,
  lanes: null,
  grep: null,
}

export function addValidate(program: Command, finish: (code: number) => void): void {
  program
    .command('validate')
    .description('judge a server against a requirements file, and write the record')
    .argument('[target]', 'name[@version][+flavour...] or http://HOST:PORT', 'reference')
    .option('--requirements <file>', 'what is required (default: the file that comes with assay)')
    .option('--quick', 'a first look in 30 s: fewer programs, shorter load')
    .addOption(deviationsOption())
    .addOption(outOption())
    .addOption(seedOption())
    .addOption(serverArgOption())
    .addOption(withOption())
    .addOption(jsonOption())
    .action(async (target: string, options: ValidateOptions) => {
      // Imported when they are needed: the suite and the load harness are most of assay.
      const { runOne } = await import('../runs/session.ts')
      const { readRequirements } = await import('../runs/requirements.ts')
      const { readDeviations } = await import('../runs/deviations.ts')
      const quick = options.quick ?? false
      const code = await runOne({
        target,
        serverArgs: options.serverArg,
        pins: options.with,
        out: options.out ?? null,
        json: options.json ?? false,
        seed: options.seed ?? randomSeed(),
        requirements: await readRequirements(options.requirements ?? null),
        deviations: await readDeviations(options.deviations ?? null),
        conformance: quick ? QUICK : FULL,
        needs: null,
        quick,
      })
      finish(code)
    })
}
