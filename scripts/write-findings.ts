import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { Command } from 'commander'
import { readProgram } from '../conformance/engine/program-file.ts'
import { type PublishedFinding, renderFindings } from '../reports/findings-page.ts'
import type { ValidationRecord } from '../reports/record/record.ts'
import { packageRoot } from '../targets/package-root.ts'
import { SERVERS } from '../targets/registry.ts'
import { parseTargetSpec } from '../targets/spec.ts'
import { addEffortOptions, type EffortOptions, effortOf } from './commands/effort.ts'
import { outOption, seedOption } from './commands/options.ts'
import { fileName } from './runs/folder.ts'
import { supervise } from './runs/session.ts'
import { carryOut } from './runs/validation.ts'
import { reportFailure } from './terminal/failure.ts'

interface Options extends EffortOptions {
  readonly seed?: number
  readonly out?: string
}

/** Fixed, so that a page made anew differs in what the servers do, not in the programs. */
const SEED = 20_261_125

interface Run {
  readonly record: ValidationRecord
  readonly folder: string
}

/** `npm run docs:findings`: a run over every server, and `docs/findings.md` from what it has found. */
async function write(words: readonly string[], options: Options): Promise<void> {
  const targets = words.length > 0 ? words : SERVERS.map(({ name }) => name)
  const page = options.out ?? join(packageRoot(), 'docs', 'findings.md')
  const work = await mkdtemp(join(tmpdir(), 'assay-findings-'))
  try {
    const runs = await runAll(targets, options, work)
    const programs = new Map<string, unknown>()
    for (const { record, folder } of runs) {
      for (const { id, program } of record.findings) {
        programs.set(keyOf(record, id), (await readProgram(join(folder, program))).program)
      }
    }
    const folder = join(dirname(page), basename(page, '.md'))
    const { markdown, shown } = renderFindings({
      records: runs.map(({ record }) => record),
      program: (record, { id }) => programs.get(keyOf(record, id)),
      programs: relative(options.out === undefined ? packageRoot() : process.cwd(), folder),
      command: 'npm run docs:findings',
    })
    await rm(folder, { recursive: true, force: true })
    await publish(shown, runs, folder)
    await mkdir(dirname(page), { recursive: true })
    await writeFile(page, markdown)
    process.stdout.write(`${page}: ${shown.length} findings of ${targets.join(', ')}\n`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const keyOf = ({ target }: ValidationRecord, id: string): string => `${target.spec} ${id}`

function runAll(
  targets: readonly string[],
  options: Options,
  work: string,
): Promise<readonly Run[]> {
  const effort = effortOf(options)
  return supervise(async (progress, signal) => {
    const runs: Run[] = []
    for (const word of targets) {
      progress.note(word)
      const folder = join(work, fileName(word))
      await mkdir(folder)
      const spec = parseTargetSpec(word, { serverArgs: [], pins: [] })
      const plan = { spec, requirements: null, conformance: effort, needs: [], quick: false }
      const context = { folder, seed: options.seed ?? SEED, progress, signal }
      runs.push({ record: await carryOut(plan, context), folder })
    }
    return runs
  })
}

/** Beside the page, for each entry on it, and for no other. */
async function publish(
  shown: readonly PublishedFinding[],
  runs: readonly Run[],
  folder: string,
): Promise<void> {
  for (const { record, finding, path } of shown) {
    const source = runs.find((run) => run.record === record)?.folder ?? ''
    const target = join(folder, basename(dirname(path)), basename(path))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, await readFile(join(source, finding.program), 'utf8'))
  }
}

const command = new Command('write-findings')
  .description('run every server (or those named) and write docs/findings.md')
  .argument('[target...]')
addEffortOptions(command)
  .addOption(outOption())
  .addOption(seedOption())
  .action(async (targets: readonly string[], options: Options) => {
    try {
      await write(targets, options)
    } catch (error) {
      process.exitCode = reportFailure(error)
    }
  })
await command.parseAsync()
