import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { prepareTarget } from '../../targets/prepare.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { exchangeProperty, type Property, processProperty } from '../properties/property.ts'
import type { Exchange } from '../testers/exchange.ts'
import type { Iut } from '../testers/iut.ts'
import { http } from '../testers/request.ts'
import type { Lane, Trial } from '../testers/trial.ts'
import { DYING } from './inquest.ts'
import { type ProgramResult, Session } from './session.ts'

const CLAUSE = 'http/scope/one-per-request'

/** Waiting that long would be a time-out of the test: a death must be noticed by itself. */
const ENDLESS = { limit: 3_600_000, quiet: 15, roundTrip: 1 }

function law(run: (trial: Trial) => Promise<void>): Property {
  return exchangeProperty({
    id: 'session/law',
    law: 'a law of the test itself',
    clauses: [CLAUSE],
    program: fc.constant(null),
    run,
  })
}

/** Properties of different names, which kill the server. */
function deadly(id: string): Property {
  return exchangeProperty({
    id,
    law: 'a law of the test itself',
    clauses: [CLAUSE],
    program: fc.constant(null),
    async run(trial) {
      const exchange = await trial.open(http.get('/'), { fresh: true })
      trial.iut.running.signal('SIGKILL')
      await exchange.finished()
    },
  })
}

const serves = law(async (trial) => {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  await exchange.respond({ status: 200, body: ['ok'] })
  await exchange.response()
})

/** What may be under way when the server dies. */
const PENDING: Readonly<Record<string, (exchange: Exchange) => Promise<unknown>>> = {
  'receive()': async (exchange) => {
    await exchange.readBody()
    return await exchange.receive()
  },
  'the end of the application': (exchange) => exchange.finished(),
  'a command given after it': async (exchange) => {
    await exchange.app.ended.catch(() => null)
    return await exchange.send({ type: 'http.response.start', status: 200 })
  },
}

describe('a session', function () {
  this.timeout(30_000)
  let folder: string
  let target: PreparedTarget
  let session: Session

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-session-'))
    target = await prepareTarget({
      name: 'reference',
      version: null,
      flavours: [],
      serverArgs: [],
      pins: [],
    })
    session = new Session(target, folder)
  })

  after(async () => {
    await session.close()
    await rm(folder, { recursive: true, force: true })
  })

  function run(property: Property): Promise<ProgramResult> {
    return session.run(property, null, new Map())
  }

  for (const [what, waitFor] of Object.entries(PENDING)) {
    it(`sees at once that the server died while it waits for ${what}, and starts another`, async () => {
      const killing = law(async (trial) => {
        const exchange = await trial.open(http.get('/'), { fresh: true })
        trial.iut.patience = ENDLESS
        const waiting = waitFor(exchange)
        trial.iut.running.signal('SIGKILL')
        await waiting
      })
      const { judge } = await run(killing)
      assert.deepEqual(
        judge.violations.map(({ clause }) => clause),
        [CLAUSE],
      )
      assert.match(judge.violations[0]?.observed ?? '', /ended/)
      assert.deepEqual((await run(serves)).judge.violations, [])
    })
  }

  it('blames the death of the server on the program that killed it, and on no other', async () => {
    let killers = 0
    const killing = law(async (trial) => {
      killers += 1
      const exchange = await trial.open(http.get('/'), { fresh: true })
      trial.iut.running.signal('SIGKILL')
      await exchange.receive()
      await exchange.receive()
    })
    const results = await Promise.all([run(serves), run(serves), run(killing), run(serves)])
    const blamed = results.map(({ judge }) => judge.violations.length > 0)
    assert.deepEqual(blamed, [false, false, true, false])
    assert.ok(killers === 2 || killers === 3, `killed ${killers} times`)
  })

  it('finds the program that killed the server among many, in the time of few', async () => {
    const startedAt = performance.now()
    const innocent = Array.from({ length: 12 }, () => run(serves))
    const results = await Promise.all([...innocent, run(deadly('session/one'))])
    assert.deepEqual(
      results.map(({ lost }) => lost),
      [...innocent.map(() => false), true],
    )
    assert.ok(performance.now() - startedAt < 12 * DYING)
  })

  it('blames each of two', async () => {
    const results = await Promise.all([
      run(deadly('session/one')),
      run(serves),
      run(deadly('session/other')),
      run(serves),
    ])
    assert.deepEqual(
      results.map(({ lost }) => lost),
      [true, false, true, false],
    )
  })

  it('spreads programs over several servers when it has died again and again, and blames only killers', async () => {
    const frail = new Session(target, folder)
    const used = new Map<Iut, number>()
    const notes = law(async (trial) => {
      used.set(trial.iut, (used.get(trial.iut) ?? 0) + 1)
      const exchange = await trial.open(http.get('/'))
      await exchange.respond({ status: 200, body: ['ok'] })
      await exchange.response()
    })
    try {
      for (const id of ['session/one', 'session/two'])
        assert.ok((await frail.run(deadly(id), null, new Map())).lost)
      const lanes = Array.from({ length: 8 }, (): Lane => new Map())
      for (let turn = 0; turn < 2; turn += 1)
        await Promise.all(lanes.map((lane) => frail.run(notes, null, lane)))
      assert.deepEqual([...used.values()], [4, 4, 4, 4])
      const results = await Promise.all(
        lanes.map((lane, index) =>
          frail.run(index === 0 ? deadly('session/three') : notes, null, lane),
        ),
      )
      assert.deepEqual(
        results.map(({ lost }) => lost),
        lanes.map((_, index) => index === 0),
      )
      for (const lane of lanes) await frail.release(lane)
    } finally {
      await frail.close()
    }
  })

  it('gives a server up that stands still, although nothing is waited for but a ping', async function () {
    // On a busy machine a ping is waited for longer.
    this.timeout(120_000)
    const freezing = law(async (trial) => {
      await trial.open(http.get('/'), { fresh: true })
      trial.iut.running.signal('SIGSTOP')
      await trial.iut.settle()
    })
    const { judge, lost } = await run(freezing)
    assert.ok(lost)
    assert.match(judge.violations[0]?.observed ?? '', /answered no ping/)
    assert.deepEqual((await run(serves)).judge.violations, [])
  })

  it('finds out in a program of its own, too', async () => {
    const killing = processProperty({
      id: 'session/process-law',
      law: 'a law of the test itself',
      clauses: [CLAUSE],
      program: fc.constant(null),
      async run(launcher) {
        const iut = await launcher.start()
        await iut.calibrate()
        iut.patience = ENDLESS
        const exchange = await launcher.trial(iut).open(http.get('/'), { fresh: true })
        iut.signal('SIGKILL')
        await exchange.finished()
      },
    })
    const result = await run(killing)
    assert.equal(result.judge.violations.length, 1)
    const [start, ...rest] = result.transcript().filter(({ subject }) => subject === 'process')
    assert.equal(start?.label, 'start')
    assert.match(start.detail, /^node main\.js .*--port=?\s?\d+/)
    const told = rest.map(({ from, label }) => `${from}: ${label}`)
    assert.equal(told[0], 'suite: SIGKILL')
    assert.ok(told.includes('server: ended by SIGKILL'), told.join(', '))
  })

  it('passes on an error that is not of the target', async () => {
    const broken = law(() => Promise.reject(new RangeError('a defect of the property')))
    await assert.rejects(run(broken), RangeError)
  })
})
