import type { Command } from 'commander'
import type { ProgramFile } from '../../conformance/engine/program-file.ts'
import type { ReplayResult } from '../../conformance/replay.ts'
import { exitCodeOf } from '../../evidence/verdict.ts'
import { parseTargetSpec } from '../../targets/spec.ts'
import { penFor } from '../terminal/style.ts'
import { describeReplay } from '../terminal/transcript.ts'
import { jsonOption, serverArgOption, withOption } from './options.ts'

interface ReplayOptions {
  readonly json?: true
  readonly serverArg: readonly string[]
  readonly with: readonly string[]
}

export function addReplay(program: Command, finish: (code: number) => void): void {
  program
    .command('replay')
    .description('run one stored program again, and print its transcript and verdict')
    .argument('<file>', 'raw/programs/F-....json of a report')
    .argument('[target]', 'another server than the one it was found on')
    .addOption(serverArgOption())
    .addOption(withOption())
    .addOption(jsonOption())
    .action(async (path: string, target: string | undefined, options: ReplayOptions) => {
      const { readProgram } = await import('../../conformance/engine/program-file.ts')
      const file = await readProgram(path)
      const { spec, result } = await again(file, target ?? null, options)
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ target: spec, property: file.property, ...result }, null, 2)}\n`
          : describeReplay(file, spec, result, penFor(process.stdout)),
      )
      finish(exitCodeOf(result.verdict))
    })
}

/** On the same target it takes the launch arguments and pins that it was found with. */
async function again(
  file: ProgramFile,
  target: string | null,
  options: ReplayOptions,
): Promise<{ spec: string; result: ReplayResult }> {
  const spec = parseTargetSpec(target ?? file.target, {
    serverArgs: [...(target === null ? file.serverArgs : []), ...options.serverArg],
    pins: [...(target === null ? file.pins : []), ...options.with],
  })
  const [{ replay }, { prepare }, { supervise }] = await Promise.all([
    import('../../conformance/replay.ts'),
    import('../runs/prepare.ts'),
    import('../runs/session.ts'),
  ])
  return supervise(async (progress, signal) => {
    const prepared = await prepare(spec, { progress, signal })
    progress.begin('replay')
    return { spec: prepared.identity.spec, result: await replay(file, prepared) }
  })
}
