import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { z } from 'zod'
import { pythonOrSkip } from '../conformance/self-test/python-or-skip.ts'
import { type Outcome, outcomeOf, startAssay } from './testing/command.ts'

const Answer = z.object({
  answer: z.string(),
  changes: z.array(z.object({ turns: z.string(), version: z.string(), before: z.string() })),
  steps: z.array(
    z.object({
      version: z.string(),
      verdict: z.string(),
      how: z.string(),
      shown: z.object({ program: z.string() }).nullable(),
    }),
  ),
})

const CLAUSE = 'websocket/send/disconnected-oserror'

describe('assay bisect', function () {
  this.timeout(240_000)
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-bisect-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  function bisect(...args: readonly string[]): Promise<Outcome> {
    return outcomeOf(startAssay(folder, ['bisect', ...args]))
  }

  it('finds the release in which uvicorn began to raise OSError from a late WebSocket send()', async function () {
    await pythonOrSkip(this)
    const range = ['--bad', '0.52.0', '--good', '0.52.1']
    const options = ['--runs', '10', '--seed', '3', '--out', 'found', '--json']
    const { code, stdout } = await bisect('uvicorn', '--clause', CLAUSE, ...range, ...options)
    const { steps, changes, answer } = Answer.parse(JSON.parse(stdout))
    assert.deepEqual(changes, [{ turns: 'good', version: '0.52.1', before: '0.52.0' }])
    assert.deepEqual(
      steps.map(({ version, verdict }) => [version, verdict]),
      [
        ['0.52.0', 'FAIL'],
        ['0.52.1', 'PASS'],
      ],
    )
    assert.match(answer, /the first good release is 0\.52\.1/)
    assert.equal(code, 0)
    const program = steps[0]?.shown?.program ?? ''
    assert.ok((await readFile(join(folder, 'found', program), 'utf8')).includes(CLAUSE))
    assert.equal(await readFile(join(folder, 'found', 'bisection.json'), 'utf8'), stdout)
  })

  it('takes a release that cannot be installed for one that says nothing', async function () {
    await pythonOrSkip(this)
    const pin = ['--with', 'click==0.0.0.1']
    const range = ['--from', '0.52.0', '--to', '0.52.1']
    const { code, stdout } = await bisect('uvicorn', '--clause', CLAUSE, ...range, ...pin, '--json')
    const { steps, changes, answer } = Answer.parse(JSON.parse(stdout))
    assert.deepEqual(changes, [])
    assert.ok(steps.every(({ how }) => how === 'not run'))
    assert.match(answer, /^No release could be judged\. .*click/)
    assert.equal(code, 3)
  })

  for (const [what, args, rule] of [
    ['a clause that is none', ['uvicorn', '--clause', 'http/scope/pathh'], 'http/scope/path"'],
    ['a target with a version', ['uvicorn@0.29.0', '--clause', CLAUSE], 'bisect/version'],
    ['the bundled server', ['reference', '--clause', CLAUSE], 'releases/none'],
    ['a missing clause', ['uvicorn'], '--clause'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await bisect(...args)
      assert.equal(code, 2)
      assert.ok(stderr.includes(rule), stderr)
    })
  }
})
