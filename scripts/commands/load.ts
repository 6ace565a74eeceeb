import { type Command, Option } from 'commander'
import { UsageError } from '../../evidence/errors.ts'
import type { EngineName } from '../runs/load-plan.ts'
import {
  jsonOption,
  outOption,
  randomSeed,
  seedOption,
  serverArgOption,
  withOption,
} from './options.ts'

interface LoadOptions {
  readonly profile: string
  readonly engine?: EngineName
  readonly out?: string
  readonly seed?: number
  readonly json?: true
  readonly serverArg: readonly string[]
  readonly with: readonly string[]
}

export function addLoad(program: Command, finish: (code: number) => void): void {
  program
    .command('load')
    .description('load a server and print every metric, with its confidence interval')
    .argument('<target>', 'name[@version][+flavour...]')
    .option('--profile <name|file>', 'a built-in profile or a YAML file of profiles', 'capacity')
    .addOption(
      new Option('--engine <name>', 'load generator (default: the one for the model)').choices([
        'autocannon',
        'k6',
      ]),
    )
    .addOption(outOption())
    .addOption(seedOption())
    .addOption(serverArgOption())
    .addOption(withOption())
    .addOption(jsonOption())
    .action(async (target: string, options: LoadOptions) => {
      const { allNeeds, chooseProfiles } = await import('../runs/load-plan.ts')
      const { runOne } = await import('../runs/session.ts')
      if (/^https?:/.test(target)) throw attachedHasNoLoad(target)
      const profiles = await chooseProfiles(options.profile)
      const code = await runOne({
        target,
        serverArgs: options.serverArg,
        pins: options.with,
        out: options.out ?? null,
        json: options.json ?? false,
        seed: options.seed ?? randomSeed(),
        requirements: null,
        conformance: null,
        needs: allNeeds(profiles, options.engine ?? null),
        quick: false,
      })
      finish(code)
    })
}

function attachedHasNoLoad(target: string): UsageError {
  return new UsageError({
    code: 'load/attached',
    input: `target "${target}"`,
    rule: 'Load is measured on servers that assay starts, with its load application and afresh for each sample.',
    cure: 'Name an installable target; "assay targets" lists them.',
  })
}
