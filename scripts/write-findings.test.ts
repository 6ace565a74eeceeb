import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { after, before, describe, it } from 'mocha'
import { pythonOrSkip } from '../conformance/self-test/python-or-skip.ts'
import { packageRoot } from '../targets/package-root.ts'
import { outcomeOf, startAssay } from './testing/command.ts'

const run = promisify(execFile)

/** The first breaks a clause; the second lets an attacker in. */
const EFFORT = ['--grep', 'http/send/', '--runs', '5', '--seed', '7']

describe('npm run docs:findings', function () {
  this.timeout(120_000)
  let folder: string

  before(async function () {
    await pythonOrSkip(this)
    folder = await mkdtemp(join(tmpdir(), 'assay-findings-test-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('publishes what a run has found, with programs that replay, and holds back what lets an attacker in', async () => {
    const script = join(packageRoot(), 'dist', 'scripts', 'write-findings.js')
    await run(process.execPath, [script, 'uvicorn@0.29.0', ...EFFORT, '--out', 'page.md'], {
      cwd: folder,
      env: { ...process.env, CI: '1' },
    })
    const page = await readFile(join(folder, 'page.md'), 'utf8')
    assert.ok(page.includes('http/send/disconnected-oserror'))
    assert.ok(!page.includes(String.raw`\r\nx-injected`))
    const [overview = ''] = page.split('\n').filter((line) => line.includes('uvicorn@0.29.0'))
    const [shown = 0, held = 0] = overview.split('|').slice(-4, -2).map(Number)
    const stored = await readdir(join(folder, 'page', 'uvicorn@0.29.0'))
    assert.deepEqual([stored.length, held > 0], [shown, true])
    const [command = ''] = page.split('\n').filter((line) => line.startsWith('assay replay'))
    assert.equal((await outcomeOf(startAssay(folder, command.split(' ').slice(1)))).code, 1)
  })
})
