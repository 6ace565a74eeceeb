import type { Command } from 'commander'
import { UsageError } from '../../evidence/errors.ts'
import type { DiffDocument } from '../../reports/diff/document.ts'
import { parseTargetSpec } from '../../targets/spec.ts'
import { penFor } from '../terminal/style.ts'
import { addEffortOptions, type EffortOptions, effortOf } from './effort.ts'
import {
  jsonOption,
  outOption,
  randomSeed,
  seedOption,
  serverArgOption,
  withOption,
} from './options.ts'

interface DiffOptions extends EffortOptions {
  readonly out?: string
  readonly seed?: number
  readonly json?: true
  readonly serverArg: readonly string[]
  readonly with: readonly string[]
}

export function addDiff(program: Command, finish: (code: number) => void): void {
  const command = program
    .command('diff')
    .description(
      'where servers, versions or two records differ, and whether a clause says who is right',
    )
    .argument('<what...>', 'two or more targets, or two records (record.json or its folder)')
  addEffortOptions(command)
    .addOption(outOption())
    .addOption(seedOption())
    .addOption(serverArgOption())
    .addOption(withOption())
    .addOption(jsonOption())
    .action(async (words: readonly string[], options: DiffOptions) => {
      const { isStored } = await import('../runs/stored-record.ts')
      requirePair(words)
      const stored = words.filter(isStored).length
      if (stored > 0) finish(await diffStored(words, stored, options))
      else finish(await diffRun(words, options))
    })
}

async function diffStored(
  words: readonly string[],
  stored: number,
  options: DiffOptions,
): Promise<number> {
  const [first, second, ...others] = words
  if (stored < words.length || first === undefined || second === undefined || others.length > 0) {
    throw new UsageError({
      code: 'diff/mixed',
      input: words.join(' '),
      rule: 'Two records are compared, or targets; not both, and not more than two records.',
      cure: 'Give two reports, or run the targets anew.',
    })
  }
  const [{ readRecord }, { exitCodeOfDiff, writeDiff }, { diffRecords }, { toolIdentity }] =
    await Promise.all([
      import('../runs/stored-record.ts'),
      import('../runs/diff.ts'),
      import('../../reports/diff/build.ts'),
      import('../runs/record.ts'),
    ])
  const document = diffRecords(toolIdentity(), await readRecord(first), await readRecord(second))
  let folder: string | null = null
  if (options.out !== undefined) {
    const { createFolder } = await import('../runs/folder.ts')
    folder = await createFolder(options.out)
    await writeDiff(document, folder)
  }
  await print(document, folder, options)
  return exitCodeOfDiff(document)
}

async function diffRun(words: readonly string[], options: DiffOptions): Promise<number> {
  const targets = words.map((word) => ({
    word,
    spec: parseTargetSpec(word, { serverArgs: options.serverArg, pins: options.with }),
  }))
  const effort = effortOf(options)
  const [{ diff, exitCodeOfDiff }, { supervise }] = await Promise.all([
    import('../runs/diff.ts'),
    import('../runs/session.ts'),
  ])
  const request = { targets, effort, seed: options.seed ?? randomSeed(), out: options.out ?? null }
  const { document, folder } = await supervise((progress, signal) =>
    diff(request, progress, signal),
  )
  await print(document, folder, options)
  return exitCodeOfDiff(document)
}

async function print(
  document: DiffDocument,
  folder: string | null,
  options: DiffOptions,
): Promise<void> {
  const { describeDiff } = await import('../terminal/diff.ts')
  process.stdout.write(
    options.json
      ? `${JSON.stringify(document, null, 2)}\n`
      : describeDiff(document, folder, penFor(process.stdout)),
  )
}

function requirePair(words: readonly string[]): void {
  const twice = words.find((word, index) => words.indexOf(word) !== index)
  if (words.length >= 2 && twice === undefined) return
  throw new UsageError({
    code: 'diff/nothing-to-compare',
    input: words.join(' '),
    rule:
      twice === undefined
        ? 'One thing differs from nothing.'
        : `"${twice}" is there twice, and would differ from itself by chance alone.`,
    cure: 'Name two or more targets (uvicorn hypercorn), or two records.',
  })
}
