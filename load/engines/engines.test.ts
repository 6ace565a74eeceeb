import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, describe, it } from 'mocha'
import type { LoadProfile } from '../../evidence/load.ts'
import type { RunningTarget } from '../../targets/target.ts'
import { requireK6 } from '../fixtures/require-k6.ts'
import { type Faults, startFixture } from '../fixtures/target.ts'
import { valueAtRank } from '../statistics/histogram.ts'
import { AutocannonEngine } from './autocannon.ts'
import type { Engine, EngineResult } from './engine.ts'
import { K6Engine } from './k6.ts'

const PROFILE: LoadProfile = {
  name: 'test',
  model: 'closed',
  connections: 8,
  rate: null,
  seconds: 0.5,
  warmupSeconds: 0.1,
  starts: 1,
  workers: 1,
  request: { method: 'GET', path: '/hello', bodyBytes: 0 },
}
const OPEN: LoadProfile = {
  ...PROFILE,
  model: 'open',
  connections: 100,
  rate: 200,
  warmupSeconds: 0.2,
  seconds: 0.8,
}

let server: RunningTarget | null = null
let scratch = ''
before(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'assay-engines-'))
})
after(() => rm(scratch, { recursive: true }))
afterEach(async () => {
  await server?.stop()
  server = null
})

async function load(
  engine: Engine,
  profile: LoadProfile,
  faults: Faults = {},
  halt: AbortSignal = new AbortController().signal,
): Promise<EngineResult> {
  server = await startFixture(faults)
  const { host, port } = server
  return engine.run({ host, port, profile, scratch, halt })
}

const failures = ({ failures: all }: EngineResult): number =>
  Object.values(all).reduce((sum, count) => sum + count, 0)

/** In milliseconds. */
const percentile = ({ latency }: EngineResult, p: number): number =>
  valueAtRank(latency, Math.ceil(p * latency.totalCount)).high * 1000

describe('autocannon', () => {
  const engine = new AutocannonEngine()
  after(() => engine.close())

  it('serves every connection, and records one latency for each answer', async () => {
    const result = await load(engine, PROFILE)
    assert.ok(result.ok > 0)
    assert.deepEqual(result.failures, {})
    assert.equal(result.latency.totalCount, result.ok)
    assert.equal(result.connectionsServed, 8)
    assert.ok(result.generator.cpuShare > 0)
  })

  it('sees no answer before the server sends it, and sub-millisecond latencies apart', async () => {
    const request = { ...PROFILE.request, path: '/delay/40' }
    const slow = await load(engine, { ...PROFILE, request })
    assert.ok(percentile(slow, 0.001) >= 39, `${percentile(slow, 0.001)} ms`)
    await server?.stop()
    const fast = await load(engine, { ...PROFILE, connections: 1 })
    assert.ok(percentile(fast, 0.5) % 1 !== 0 || percentile(fast, 0.6) % 1 !== 0)
  })

  it('counts the answers of a request whose window ended before it came', async () => {
    const request = { ...PROFILE.request, path: '/delay/700' }
    const result = await load(engine, { ...PROFILE, warmupSeconds: 0, request })
    assert.deepEqual([result.ok, result.failures], [8, {}])
  })

  it('counts as failed what was answered with an error, and nothing else', async () => {
    const result = await load(engine, PROFILE, { FAIL_EVERY: 10 })
    assert.deepEqual(Object.keys(result.failures), ['status 503'])
    // Each tenth of all requests: of those in the window at most one in ten more or less.
    const share = failures(result) / (failures(result) + result.ok)
    assert.ok(Math.abs(share - 0.1) < 0.005, `${share}`)
  })

  it('counts as failed what was never answered', async () => {
    const result = await load(engine, PROFILE, { DROP_EVERY: 50 })
    const share = failures(result) / (failures(result) + result.ok)
    assert.ok(share > 0.015 && share < 0.025, `${share}`)
  })

  it('does not blame the server for a connection that it announced to close', async () => {
    const result = await load(engine, PROFILE, { CLOSE_EVERY: 20 })
    assert.ok(result.ok > 100)
    assert.deepEqual(result.failures, {})
  })

  it('ends early when halted, with what it has', async () => {
    const halt = new AbortController()
    const running = load(engine, { ...PROFILE, seconds: 60 }, {}, halt.signal)
    setTimeout(() => halt.abort(), 600)
    const { window, ok } = await running
    assert.ok(ok > 0 && window.to - window.from < 30_000)
  })

  it('generates again after its process was lost', async () => {
    const lost = new AutocannonEngine()
    await load(lost, PROFILE)
    await lost.close()
    await server?.stop()
    assert.ok((await load(lost, PROFILE)).ok > 0)
    await lost.close()
  })
})

describe('k6', () => {
  let engine: Engine
  before(async function () {
    this.timeout(30_000)
    engine = new K6Engine(await requireK6(this))
  })

  it('makes each arrival of the window, no more and no fewer', async () => {
    const result = await load(engine, OPEN)
    assert.deepEqual([result.ok, failures(result), result.dropped], [160, 0, 0])
    assert.deepEqual(result.blockers, [])
    assert.ok(Math.abs(result.window.to - result.window.from - 800) < 1e-6)
  })

  it('counts from the intended arrival at least what the server took', async () => {
    const request = { ...OPEN.request, path: '/delay/30' }
    const result = await load(engine, { ...OPEN, request })
    assert.ok(percentile(result, 0.001) >= 29)
    assert.ok(result.serviceTime !== null)
    assert.ok(result.latency.mean >= result.serviceTime.mean)
  })

  it('reports arrivals that found no virtual user', async () => {
    const request = { ...OPEN.request, path: '/delay/500' }
    const result = await load(engine, { ...OPEN, connections: 10, request })
    assert.ok(result.dropped > 0)
    assert.deepEqual(
      result.blockers.map(({ code }) => code),
      ['dropped-arrivals'],
    )
    assert.equal(result.ok + result.dropped, 160)
  })

  it('counts refused connections as failed', async () => {
    server = await startFixture()
    const { host, port } = server
    await server.stop()
    const halt = new AbortController().signal
    const result = await engine.run({ host, port, profile: OPEN, scratch, halt })
    assert.deepEqual([result.ok, failures(result)], [0, 160])
  })

  it('fails as infrastructure when the program does', async () => {
    const broken = new K6Engine({ file: process.execPath, version: '0' })
    await assert.rejects(load(broken, OPEN), { code: 'load/generator' })
  })

  it('ends early when halted', async () => {
    const halt = new AbortController()
    const running = load(engine, { ...OPEN, seconds: 60 }, {}, halt.signal)
    setTimeout(() => halt.abort(), 1500)
    const result = await running
    assert.ok(result.ok + failures(result) < 12_000)
    assert.deepEqual(result.blockers, [])
  })

  /*
   * The server stands still for 200 ms of each second. Of arrivals that are spread evenly one in five
   * meets the stall and waits 0..200 ms for its end: p90 is 100 ms, p95 150 ms, p99 190 ms. A closed
   * model sends nothing while it waits, and hardly notices.
   */
  it('sees a stall as its arrivals do, which a closed model does not', async function () {
    this.timeout(30_000)
    const open = await load(engine, { ...OPEN, warmupSeconds: 1, seconds: 4 }, { STALL_MS: 200 })
    await server?.stop()
    for (const [p, expected] of [
      [0.9, 100],
      [0.95, 150],
      [0.99, 190],
    ] as const) {
      const ratio = percentile(open, p) / expected
      assert.ok(ratio > 0.75 && ratio < 1.3, `p${p * 100} is ${percentile(open, p)} ms`)
    }
    const autocannon = new AutocannonEngine()
    const closed = await load(autocannon, { ...PROFILE, seconds: 2 }, { STALL_MS: 200 })
    await autocannon.close()
    assert.ok(percentile(closed, 0.99) < percentile(open, 0.99) / 2)
  })
})
