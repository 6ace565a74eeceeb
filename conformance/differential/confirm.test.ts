import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import type { Comparison } from '../../evidence/difference.ts'
import { prepareTarget } from '../../targets/prepare.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { checkProperty } from '../engine/check-property.ts'
import { readProgram } from '../engine/program-file.ts'
import { Session } from '../engine/session.ts'
import { exchangeProperty, type Property } from '../properties/property.ts'
import { sabotagedTarget } from '../self-test/sabotaged-target.ts'
import { http } from '../testers/request.ts'
import { compare } from './compare.ts'
import { confirm } from './confirm.ts'
import { ProgramCases, Recorder } from './recorder.ts'

const OTHER = 'the other'

/** A law that says nothing of the path: as if the specification were silent on it. */
const silentLaw: Property = exchangeProperty<{ path: string }>({
  id: 'differential/law',
  law: 'a request is answered',
  clauses: ['http/send/completes'],
  program: fc.record({ path: fc.constantFrom('/', '/a', '/%41', '/b/%42') }),
  run: async (trial, { path }) => {
    const exchange = await trial.open(http.get(path))
    await exchange.respond({ status: 200, body: ['he', 'llo'] })
    const response = await exchange.response()
    trial.check('http/send/completes', response !== null, 'a response', () => 'none')
  },
})

describe('the same programs on two servers', function () {
  this.timeout(60_000)
  let bundle: string
  let reference: PreparedTarget
  let other: PreparedTarget

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'assay-differential-'))
    const spec = { name: 'reference', version: null, flavours: [], serverArgs: [], pins: [] }
    reference = await prepareTarget(spec)
    other = sabotagedTarget(reference, 'scope/path-not-decoded')
  })

  after(() => rm(bundle, { recursive: true, force: true }))

  async function compareWith(second: PreparedTarget): Promise<Comparison> {
    const cases = new ProgramCases()
    const recorders = []
    for (const target of [reference, second]) {
      const recorder = new Recorder(cases)
      recorders.push(recorder)
      const session = new Session(target, bundle)
      await checkProperty(silentLaw, session, {
        seed: 5,
        runs: 20,
        lanes: 2,
        deadline: null,
        graceMs: 0,
        until: null,
        shrinkMs: 1000,
        reruns: 1,
        signal: new AbortController().signal,
        onProgram: (...shown) => recorder.note(...shown),
      })
      await session.close()
    }
    return await confirm(compare(recorders, cases), {
      targets: [
        { name: 'reference', target: reference },
        { name: OTHER, target: second },
      ],
      cases,
      seed: 5,
      pins: [],
      bundle,
      timeMs: 20_000,
      signal: new AbortController().signal,
      onSuspect: () => undefined,
    })
  }

  it('differ in nothing when it is the same server twice', async () => {
    const { programs, alike, judged, differences, unstable } = await compareWith(reference)
    assert.ok(programs > 0)
    assert.deepEqual([alike, judged, differences, unstable], [programs, 0, [], 0])
  })

  it('differ in what no clause forbids: the smallest program is stored, with the answer of each', async () => {
    const { differences } = await compareWith(other)
    const [found, ...more] = differences
    assert.ok(found)
    assert.deepEqual(more, [])
    assert.equal(found.aspect, 'scope.path')
    assert.deepEqual(found.shown, { path: '/%41' })
    assert.deepEqual(found.answers, [
      { targets: ['reference'], value: '"/A"' },
      { targets: [OTHER], value: '"/%41"' },
    ])
    const file = await readProgram(join(bundle, found.program))
    assert.equal(file.property, silentLaw.id)
    assert.deepEqual(file.program, found.shown)
  })
})
