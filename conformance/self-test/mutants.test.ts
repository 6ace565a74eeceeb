import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import type { PropertyResult } from '../../evidence/conformance.ts'
import { prepareTarget } from '../../targets/prepare.ts'
import { PROPERTIES } from '../properties/registry.ts'
import { runSuite, type SuiteOptions } from '../suite.ts'
import { type Bundle, bundleSabotage } from './bundle.ts'
import { MUTANTS } from './mutants/registry.ts'
import { type Qualification, runQualification } from './qualify.ts'
import { TRIVIAL_SERVERS } from './trivial/trivial-servers.ts'

const LAUNCHING: readonly string[] = PROPERTIES.filter(({ kind }) => kind === 'process').map(
  ({ id }) => id,
)

/** The first of each property. */
const FIRST = MUTANTS.filter(
  ({ property }, index) => MUTANTS.findIndex((other) => other.property === property) === index,
)

/**
 * Those on a running server, and every third one that launches servers of its own, which take most of the time.
 * `assay qualify` tries all that there are: every property is seen to fail there.
 */
const TRIED = FIRST.filter(
  ({ property }) => !LAUNCHING.includes(property) || LAUNCHING.indexOf(property) % 3 === 0,
)

describe('tool qualification', function () {
  this.timeout(900_000)
  let bundle: string
  let qualification: Qualification

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'assay-qualification-'))
    const { signal } = new AbortController()
    qualification = await runQualification({
      seed: 1,
      mutants: TRIED,
      bundle,
      signal,
      onEvent: () => undefined,
    })
  })

  after(() => rm(bundle, { recursive: true, force: true }))

  for (const { id, breaks, property, clause } of TRIED) {
    it(`${property} names ${clause} when ${breaks}`, () => {
      const result = qualification.mutants.find((mutant) => mutant.id === id)
      assert.ok(
        result?.killed,
        `mutant ${id} survived: ${JSON.stringify(result?.findings, null, 1)}`,
      )
    })
  }

  for (const server of TRIVIAL_SERVERS) {
    it(`a server that is nothing but "${server}" scores at most 10 %`, () => {
      const result = qualification.trivialServers.find(({ id }) => id === server)
      assert.ok(result !== undefined && result.score <= 0.1, JSON.stringify(result))
    })
  }
})

describe('the server that is sabotaged, without a defect', function () {
  this.timeout(300_000)
  let bundle: string
  let sound: Bundle

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'assay-sound-'))
    sound = await bundleSabotage()
  })

  after(async () => {
    await sound.remove()
    await rm(bundle, { recursive: true, force: true })
  })

  async function runOnSound(effort: Pick<SuiteOptions, 'launches' | 'grep'>) {
    const target = await prepareTarget(
      { name: 'reference', version: null, flavours: [], serverArgs: [], pins: [] },
      { program: sound.program },
    )
    return await runSuite({
      target,
      seed: 1,
      runs: 5,
      timeMs: null,
      lanes: 4,
      bundle,
      onEvent: () => undefined,
      signal: new AbortController().signal,
      ...effort,
    })
  }

  // Those that launch servers of their own take minutes, and are run by whoever validates the reference server.
  it('passes every property of a running server that applies to it', async () => {
    const { findings, properties } = await runOnSound({ launches: 0, grep: null })
    assert.deepEqual(
      findings.map(({ property, summary }) => `${property}: ${summary}`),
      [],
    )
    const running = new Set(PROPERTIES.filter(({ kind }) => kind !== 'process').map(({ id }) => id))
    assert.deepEqual(undecided(properties.filter(({ id }) => running.has(id))), [])
  })

  // What a bundle could have lost: readers of formats, and the file that a worker runs.
  for (const grep of ['config/file', 'process/worker-replaced']) {
    it(`passes ${grep}`, async () => {
      const { properties } = await runOnSound({ launches: 2, grep })
      assert.ok(properties.length > 0)
      assert.deepEqual(undecided(properties), [])
    })
  }
})

function undecided(properties: readonly PropertyResult[]): readonly string[] {
  return properties
    .filter(({ verdict }) => verdict !== 'PASS' && verdict !== 'NOT_APPLICABLE')
    .map(({ id, verdict, reason }) => `${id} ${verdict} ${reason}`)
}
