import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { pythonOrSkip } from '../conformance/self-test/python-or-skip.ts'
import { diffSchema } from '../reports/diff/schema.ts'
import { type Outcome, outcomeOf, startAssay } from './testing/command.ts'

const LATE_SEND = 'http/send/disconnected-oserror'

describe('assay diff', function () {
  this.timeout(180_000)
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-diff-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  function assay(...args: readonly string[]): Promise<Outcome> {
    return outcomeOf(startAssay(folder, args))
  }

  it('finds that uvicorn 0.29.0 breaks what the reference server keeps, and says how to see it again', async function () {
    await pythonOrSkip(this)
    const effort = ['--grep', 'http/send/disconnect', '--runs', '5', '--seed', '3']
    const targets = ['reference', 'uvicorn@0.29.0']
    const { code, stdout } = await assay(
      'diff',
      ...targets,
      ...effort,
      '--out',
      'compared',
      '--json',
    )
    assert.equal(code, 1)
    const diff = diffSchema.parse(JSON.parse(stdout))
    assert.deepEqual(
      diff.sides.map(({ name }) => name),
      ['reference', 'uvicorn@0.29.0'],
    )
    const found = diff.clauses.find(({ id }) => id === LATE_SEND)
    assert.deepEqual(found?.verdicts, ['PASS', 'FAIL'])
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'compared/diff.json'), 'utf8')), diff)
    const replay = found?.breaks[0]?.replay.split(' ').slice(1) ?? []
    assert.equal((await assay(...replay)).code, 1)
    const page = await readFile(join(folder, 'compared/diff.md'), 'utf8')
    assert.ok(page.includes(LATE_SEND))
    const [silent] = diff.silent?.differences ?? []
    assert.ok(silent)
    assert.equal((await assay('replay', join('compared', silent.program), 'reference')).code, 0)
  })

  it('compares two reports, and finds nothing in a report and itself', async () => {
    // Another seed exercises other clauses.
    const options = ['--grep', 'http/scope/method', '--runs', '5', '--seed', '1']
    assert.equal((await assay('conformance', 'reference', ...options, '--out', 'one')).code, 0)
    assert.equal((await assay('conformance', 'reference', ...options, '--out', 'two')).code, 0)
    const { code, stdout } = await assay('diff', 'one', 'two/record.json', '--json')
    const { kind, clauses, findings } = diffSchema.parse(JSON.parse(stdout))
    assert.deepEqual([code, kind, clauses], [0, 'records', []])
    assert.deepEqual(findings, { appeared: [], gone: [] })
  })

  for (const [what, words, rule] of [
    ['a single target', ['reference'], 'diff/nothing-to-compare'],
    ['the same target twice', ['reference', 'reference'], 'diff/nothing-to-compare'],
    ['a report and a target', ['.', 'reference'], 'target/unknown'],
    ['a folder that is no report', ['./a', 'b/c'], 'target/unknown'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await assay('diff', ...words)
      assert.equal(code, 2)
      assert.ok(stderr.includes(rule), stderr)
    })
  }
})
