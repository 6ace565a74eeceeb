import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { prepareTarget } from './prepare.ts'
import { findPython } from './python/interpreter.ts'
import { listReleases } from './releases.ts'
import { parseTargetSpec } from './spec.ts'
import { compareVersions } from './version.ts'

const spec = (word: string) => parseTargetSpec(word, { serverArgs: [], pins: [] })

/** Nobody listens on the port of the discard protocol. */
const NOWHERE = 'http://127.0.0.1:9/simple'

describe('the releases of a server', function () {
  this.timeout(120_000)

  before(async function () {
    await findPython().catch(() => this.skip())
    await prepareTarget(spec('uvicorn@0.29.0'))
  })

  it('are those of the index, oldest first, and no candidates', async () => {
    const { versions, complete } = await listReleases(spec('uvicorn'), null)
    assert.equal(complete, true)
    assert.deepEqual(versions, versions.toSorted(compareVersions))
    for (const known of ['0.9.0', '0.29.0', '0.30.0']) assert.ok(versions.includes(known), known)
    assert.ok(versions.every((version) => /^[\d.]+(?:\.post\d+)?$/.test(version)))
  })

  it('are those of the cache where the index is out of reach, which is said', async () => {
    const index = process.env['PIP_INDEX_URL']
    process.env['PIP_INDEX_URL'] = NOWHERE
    try {
      const { versions, complete } = await listReleases(spec('uvicorn'), null)
      assert.equal(complete, false)
      assert.ok(versions.includes('0.29.0'))
    } finally {
      if (index === undefined) delete process.env['PIP_INDEX_URL']
      else process.env['PIP_INDEX_URL'] = index
    }
  })

  it('are none of a server that is part of assay', async () => {
    await assert.rejects(listReleases(spec('reference'), null), { code: 'releases/none' })
  })
})
