import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { writeBundle } from './bundle.ts'
import { fixtureRecord } from './fixtures/record.ts'

const run = promisify(execFile)

describe('reports/bundle', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'assay-bundle-'))
    await mkdir(join(directory, 'raw', 'programs'), { recursive: true })
    await writeFile(join(directory, 'raw', 'programs', 'F-1.json'), '{}')
    await writeFile(join(directory, 'raw', 'odd \\ name'), 'x')
  })

  afterEach(() => rm(directory, { recursive: true }))

  it('the manifest names every file, and sha256sum confirms it', async () => {
    const written = await writeBundle(fixtureRecord(), directory)
    const { stdout } = await run('sha256sum', ['-c', 'MANIFEST.sha256'], { cwd: directory })
    const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isFile(),
    )
    assert.equal(stdout.trim().split('\n').length, files.length - 1)
    for (const name of written) assert.ok(files.some((file) => file.name === name))
  })

  it('a changed byte anywhere is named', async () => {
    await writeBundle(fixtureRecord(), directory)
    await appendFile(join(directory, 'raw', 'programs', 'F-1.json'), ' ')
    await assert.rejects(
      run('sha256sum', ['-c', 'MANIFEST.sha256'], { cwd: directory }),
      (error: { stdout?: string }) => /raw\/programs\/F-1\.json: FAILED/.test(error.stdout ?? ''),
    )
  })

  it('the same record in the same bundle gives the same manifest', async () => {
    await writeBundle(fixtureRecord(), directory)
    const first = await run('cat', ['MANIFEST.sha256'], { cwd: directory })
    await writeBundle(fixtureRecord(), directory)
    assert.deepEqual(await run('cat', ['MANIFEST.sha256'], { cwd: directory }), first)
  })
})
