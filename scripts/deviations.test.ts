import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { z } from 'zod'
import { pythonOrSkip } from '../conformance/self-test/python-or-skip.ts'
import { type Outcome, outcomeOf, startAssay } from './testing/command.ts'

const LATE_SEND = 'http/send/disconnected-oserror'

const Record = z.object({
  verdict: z.string(),
  findings: z.array(z.object({ id: z.string(), verdict: z.string() })),
  deviations: z.object({ entries: z.array(z.object({ state: z.string() })) }).nullable(),
  problems: z.array(z.object({ code: z.string() })),
})

describe('assay conformance --deviations', function () {
  this.timeout(120_000)
  let folder: string

  before(async function () {
    await pythonOrSkip(this)
    folder = await mkdtemp(join(tmpdir(), 'assay-deviations-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function run(out: string, ...deviations: readonly string[]): Promise<Outcome> {
    const file = join(folder, `${out}.yaml`)
    const common = `reason: Our handlers never send late., link: 'https://example.com/17'`
    const entries = deviations.map((entry) => `  - {${entry}, ${common}}\n`).join('')
    await writeFile(file, `schema: asgi-assay/deviations/1\ndeviations:\n${entries}`)
    const effort = ['--grep', LATE_SEND, '--runs', '10', '--seed', '3', '--json', '--out', out]
    const args = ['conformance', 'uvicorn@0.29.0', ...effort, '--deviations', file]
    return await outcomeOf(startAssay(folder, args))
  }

  it('ends with 0 where every failure is known, and the record keeps its FAIL', async () => {
    const { code, stdout } = await run(
      'known',
      `target: uvicorn@0.29.*, clause: ${LATE_SEND}, expires: 2099-12-31`,
    )
    const { verdict, findings, deviations } = Record.parse(JSON.parse(stdout))
    assert.deepEqual(
      findings.map((finding) => finding.verdict),
      ['FAIL'],
    )
    assert.deepEqual([code, verdict, deviations?.entries], [0, 'FAIL', [{ state: 'known' }]])
    const kept = await readFile(join(folder, 'known', 'inputs', 'deviations.yaml'), 'utf8')
    assert.ok(kept.includes(LATE_SEND))
  })

  it('ends with 1 once the entry has expired, and says so', async () => {
    const { code, stdout } = await run(
      'expired',
      `target: uvicorn, clause: ${LATE_SEND}, expires: 2020-12-31`,
    )
    const { deviations, problems } = Record.parse(JSON.parse(stdout))
    assert.deepEqual([code, deviations?.entries], [1, [{ state: 'expired' }]])
    assert.deepEqual(problems, [{ code: 'deviations/expired' }])
  })

  it('ends with 2 for an entry that matches nothing', async () => {
    const { code, stderr } = await run(
      'wrong',
      'target: uvicorn, clause: no/such, expires: 2099-12-31',
    )
    assert.equal(code, 2)
    assert.match(stderr, /wrong\.yaml:3:\d+: "no\/such": is no clause/)
  })
})
