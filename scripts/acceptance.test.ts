import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { z } from 'zod'
import { type Outcome, outcomeOf, startAssay } from './testing/command.ts'

/**
 * www.rst, "Disconnected Client - send exception": from spec_version 2.4 on, send() raises an OSError
 * once the client has gone. uvicorn 0.29.0 claims 2.4 and does not; 0.54.0 claims 2.3 again.
 */
const CLAUSE = 'http/send/disconnected-oserror'

const Result = z.object({
  verdict: z.string(),
  findings: z.array(z.object({ clauses: z.array(z.string()), program: z.string() })),
})

let folder: string

function assay(...args: readonly string[]): Promise<Outcome> {
  return outcomeOf(startAssay(folder, args))
}

function conformance(target: string, out: string): Promise<Outcome> {
  const effort = ['--grep', CLAUSE, '--runs', '30', '--seed', '1']
  return assay('conformance', target, ...effort, '--out', out, '--json')
}

describe('a promise that uvicorn 0.29.0 breaks', function () {
  this.timeout(120_000)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-acceptance-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  for (const flavour of ['h11', 'httptools']) {
    it(`is found on ${flavour}, cited by its clause, and found again by its replay`, async () => {
      const { code, stdout } = await conformance(`uvicorn@0.29.0+${flavour}`, flavour)
      assert.equal(code, 1)
      const [finding] = Result.parse(JSON.parse(stdout)).findings
      assert.deepEqual(finding?.clauses, [CLAUSE])
      const replayed = await assay('replay', join(flavour, finding?.program ?? ''))
      assert.equal(replayed.code, 1)
      assert.match(replayed.stdout, /http\.disconnect/)
    })
  }

  it('is not a finding on 0.54.0, which does not make it, by run or by replay', async () => {
    const { code, stdout } = await conformance('uvicorn@0.54.0', 'newer')
    assert.deepEqual(Result.parse(JSON.parse(stdout)), { verdict: 'PASS', findings: [] })
    assert.equal(code, 0)
    const programs = join('h11', 'raw', 'programs')
    const [program = ''] = await readdir(join(folder, programs))
    assert.equal((await assay('replay', join(programs, program), 'uvicorn@0.54.0')).code, 0)
  })

  it('tells the two releases apart when they are compared', async () => {
    const targets = ['uvicorn@0.29.0', 'uvicorn@0.54.0']
    const effort = ['--grep', CLAUSE, '--runs', '10', '--out', 'compared']
    const { code, stdout } = await assay('conformance', ...targets, ...effort)
    assert.equal(code, 1)
    assert.match(stdout, new RegExp(`${CLAUSE} +FAIL +(PASS|NOT_APPLICABLE)`))
    assert.deepEqual(await readdir(join(folder, 'compared')), targets)
  })
})
