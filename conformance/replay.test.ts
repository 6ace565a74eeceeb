import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import type { Finding } from '../evidence/conformance.ts'
import { prepareTarget } from '../targets/prepare.ts'
import type { PreparedTarget } from '../targets/target.ts'
import { type ProgramFile, readProgram } from './engine/program-file.ts'
import { replay } from './replay.ts'
import { sabotagedTarget } from './self-test/sabotaged-target.ts'
import { runSuite } from './suite.ts'

describe('a stored program', function () {
  this.timeout(60_000)
  let bundle: string
  let reference: PreparedTarget
  let broken: PreparedTarget
  let finding: Finding
  let file: ProgramFile

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'assay-replay-test-'))
    reference = await prepareTarget({
      name: 'reference',
      version: null,
      flavours: [],
      serverArgs: [],
      pins: [],
    })
    broken = sabotagedTarget(reference, 'scope/path-not-decoded')
    const { findings } = await runSuite({
      target: broken,
      seed: 3,
      runs: 30,
      timeMs: null,
      lanes: 2,
      grep: 'http/scope/path',
      bundle,
      onEvent: () => undefined,
      signal: new AbortController().signal,
    })
    const found = findings.find(({ property }) => property === 'http/scope/path')
    assert.ok(found)
    finding = found
    file = await readProgram(join(bundle, finding.program))
  })

  after(() => rm(bundle, { recursive: true, force: true }))

  it('is as small as the defect allows: one encoded character', () => {
    assert.match(
      JSON.stringify(file.program),
      /^\{"route":"tcp","case":\{"path":"\/(%[0-9a-f]{2}){1,4}\/?","query":null\}\}$/i,
    )
  })

  it('breaks the same clause in the same way when it is replayed', async () => {
    const { verdict, violations } = await replay(file, broken)
    assert.equal(verdict, 'FAIL')
    const again = violations.find(({ clause }) => clause === file.clause)
    assert.deepEqual(again, {
      clause: file.clause,
      expected: finding.expected,
      observed: finding.observed,
    })
  })

  it('passes on a server without the defect, and shows what crossed the wire', async () => {
    const { verdict, violations, transcript } = await replay(file, reference)
    assert.equal(verdict, 'PASS')
    assert.deepEqual(violations, [])
    assert.ok(transcript.some(({ from, label }) => from === 'client' && label.startsWith('GET /%')))
    assert.ok(transcript.some(({ from, label }) => from === 'server' && label.includes('204')))
  })

  it('of a property that is no more is refused', async () => {
    const old = { ...file, property: 'http/scope/gone' }
    await assert.rejects(replay(old, reference), { code: 'replay/unknown-property' })
  })

  for (const [what, text] of [
    ['is not JSON', '{'],
    ['lacks its program', '{"schema": "assay-program/1"}'],
    ['is of another schema', JSON.stringify({ schema: 'assay-program/9' })],
  ] as const) {
    it(`that ${what} is refused with the file's name and a cure`, async () => {
      const path = join(bundle, 'broken.json')
      await writeFile(path, text)
      await assert.rejects(readProgram(path), { name: 'UsageError', input: path })
    })
  }
})
