import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { prepareTarget } from '../../targets/prepare.ts'
import { exchangeProperty, type Property, processProperty } from '../properties/property.ts'
import type { Iut } from '../testers/iut.ts'
import { Silence } from '../testers/patience.ts'
import type { Trial } from '../testers/trial.ts'
import { type Effort, Schedule } from './schedule.ts'
import { Session } from './session.ts'
import type { Tally } from './tally.ts'

const ONE = 'http/scope/path'
const OTHER = 'http/scope/method'
const NOBODYS = 'asgi/scope/is-dict'

function law(
  id: string,
  run: (trial: Trial, program: number) => Promise<void>,
  clause = ONE,
): Property {
  return exchangeProperty<number>({
    id,
    law: 'a law of the test itself',
    clauses: [clause],
    program: fc.nat(1000),
    run,
  })
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function silence(): Promise<never> {
  return Promise.reject(new Silence(ONE, 'an event', 2500, null))
}

function breaks(trial: Trial, clause: string): Promise<void> {
  trial.check(clause, false, 'the impossible', () => 'nothing')
  return Promise.resolve()
}

describe('the schedule of a run', function () {
  this.timeout(60_000)
  let folder: string
  let session: Session

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-schedule-'))
    const spec = { name: 'reference', version: null, flavours: [], serverArgs: [], pins: [] }
    session = new Session(await prepareTarget(spec), folder)
    await session.run(
      law('schedule/start', () => Promise.resolve()),
      0,
      null,
    )
  })

  after(async () => {
    await session.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function run(
    properties: readonly Property[],
    effort: Partial<Effort> = {},
  ): Promise<ReadonlyMap<string, Tally>> {
    const tallies = new Map<string, Tally>()
    const schedule = new Schedule(properties, session, {
      seed: 3,
      runs: () => 40,
      lanes: 4,
      deadline: null,
      graceMs: 0,
      until: null,
      shrinkMs: 1000,
      reruns: 2,
      signal: new AbortController().signal,
      onProgram: () => undefined,
      onBegin: () => undefined,
      onEnd: ({ id }, tally) => tallies.set(id, tally),
      ...effort,
    })
    await schedule.run()
    return tallies
  }

  it('gives every property its first programs before any of them gets many', async () => {
    const order: string[] = []
    const ids = ['schedule/a', 'schedule/b', 'schedule/c', 'schedule/d', 'schedule/e']
    await run(
      ids.map((id) =>
        law(id, () => {
          order.push(id)
          return Promise.resolve()
        }),
      ),
    )
    const last = Math.max(...ids.map((id) => order.indexOf(id)))
    const early = order.slice(0, last)
    for (const id of ids) assert.ok(early.filter((other) => other === id).length <= 20, id)
  })

  it('keeps its time, whatever is under way, and says nothing of what it did not reach', async () => {
    let came = 0
    const endless = law('schedule/endless', async () => {
      await pause(5000)
      came += 1
    })
    const tallies = await run([endless], { deadline: performance.now() + 600 })
    assert.deepEqual([came, tallies.get('schedule/endless')?.programs], [0, 0])
  })

  it('runs in a time of grace all that was planned', async () => {
    const shared = law('schedule/shared', () => pause(700))
    const launching = processProperty<number>({
      id: 'schedule/launching',
      law: 'a law of the test itself',
      clauses: [ONE],
      program: fc.nat(),
      run: () => pause(700),
    })
    for (const [graceMs, programs] of [
      [0, [0, 0]],
      [20_000, [3, 3]],
    ] as const) {
      const effort = { deadline: performance.now() + 600, graceMs, lanes: 1, runs: () => 3 }
      const tallies = await run([shared, launching], effort)
      const ran = [shared, launching].map(({ id }) => tallies.get(id)?.programs)
      assert.deepEqual(ran, programs)
    }
  })

  it('shows what was broken although no time was left to look into it', async () => {
    let turn = 0
    const broken = law('schedule/broken', async (trial) => {
      turn += 1
      if (turn > 5) await pause(5000)
      trial.check(ONE, false, 'the impossible', () => 'nothing')
    })
    const tallies = await run([broken], { deadline: performance.now() + 600 })
    const [found] = tallies.get('schedule/broken')?.counterexamples ?? []
    assert.deepEqual([found?.failed, found?.reruns], [0, 0])
  })

  it('runs again what was broken too late to be shrunk', async () => {
    let turn = 0
    let came = 0
    const broken = law('schedule/late', async (trial) => {
      turn += 1
      if (turn === 6) {
        await pause(5000)
        came += 1
      }
      trial.check(ONE, false, 'the impossible', () => 'nothing')
    })
    const [found] =
      (await run([broken], { deadline: performance.now() + 600 })).get('schedule/late')
        ?.counterexamples ?? []
    assert.deepEqual([found?.failed, found?.reruns, came], [2, 2, 0])
  })

  it('spends no more on silence than a few shards, and the same number in every run', async () => {
    for (const lanes of [1, 4]) {
      const silent = law('schedule/silent', () => silence())
      const tally = (await run([silent], { lanes })).get('schedule/silent')
      assert.equal(tally?.programs, 2)
      assert.equal(tally.counterexamples[0]?.failed, 2)
    }
  })

  it('holds no silence against a program that another one caused', async () => {
    const poisoned = new Set<Iut>()
    const poison = law('schedule/poison', (trial) => {
      poisoned.add(trial.iut)
      return silence()
    })
    const innocent = law('schedule/innocent', async (trial) => {
      await pause(20)
      if (poisoned.has(trial.iut)) await silence()
      trial.check(ONE, true, '', String)
    })
    const tallies = await run([poison, innocent])
    assert.equal(tallies.get('schedule/poison')?.counterexamples[0]?.failed, 2)
    assert.deepEqual(tallies.get('schedule/innocent')?.counterexamples, [])
    assert.equal(tallies.get('schedule/innocent')?.broken.size, 0)
  })

  it('runs once more alone what was too much for the machine side by side', async () => {
    let active = 0
    let most = 0
    const crowded = law('schedule/crowded', async () => {
      active += 1
      most = Math.max(most, active)
      await pause(100)
      const doubt = most > 1 ? 'the machine stood still' : null
      active -= 1
      if (active === 0) most = 0
      throw new Silence(ONE, 'an event', 2500, doubt)
    })
    const [found] =
      (await run([crowded], { lanes: 1, runs: () => 1 })).get('schedule/crowded')
        ?.counterexamples ?? []
    assert.deepEqual([found?.failed, found?.reruns], [1, 3])
  })

  for (const [which, own] of [
    ['that the property is about', [ONE, OTHER]],
    ['that it is not about', [OTHER]],
  ] as const) {
    it(`sees what a program would have shown that another one kept silent, under a clause ${which}`, async () => {
      const poisoned = new Set<Iut>()
      const poison = law('schedule/poison', (trial) => {
        poisoned.add(trial.iut)
        return silence()
      })
      const wronged = law('schedule/wronged', async (trial) => {
        await pause(20)
        if (poisoned.has(trial.iut)) await silence()
        await breaks(trial, OTHER)
      })
      const tallies = await run([poison, { ...wronged, clauses: own }])
      const found = tallies.get('schedule/wronged')?.counterexamples ?? []
      assert.deepEqual(
        found.map(({ violation }) => violation.clause),
        [OTHER],
      )
    })
  }

  it('has a clause reported by the property that is about it, even when another met it first', async () => {
    const stranger = law('schedule/stranger', (trial) => breaks(trial, ONE), OTHER)
    const owner = law('schedule/owner', async (trial) => {
      await pause(20)
      await breaks(trial, ONE)
    })
    const tallies = await run([stranger, owner])
    assert.equal(tallies.get('schedule/stranger')?.counterexamples.length, 0)
    assert.equal(tallies.get('schedule/owner')?.counterexamples.length, 1)
  })

  it('has a clause that no property is about reported by the first that met it, in their order', async () => {
    const slow = law('schedule/first', async (trial) => {
      await pause(20)
      await breaks(trial, NOBODYS)
    })
    const quick = law('schedule/second', (trial) => breaks(trial, NOBODYS))
    const tallies = await run([slow, quick])
    assert.equal(tallies.get('schedule/first')?.counterexamples.length, 1)
    assert.equal(tallies.get('schedule/second')?.counterexamples.length, 0)
  })

  it('runs programs that launch servers beside those that wait on the shared one', async () => {
    const order: string[] = []
    const waiting = law('schedule/waiting', async () => {
      await pause(300)
      order.push('shared')
    })
    const launching = processProperty<number>({
      id: 'schedule/launching',
      law: 'a law of the test itself',
      clauses: [ONE],
      program: fc.nat(),
      run: () => {
        order.push('launched')
        return Promise.resolve()
      },
    })
    await run([waiting, launching], { runs: ({ kind }) => (kind === 'process' ? 1 : 40) })
    assert.ok(order.indexOf('launched') < order.lastIndexOf('shared'))
  })

  it('passes on an error that is not of the target', async () => {
    const broken = law('schedule/defect', () => Promise.reject(new RangeError('a defect')))
    await assert.rejects(run([broken]), RangeError)
  })
})
