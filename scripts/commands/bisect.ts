import type { Command } from 'commander'
import { UsageError } from '../../evidence/errors.ts'
import { parseTargetSpec } from '../../targets/spec.ts'
import type { TargetSpec } from '../../targets/target.ts'
import { penFor } from '../terminal/style.ts'
import {
  countOption,
  jsonOption,
  outOption,
  randomSeed,
  seedOption,
  serverArgOption,
  withOption,
} from './options.ts'

interface BisectOptions {
  readonly clause: string
  readonly from?: string
  readonly to?: string
  readonly good?: string
  readonly bad?: string
  readonly every?: true
  readonly runs?: number
  readonly out?: string
  readonly seed?: number
  readonly json?: true
  readonly serverArg: readonly string[]
  readonly with: readonly string[]
}

/** Programs of each property that judges the clause. */
const RUNS = 100

export function addBisect(program: Command, finish: (code: number) => void): void {
  program
    .command('bisect')
    .description('the first good or the first bad release of a server for a clause')
    .argument('<target>', 'name[+flavour...] of a server from PyPI')
    .requiredOption('--clause <id>', 'the clause to judge: http/send/disconnected-oserror')
    .option('--good <version>', 'a release that is taken to keep it: one end of the range')
    .option('--bad <version>', 'a release that is taken to break it: the other end')
    .option('--from <version>', 'the oldest release of the range (default: the first)')
    .option('--to <version>', 'the newest release of the range (default: the newest)')
    .option('--every', 'judge every release of the range, and list every change')
    .addOption(countOption('--runs <number>', `programs for each property (default: ${RUNS})`))
    .addOption(outOption())
    .addOption(seedOption())
    .addOption(serverArgOption())
    .addOption(withOption())
    .addOption(jsonOption())
    .action(async (word: string, options: BisectOptions) => {
      const spec = specOf(word, options)
      const [{ bisect, exitCodeOfBisection }, { supervise }, { describeBisection }] =
        await Promise.all([
          import('../runs/bisect.ts'),
          import('../runs/session.ts'),
          import('../terminal/bisection.ts'),
        ])
      const request = {
        spec,
        clause: options.clause,
        range: {
          from: options.from ?? null,
          to: options.to ?? null,
          good: options.good ?? null,
          bad: options.bad ?? null,
        },
        every: options.every ?? false,
        seed: options.seed ?? randomSeed(),
        runs: options.runs ?? RUNS,
        out: options.out ?? null,
      }
      const { bisection, folder } = await supervise((progress, signal) =>
        bisect(request, progress, signal),
      )
      process.stdout.write(
        options.json
          ? `${JSON.stringify(bisection, null, 2)}\n`
          : describeBisection(bisection, folder, penFor(process.stdout)),
      )
      finish(exitCodeOfBisection(bisection))
    })
}

function specOf(word: string, options: BisectOptions): TargetSpec {
  const spec = parseTargetSpec(word, { serverArgs: options.serverArg, pins: options.with })
  if (spec.version === null) return spec
  throw new UsageError({
    code: 'bisect/version',
    input: `target "${word}"`,
    rule: 'A bisection goes through many releases, and this names one.',
    cure: `Write "${spec.name}", and the range with --from and --to.`,
  })
}
