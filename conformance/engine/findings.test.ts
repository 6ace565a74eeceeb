import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import type { TargetIdentity } from '../../evidence/target.ts'
import type { Violation } from '../judge/judge.ts'
import { PROPERTIES } from '../properties/registry.ts'
import { describeFinding } from './findings.ts'

const IDENTITY: TargetIdentity = {
  spec: 'some-server@1.0',
  name: 'some-server',
  version: '1.0',
  purl: null,
  flavours: [],
  args: [],
  capabilities: [],
  dependencies: [],
  runtime: '',
  attached: false,
}

describe('a finding', () => {
  let bundle = ''
  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'assay-findings-'))
  })
  after(async () => {
    await rm(bundle, { recursive: true })
  })

  async function isHeldBack(id: string, violation: Pick<Violation, 'clause' | 'exposes'>) {
    const property = PROPERTIES.find((one) => one.id === id)
    assert.ok(property !== undefined)
    const shown = { violation: { ...violation, expected: 'a', observed: 'b' }, transcript: [] }
    const [program] = fc.sample(property.program, { numRuns: 1, seed: 1 })
    const counterexample = { ...shown, program, failed: 1, reruns: 1, doubt: null }
    const origin = { bundle, identity: IDENTITY, pins: [], seed: 1 }
    return (await describeFinding(property, counterexample, origin)).security
  }

  it('is held back where its clause lets an attacker in, or the way in which that was broken', async () => {
    const bare = 'wire/rfc9110/head-no-content'
    assert.equal(await isHeldBack(bare, { clause: bare, exposes: true }), true)
    assert.equal(await isHeldBack(bare, { clause: bare }), false)
    const listed = 'wire/rfc9112/obs-fold'
    assert.equal(await isHeldBack(listed, { clause: listed }), true)
  })
})
