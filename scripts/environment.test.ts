import assert from 'node:assert/strict'
import { cpus, totalmem } from 'node:os'
import { describe, it } from 'mocha'
import { collectEnvironment } from './environment.ts'

describe('scripts: the environment of a run', () => {
  it('is that of this machine and this Node.js', async () => {
    const { cpu, memoryBytes, node } = await collectEnvironment()
    assert.equal(node, process.versions.node)
    assert.equal(cpu.count, cpus().length)
    assert.ok(memoryBytes > 0 && memoryBytes <= totalmem())
  })

  it('states no version of a program that is not there', async () => {
    const absent = '/nonexistent/program'
    const found = await collectEnvironment({ python: absent, k6: null, go: absent })
    assert.deepEqual([found.python, found.k6, found.go], [null, null, null])
  })

  it('takes the version that a program prints of itself', async () => {
    const { python } = await collectEnvironment({ python: process.execPath, k6: null, go: null })
    assert.equal(python, process.versions.node)
  })

  it('tells pressure as a share', async () => {
    const { pressure } = await collectEnvironment({ python: null, k6: null, go: null })
    for (const share of Object.values(pressure ?? {})) {
      assert.ok(share === null || (share >= 0 && share <= 1))
    }
  })
})
