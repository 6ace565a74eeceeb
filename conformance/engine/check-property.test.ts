import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { prepareTarget } from '../../targets/prepare.ts'
import { exchangeProperty, familyOf, type Property } from '../properties/property.ts'
import { PROPERTIES } from '../properties/registry.ts'
import type { Trial } from '../testers/trial.ts'
import { checkProperty, type OneEffort } from './check-property.ts'
import { Session } from './session.ts'
import type { Counterexample, Tally } from './tally.ts'

const ONE = 'http/scope/path'
const OTHER = 'http/scope/method'

/** A law that asks nothing of the target: what the engine makes of its programs is what is tested. */
function law<Program>(
  program: Arbitrary<Program>,
  judge: (trial: Trial, program: Program) => void,
): Property {
  return exchangeProperty<Program>({
    id: 'engine/law',
    law: 'a law of the test itself',
    clauses: [ONE, OTHER],
    program,
    run: (trial, value) => {
      judge(trial, value)
      return Promise.resolve()
    },
  })
}

describe('the engine', function () {
  this.timeout(60_000)
  let folder: string
  let session: Session

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-engine-'))
    const spec = { name: 'reference', version: null, flavours: [], serverArgs: [], pins: [] }
    session = new Session(await prepareTarget(spec), folder)
  })

  after(async () => {
    await session.close()
    await rm(folder, { recursive: true, force: true })
  })

  function check(property: Property, effort: Partial<OneEffort> = {}): Promise<Tally> {
    return checkProperty(property, session, {
      seed: 7,
      runs: 60,
      lanes: 1,
      deadline: null,
      graceMs: 0,
      until: null,
      shrinkMs: 10_000,
      reruns: 6,
      signal: new AbortController().signal,
      onProgram: () => undefined,
      ...effort,
    })
  }

  /** The programs of one run, in no particular order. */
  async function programs(effort: Partial<OneEffort>): Promise<readonly string[]> {
    const seen: string[] = []
    const property = law(fc.array(fc.string()), (_, program) => seen.push(JSON.stringify(program)))
    await check(property, effort)
    return seen.toSorted()
  }

  it('shrinks a clause that several families break in each of them, and no program out of its family', async () => {
    const property: Property = {
      ...law(fc.nat(999), (trial, n) => {
        const broken = (n >= 150 && n < 200) || n >= 430
        trial.check(ONE, !broken, 'another number', () => String(n))
      }),
      families: { names: [], of: (n) => String(n).padStart(3, '0').slice(0, 1) },
    }
    const { counterexamples } = await check(property)
    const found = counterexamples.map(
      ({ program }) => `${familyOf(property, program, ONE)}: ${String(program)}`,
    )
    assert.deepEqual(found.toSorted(), [
      '1: 150',
      '4: 430',
      '5: 500',
      '6: 600',
      '7: 700',
      '8: 800',
      '9: 900',
    ])
  })

  it('runs the same programs for the same seed, whatever the number of lanes', async () => {
    const alone = await programs({ lanes: 1 })
    assert.equal(alone.length, 60)
    assert.deepEqual(await programs({ lanes: 3 }), alone)
    assert.deepEqual(await programs({ lanes: 16 }), alone)
  })

  it('runs other programs for another seed', async () => {
    assert.notDeepEqual(await programs({ seed: 7 }), await programs({ seed: 8 }))
  })

  it('runs the first programs of a longer run in a shorter one', async () => {
    const [short, long] = [await programs({ runs: 10 }), new Set(await programs({ runs: 60 }))]
    assert.deepEqual(
      short.filter((program) => !long.has(program)),
      [],
    )
  })

  it('shrinks each broken clause by itself, to the smallest program that breaks that one', async () => {
    const property = law(fc.array(fc.nat(1000), { maxLength: 20 }), (trial, numbers) => {
      trial.check(
        ONE,
        numbers.every((n) => n < 37),
        'small numbers',
        () => String(numbers),
      )
      trial.check(OTHER, numbers.length < 3, 'short lists', () => String(numbers))
    })
    const { counterexamples } = await check(property)
    const shrunk = new Map(counterexamples.map((one) => [one.violation.clause, one.program]))
    assert.deepEqual(
      shrunk,
      new Map<string, unknown>([
        [ONE, [37]],
        [OTHER, [0, 0, 0]],
      ]),
    )
  })

  it('keeps a counterexample that it has no time to shrink', async () => {
    const property = law(fc.nat(1000), (trial, number) => {
      trial.check(ONE, number < 37, 'a small number', () => String(number))
    })
    const [found] = (await check(property, { shrinkMs: 0 })).counterexamples
    assert.ok(found !== undefined && Number(found.program) >= 37)
    assert.equal(found.failed, found.reruns)
  })

  it('tells how often a program failed that fails every second time', async () => {
    let turn = 0
    const property = law(fc.constant('always the same'), (trial) => {
      turn += 1
      trial.check(ONE, turn % 2 === 0, 'an even turn', () => `turn ${turn}`)
    })
    const [found] = (await check(property, { reruns: 6 })).counterexamples
    assert.deepEqual(rate(found), { failed: 3, reruns: 6 })
  })

  it('tells of a failure that never came back, with the rate 0', async () => {
    let turn = 0
    const property = law(fc.constant('always the same'), (trial) => {
      turn += 1
      trial.check(ONE, turn !== 5, 'any turn but the fifth', () => `turn ${turn}`)
    })
    const [found] = (await check(property)).counterexamples
    assert.deepEqual(rate(found), { failed: 0, reruns: 6 + 24 })
  })

  it('looks for a failure that is rare in the program as it was, when the smaller one does not fail again', async () => {
    const seen = new Set<number>()
    let original: number | null = null
    const property = law(fc.nat(1000), (trial, number) => {
      if (number >= 37) original ??= number
      const repeated = seen.has(number) && number !== original
      seen.add(number)
      trial.check(ONE, number < 37 || repeated, 'a small number', () => String(number))
    })
    const [found] = (await check(property)).counterexamples
    assert.deepEqual(rate(found), { failed: 24, reruns: 6 + 24 })
    assert.equal(found?.program, original)
  })

  it('counts in how many programs each clause was judged, and in how many it was broken', async () => {
    const property = law(fc.nat(9), (trial, number) => {
      trial.check(ONE, true, '', () => '')
      if (number > 4) trial.check(OTHER, number !== 7, 'not 7', () => '7')
    })
    const numbers: number[] = []
    await check(law(fc.nat(9), (_, number) => numbers.push(number)))
    const { exercised, broken, programs: count } = await check(property)
    assert.equal(count, 60)
    assert.equal(exercised.get(ONE), 60)
    assert.equal(exercised.get(OTHER), numbers.filter((number) => number > 4).length)
    assert.equal(broken.get(OTHER), numbers.filter((number) => number === 7).length)
  })

  it('begins no program once it is stopped', async () => {
    const controller = new AbortController()
    let begun = 0
    const stopping = law(fc.nat(), () => {
      begun += 1
      controller.abort()
    })
    await check(stopping, { signal: controller.signal })
    assert.equal(begun, 1)
  })

  for (const property of PROPERTIES) {
    it(`finds a program of ${property.id} again when it shrinks it: sampled and checked values are the same`, () => {
      const checked: string[] = []
      const sampled = fc.sample(property.program, { seed: 11, numRuns: 5 })
      fc.check(
        fc.property(property.program, (value) => {
          checked.push(JSON.stringify(value))
        }),
        { seed: 11, numRuns: 5 },
      )
      assert.deepEqual(
        sampled.map((value) => JSON.stringify(value)),
        checked,
      )
    })

    it(`stores a program of ${property.id} as JSON without loss`, () => {
      for (const value of fc.sample<unknown>(property.program, { seed: 12, numRuns: 20 }))
        assert.ok(isJson(value), JSON.stringify(value))
    })
  }
})

function rate(found: Counterexample | undefined): { failed: number; reruns: number } | null {
  return found === undefined ? null : { failed: found.failed, reruns: found.reruns }
}

/** Whether JSON says all that the value says; a key without a value is as good as none. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    (prototype === null || prototype === Object.prototype) &&
    Object.values(value).every((item) => item === undefined || isJson(item))
  )
}
