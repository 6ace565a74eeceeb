import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'mocha'
import { findK6, readVersion } from './find-k6.ts'

describe('the search for k6', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'assay-find-k6-'))
  })
  after(() => rm(folder, { recursive: true }))

  /** An executable that says what k6 would. */
  async function k6At(place: string, says: string): Promise<string> {
    const file = path.join(folder, place, 'k6')
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, `#!/bin/sh\nprintf '${says}'\n`)
    await chmod(file, 0o755)
    return file
  }

  it('prefers the one that was built for assay', async () => {
    const built = await k6At('cache/bin', 'k6 v1.8.1 (go1.26.8, linux/amd64)\\n')
    await k6At('path', 'k6 v1.0.0 (go1.24.0, linux/amd64)\\n')
    const environment = { ASSAY_CACHE: path.join(folder, 'cache'), PATH: path.join(folder, 'path') }
    assert.deepEqual(await findK6(environment), { file: built, version: '1.8.1' })
  })

  it('goes on to the next on PATH when one runs no TypeScript', async () => {
    const old = await k6At('old', 'k6 v0.52.0 (go1.22.4, linux/amd64)\\n')
    const young = await k6At('young', 'k6 v0.57.0 (go1.23.6, linux/amd64)\\n')
    const environment = {
      ASSAY_CACHE: path.join(folder, 'none'),
      PATH: [path.dirname(old), path.dirname(young)].join(path.delimiter),
    }
    assert.deepEqual(await findK6(environment), { file: young, version: '0.57.0' })
  })

  it('takes an old one that carries xk6-ts', () => {
    const output =
      'k6 v0.52.0 (go1.22.4, linux/amd64)\nExtensions:\n  github.com/szkiba/xk6-ts v0.2.2, ts [js]\n'
    assert.deepEqual(readVersion('k6', output), { file: 'k6', version: '0.52.0' })
  })

  it('says what it met, and what to do, when none will do', async () => {
    const old = await k6At('old', 'k6 v0.52.0 (go1.22.4, linux/amd64)\\n')
    const environment = { ASSAY_CACHE: path.join(folder, 'none'), PATH: path.dirname(old) }
    const found = await findK6(environment)
    assert.ok('reason' in found)
    assert.match(found.reason, /k6 0\.52\.0, which runs no TypeScript.*build:k6/)
    const nothing = await findK6({ ASSAY_CACHE: path.join(folder, 'none'), PATH: '' })
    assert.ok('reason' in nothing && /not installed/.test(nothing.reason))
  })
})
