import type { Command } from 'commander'
import { exitCodeOf } from '../../evidence/verdict.ts'
import { jsonOption, outOption, randomSeed, seedOption } from './options.ts'

interface QualifyOptions {
  readonly out?: string
  readonly seed?: number
  readonly json?: true
}

export function addQualify(program: Command, finish: (code: number) => void): void {
  program
    .command('qualify')
    .description(
      'let the suite loose on defects planted in the reference server: is it fit for use?',
    )
    .addOption(outOption())
    .addOption(seedOption())
    .addOption(jsonOption())
    .action(async (options: QualifyOptions) => {
      const [{ qualify }, { supervise }, { describeQualification }] = await Promise.all([
        import('../runs/qualification.ts'),
        import('../runs/session.ts'),
        import('../terminal/qualification.ts'),
      ])
      const request = { seed: options.seed ?? randomSeed(), out: options.out ?? null }
      const { record, folder } = await supervise((progress, signal) =>
        qualify(request, progress, signal),
      )
      process.stdout.write(
        options.json
          ? `${JSON.stringify(record, null, 2)}\n`
          : describeQualification(record, folder),
      )
      finish(exitCodeOf(record.verdict))
    })
}
