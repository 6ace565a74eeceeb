import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { z } from 'zod'
import { packageIdentity } from '../targets/package-root.ts'
import { COMMANDS, createProgram } from './program.ts'
import { ASSAY, type Outcome, outcomeOf, startAssay } from './testing/command.ts'

/** The keys of DESIGN.md §8 on which scripts and CI configurations depend. */
const RecordKeys = z.object({
  schema: z.string(),
  tool: z.object({ name: z.string(), version: z.string() }),
  target: z.object({ name: z.string(), version: z.string(), flavours: z.array(z.string()) }),
  seed: z.number(),
  startedAt: z.string(),
  finishedAt: z.string(),
  complete: z.boolean(),
  verdict: z.string(),
  requirements: z.array(
    z.object({ id: z.string(), verdict: z.string(), criteria: z.array(z.unknown()) }),
  ),
  clauses: z.array(z.object({ id: z.string(), verdict: z.string(), programs: z.number() })),
  findings: z.array(z.object({ id: z.string(), replay: z.string() })),
  measurements: z.array(z.unknown()),
  stats: z.object({ programs: z.number(), programsPerSecond: z.number() }),
  problems: z.array(z.object({ code: z.string() })),
})

let folder: string

function assay(...args: readonly string[]): Promise<Outcome> {
  return outcomeOf(startAssay(folder, args))
}

describe('the assay command', function () {
  this.timeout(60_000)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-command-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('shows its three uses, its exit codes and every command in its help', async () => {
    const { code, stdout } = await assay('--help')
    assert.equal(code, 0)
    for (const use of ['SOUP validation', 'CI gate', 'comparison', 'Exit codes']) {
      assert.ok(stdout.includes(use), use)
    }
    for (const command of createProgram(() => {}).commands)
      assert.ok(stdout.includes(command.name()))
  })

  it('has one subcommand for each entry of its registry, each with a description', () => {
    const { commands } = createProgram(() => {})
    assert.equal(commands.length, COMMANDS.length)
    assert.equal(new Set(commands.map((command) => command.name())).size, commands.length)
    for (const command of commands) assert.ok(command.description().length > 0)
  })

  // npx links the file once and never again: a build that forgot the mode would lock its user out.
  it('is executable after every build', async () => {
    await access(ASSAY, constants.X_OK)
  })

  it('says its version', async () => {
    assert.equal((await assay('--version')).stdout.trim(), packageIdentity().version)
  })

  for (const [what, ...args] of [
    ['a command that this release does not have', 'gate', '--baseline', 'a'],
    ['an unknown option', 'validate', '--fast'],
    ['a missing target', 'conformance'],
    ['a misspelt target', 'validate', 'uvicron'],
    ['a version that is none', 'validate', 'uvicorn@newest'],
    ['a duration that is none', 'conformance', 'reference', '--time', 'soon'],
    [
      'a time together with a number of programs',
      'conformance',
      'reference',
      '--time=1s',
      '--runs=1',
    ],
    ['load on a server that it did not start', 'load', 'http://127.0.0.1:8000'],
    ['an unknown profile', 'load', 'reference', '--profile', 'absent'],
    ['a requirements file that is not there', 'validate', '--requirements', 'absent.yaml'],
    ['a program file that is not there', 'replay', 'absent.json'],
  ] as const) {
    it(`refuses ${what} with exit code 2, on standard error, and makes no report`, async () => {
      const { code, stdout, stderr } = await assay(...args)
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.notEqual(stderr, '')
      assert.deepEqual(await readdir(folder), [])
    })
  }

  it('overwrites no evidence', async () => {
    const out = join(folder, 'kept')
    await mkdir(out)
    await writeFile(join(out, 'record.json'), 'evidence')
    const { code } = await assay('conformance', 'reference', '--runs=1', '--out', out)
    assert.equal(code, 2)
    assert.equal(await readFile(join(out, 'record.json'), 'utf8'), 'evidence')
    await rm(out, { recursive: true })
  })

  it('leaves a truthful record when the target cannot be installed, with exit code 5', async () => {
    const out = join(folder, 'absent-version')
    const { code, stdout } = await assay('validate', 'uvicorn@0.29.999', '--out', out, '--json')
    assert.equal(code, 5)
    const record = RecordKeys.parse(JSON.parse(stdout))
    assert.equal(record.complete, false)
    assert.equal(record.problems[0]?.code, 'install/unknown-version')
    assert.ok(record.requirements.length >= 8)
    for (const { verdict } of record.requirements) assert.notEqual(verdict, 'PASS')
    assert.deepEqual(
      JSON.parse(await readFile(join(out, 'record.json'), 'utf8')),
      JSON.parse(stdout),
    )
  })

  it('prints one JSON document to standard output, the progress to standard error', async () => {
    const out = join(folder, 'json')
    const args = ['--grep', 'http/scope/method', '--runs', '20', '--seed', '7', '--out', out]
    const { stdout, stderr } = await assay('conformance', 'reference', ...args, '--json')
    const record = RecordKeys.parse(JSON.parse(stdout))
    assert.equal(record.seed, 7)
    assert.ok(record.stats.programs >= 20)
    assert.match(stderr, /conformance/)
  })

  it('ends with the verdict of its record as exit code', async () => {
    const out = join(folder, 'verdict')
    const args = ['--grep', 'http/scope/method', '--runs', '20', '--out', out]
    const { code, stdout } = await assay('conformance', 'reference', ...args)
    const record = RecordKeys.parse(JSON.parse(await readFile(join(out, 'record.json'), 'utf8')))
    assert.equal(record.verdict, 'PASS')
    assert.equal(code, 0)
    assert.match(stdout, /report\.html/)
  })

  it('stopped by Ctrl-C, stops the target and leaves a readable, incomplete record', async () => {
    const out = join(folder, 'interrupted')
    const child = startAssay(folder, ['validate', 'reference', '--out', out])
    const outcome = outcomeOf(child)
    await shared(child, /conformance/)
    child.kill('SIGINT')
    const { code, stderr } = await outcome
    assert.match(stderr, /SIGINT/)
    const record = RecordKeys.parse(JSON.parse(await readFile(join(out, 'record.json'), 'utf8')))
    assert.equal(record.complete, false)
    assert.notEqual(record.verdict, 'PASS')
    assert.ok(code === 1 || code === 3)
    assert.ok((await readdir(out)).includes('report.html'))
  })
})

/** Waits until the command's standard error says so. */
async function shared(child: ChildProcess, pattern: RegExp): Promise<void> {
  let text = ''
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk: string) => {
      text += chunk
      if (pattern.test(text)) resolve()
    })
  })
}
