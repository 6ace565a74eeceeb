import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, describe, it } from 'mocha'
import type { LoadEvidence, LoadProfile, Measurement, MeasurementNeed } from '../evidence/load.ts'
import type { PreparedTarget } from '../targets/target.ts'
import type { LoadEvent } from './events.ts'
import { requireK6 } from './fixtures/require-k6.ts'
import { fixtureTarget } from './fixtures/target.ts'
import { measure } from './measure.ts'
import { runLoad } from './run.ts'
import type { RunRecord } from './start-record.ts'

const PROFILE: LoadProfile = {
  name: 'short',
  model: 'closed',
  connections: 8,
  rate: null,
  seconds: 0.3,
  warmupSeconds: 0.05,
  starts: 5,
  workers: 1,
  request: { method: 'GET', path: '/hello', bodyBytes: 0 },
}

const need = (metric: string, statistic: string, profile = PROFILE): MeasurementNeed => ({
  metric,
  statistic,
  profile,
  engine: profile.model === 'open' ? 'k6' : 'autocannon',
  confidence: 0.95,
  limit: 1,
})

const NEEDS = [
  need('throughput', 'mean'),
  need('latency', 'p99'),
  need('error_ratio', 'mean'),
  need('memory_pss', 'max'),
  need('cpu_time_per_request', 'mean'),
]

function find(evidence: LoadEvidence, metric: string, subject = 'target'): Measurement {
  const found = evidence.measurements.find(
    (measurement) => measurement.metric === metric && measurement.subject === subject,
  )
  assert.ok(found, `${metric} of the ${subject}`)
  return found
}

describe('a load run', function () {
  this.timeout(60_000)
  let bundle = ''
  let events: LoadEvent[] = []
  before(async () => {
    bundle = await mkdtemp(path.join(tmpdir(), 'assay-load-run-'))
  })
  after(() => rm(bundle, { recursive: true }))
  beforeEach(() => {
    events = []
  })

  interface Changes {
    readonly yardstick?: PreparedTarget
    readonly needs?: readonly MeasurementNeed[]
    readonly signal?: AbortSignal
    readonly onEvent?: (event: LoadEvent) => void
  }

  const run = (target: PreparedTarget, changes: Changes = {}): Promise<LoadEvidence> =>
    runLoad({
      target,
      yardstick: null,
      needs: NEEDS,
      seed: 1,
      bundle,
      onEvent: (event) => events.push(event),
      signal: new AbortController().signal,
      ...changes,
    })

  it('measures target and yardstick over five starts each, and says how far it is', async () => {
    const target = fixtureTarget()
    const needs = [...NEEDS, need('throughput_to_yardstick', 'mean')]
    const evidence = await run(target, { yardstick: fixtureTarget(), needs })
    assert.equal(evidence.complete, true)
    assert.equal(target.launches(), 5)
    assert.deepEqual(
      evidence.runs.map(({ subject, starts, reason }) => [subject, starts.length, reason]),
      [
        ['target', 5, null],
        ['yardstick', 5, null],
      ],
    )
    for (const { reason, estimate } of evidence.measurements) {
      assert.equal(reason, null)
      assert.ok(estimate !== null)
    }
    assert.equal(find(evidence, 'error_ratio').estimate, 0)
    assert.ok((find(evidence, 'memory_pss', 'yardstick').estimate ?? 0) > 5e6)
    const finished = events.filter(({ type }) => type === 'start-finished')
    assert.deepEqual(
      finished.map(({ progress }) => progress.doneStarts),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
    assert.equal(finished.at(-1)?.progress.remainingSeconds, 0)
  })

  it('leaves raw files from which every measurement can be computed again', async () => {
    const evidence = await run(fixtureTarget())
    const files = evidence.runs.map(({ raw }) => path.join(bundle, raw ?? ''))
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    const records = texts.map((text): RunRecord => JSON.parse(text))
    assert.deepEqual(measure(NEEDS, records), evidence.measurements)
  })

  it('says that the server died, and goes on with the next start', async () => {
    const evidence = await run(fixtureTarget(['http/1.1'], {}, { DIE_AFTER: 300 }, {}))
    const starts = evidence.runs[0]?.starts ?? []
    assert.deepEqual(
      starts.map(({ blockers }) => blockers.map(({ code }) => code).join()),
      ['', 'server-died', '', '', ''],
    )
    assert.ok((starts[1]?.requests.failed ?? 0) > 0)
    assert.ok((find(evidence, 'error_ratio').estimate ?? 0) > 0)
    assert.deepEqual(find(evidence, 'error_ratio').blockers, [])
    assert.match(find(evidence, 'throughput').blockers[0]?.message ?? '', /SIGKILL/)
  })

  it('gives the reason when the server does not start, and still measures the yardstick', async () => {
    const evidence = await run(fixtureTarget(['http/1.1'], 'refuses to start'), {
      yardstick: fixtureTarget(),
    })
    const throughput = find(evidence, 'throughput')
    assert.equal(throughput.estimate, null)
    assert.match(throughput.reason ?? '', /ended while it started/)
    assert.ok(find(evidence, 'throughput', 'yardstick').estimate !== null)
  })

  it('does not run workers that the target does not declare', async () => {
    const target = fixtureTarget()
    const scaling = { ...PROFILE, workers: 2 }
    const evidence = await run(target, { needs: [need('throughput_ratio', 'mean', scaling)] })
    assert.match(find(evidence, 'throughput_ratio').reason ?? '', /does not declare workers/)
    assert.equal(target.launches(), 0)
  })

  it('is NOT_RUN with a reason where there is no k6', async () => {
    const { ASSAY_CACHE, PATH } = process.env
    Object.assign(process.env, { ASSAY_CACHE: bundle, PATH: bundle })
    try {
      const open: LoadProfile = { ...PROFILE, model: 'open', rate: 100 }
      const evidence = await run(fixtureTarget(), { needs: [need('latency', 'p99', open)] })
      assert.match(find(evidence, 'latency').reason ?? '', /k6 is not installed.*build:k6/)
      assert.match(evidence.runs[0]?.reason ?? '', /k6 is not installed/)
    } finally {
      process.env['PATH'] = PATH
      if (ASSAY_CACHE === undefined) delete process.env['ASSAY_CACHE']
      else process.env['ASSAY_CACHE'] = ASSAY_CACHE
    }
  })

  it('stops server and generator when it is told to, and keeps what was complete', async () => {
    const stop = new AbortController()
    const target = fixtureTarget()
    const evidence = await run(target, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'start-finished' && event.index === 1) stop.abort()
      },
    })
    assert.equal(evidence.complete, false)
    assert.deepEqual([evidence.runs[0]?.starts.length, target.launches()], [2, 2])
    const { blockers } = find(evidence, 'throughput')
    assert.deepEqual(
      blockers.map(({ code }) => code),
      ['run-cut-short', 'too-few-starts'],
    )
  })

  it('has the same shape from either engine', async function () {
    await requireK6(this)
    const open: LoadProfile = {
      ...PROFILE,
      name: 'open',
      model: 'open',
      connections: 20,
      rate: 100,
      warmupSeconds: 0.2,
      seconds: 0.8,
    }
    const evidence = await run(fixtureTarget(), {
      needs: [need('latency', 'p95'), need('latency', 'p95', open)],
    })
    const [closed, arrivals] = evidence.runs
    assert.deepEqual(Object.keys(closed?.starts[0] ?? {}), Object.keys(arrivals?.starts[0] ?? {}))
    assert.deepEqual(
      arrivals?.starts.map(({ requests, offeredRate }) => [requests.ok, offeredRate]),
      Array.from({ length: 5 }, () => [80, 100]),
    )
    assert.ok(evidence.measurements.every(({ estimate }) => estimate !== null))
  })
})
