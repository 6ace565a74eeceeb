import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import type { ConformanceEvidence } from '../../evidence/conformance.ts'
import { prepareTarget } from '../../targets/prepare.ts'
import { parseTargetSpec } from '../../targets/spec.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { readProgram } from '../engine/program-file.ts'
import { replay } from '../replay.ts'
import { runSuite } from '../suite.ts'
import { pythonOrSkip } from './python-or-skip.ts'

const LATE_SEND = 'http/send/disconnected-oserror'

/** A defect of a real server, and the release in which it is no longer one. */
describe('uvicorn: send() after the client has left', function () {
  this.timeout(180_000)
  let bundle: string

  before(async function () {
    await pythonOrSkip(this)
    bundle = await mkdtemp(join(tmpdir(), 'assay-uvicorn-'))
  })

  after(() => rm(bundle, { recursive: true, force: true }))

  async function run(target: PreparedTarget): Promise<ConformanceEvidence> {
    return await runSuite({
      target,
      seed: 1,
      runs: 20,
      timeMs: null,
      lanes: 4,
      grep: LATE_SEND,
      bundle: join(bundle, target.identity.spec),
      onEvent: () => undefined,
      signal: new AbortController().signal,
    })
  }

  for (const flavour of ['h11', 'httptools']) {
    it(`0.29.0 on ${flavour} announces spec_version 2.4 and raises nothing: FAIL, and again on replay`, async () => {
      const target = await prepare(`uvicorn@0.29.0+${flavour}`)
      const { findings } = await run(target)
      const found = findings.find(({ clauses }) => clauses.includes(LATE_SEND))
      assert.ok(found)
      assert.deepEqual(
        [found.property, found.verdict, found.reproducibility],
        [LATE_SEND, 'FAIL', 'deterministic'],
      )
      assert.match(found.expected, /2\.4/)
      const file = await readProgram(join(bundle, target.identity.spec, found.program))
      const again = await replay(file, target)
      assert.equal(again.verdict, 'FAIL')
      assert.ok(again.violations.some(({ clause }) => clause === LATE_SEND))
    })
  }

  it('0.54.0 announces 2.3 and passes', async () => {
    const { findings, properties } = await run(await prepare('uvicorn@0.54.0'))
    assert.deepEqual(findings, [])
    assert.equal(properties.find(({ id }) => id === LATE_SEND)?.verdict, 'PASS')
  })
})

async function prepare(spec: string): Promise<PreparedTarget> {
  return await prepareTarget(parseTargetSpec(spec, { serverArgs: [], pins: [] }))
}
