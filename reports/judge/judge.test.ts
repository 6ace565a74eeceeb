import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { Measurement } from '../../evidence/load.ts'
import { VERDICTS, type Verdict, worst } from '../../evidence/verdict.ts'
import { CLAUSE_RESULTS, CONFORMANCE } from '../fixtures/conformance-evidence.ts'
import { LOAD } from '../fixtures/load-evidence.ts'
import { fixtureRecord, recordInput, requirements } from '../fixtures/record.ts'
import type { ConformanceCriterion, MeasurementCriterion } from '../requirements/requirements.ts'
import { judgeConformance } from './conformance.ts'
import { judgeMeasurement } from './measurement.ts'
import { judgeRequirement } from './requirement.ts'

const criteria = requirements().requirements.flatMap((requirement) => requirement.criteria)

const measurementCriterion = (id: string): MeasurementCriterion => {
  const criterion = criteria.find((candidate) => candidate.id === id)
  assert.ok(criterion?.kind === 'measurement')
  return criterion
}

const conformanceCriterion = (id: string): ConformanceCriterion => {
  const criterion = criteria.find((candidate) => candidate.id === id)
  assert.ok(criterion?.kind === 'conformance')
  return criterion
}

const AT_MOST = measurementCriterion('P1.latency')
const AT_LEAST = measurementCriterion('P3.scaling')
const SHOULD = conformanceCriterion('F1.should')

const judged = (criterion: MeasurementCriterion, changes: Partial<Measurement>) => {
  const base = LOAD.measurements.find(({ metric }) => metric === criterion.metric)
  assert.ok(base)
  const measurement = { ...base, blockers: [], ...changes }
  return judgeMeasurement(criterion, { ...LOAD, measurements: [measurement] })
}

const interval = (low: number | null, high: number | null, confidence = 0.95) => ({
  interval: { low, high, confidence, method: 'order statistics' },
})

const factor = fc.double({ min: 0, max: 3, noNaN: true })

const withVerdicts = (verdicts: Readonly<Record<string, Verdict>>) => ({
  ...CONFORMANCE,
  clauses: CLAUSE_RESULTS.map((clause) => ({
    ...clause,
    verdict: verdicts[clause.id] ?? 'PASS',
  })),
})

const requirement = (id: string) => {
  const found = requirements().requirements.find((candidate) => candidate.id === id)
  assert.ok(found)
  return found
}

describe('reports/judge: measurements', () => {
  it('at most: PASS just when the upper bound is within the limit, FAIL just when the lower is beyond', () => {
    fc.assert(
      fc.property(factor, factor, (a, b) => {
        const limit = AT_MOST.limit.value
        const [low, high] = [Math.min(a, b) * limit, Math.max(a, b) * limit]
        const { verdict } = judged(AT_MOST, interval(low, high))
        assert.equal(verdict === 'PASS', high <= limit)
        assert.equal(verdict === 'FAIL', low > limit)
      }),
    )
  })

  it('at least: PASS just when the lower bound is within the limit, FAIL just when the upper is beyond', () => {
    fc.assert(
      fc.property(factor, factor, (a, b) => {
        const limit = AT_LEAST.limit.value
        const [low, high] = [Math.min(a, b) * limit, Math.max(a, b) * limit]
        const { verdict } = judged(AT_LEAST, interval(low, high))
        assert.equal(verdict === 'PASS', low >= limit)
        assert.equal(verdict === 'FAIL', high < limit)
      }),
    )
  })

  it('the margin is the share of the limit that is left, negative beyond it', () => {
    const limit = AT_MOST.limit.value
    assert.equal(judged(AT_MOST, interval(0, limit / 2)).margin, 0.5)
    assert.equal(judged(AT_MOST, interval(limit * 2, limit * 3)).margin, -1)
    assert.equal(judged(AT_MOST, interval(limit / 2, limit * 2)).margin, null)
  })

  it('an unbounded side decides nothing', () => {
    assert.equal(judged(AT_MOST, interval(0, null)).verdict, 'INCONCLUSIVE')
    assert.equal(judged(AT_LEAST, interval(null, 9)).verdict, 'INCONCLUSIVE')
    assert.equal(judged(AT_MOST, interval(AT_MOST.limit.value * 2, null)).verdict, 'FAIL')
  })

  it('an interval of less confidence than asked for decides nothing', () => {
    assert.equal(judged(AT_MOST, interval(0, 0.001, 0.9)).verdict, 'INCONCLUSIVE')
  })

  it('whatever was measured, a blocker makes it INCONCLUSIVE and a reason NOT_RUN', () => {
    const blockers = [{ code: 'generator/saturated', message: 'It was too slow.' }]
    assert.equal(judged(AT_MOST, { ...interval(0, 0.001), blockers }).verdict, 'INCONCLUSIVE')
    assert.equal(judged(AT_MOST, { blockers, reason: 'k6 is absent.' }).verdict, 'NOT_RUN')
  })

  it('the yardstick, another engine, profile or statistic is not evidence on the target', () => {
    const others: readonly Partial<Measurement>[] = [
      { subject: 'yardstick' },
      { engine: 'k6' },
      { profile: 'capacity' },
      { statistic: 'p50' },
    ]
    const base = LOAD.measurements.find(({ id }) => id === 'burst/latency/p99')
    assert.ok(base)
    assert.equal(judgeMeasurement(AT_MOST, { ...LOAD, measurements: [base] }).verdict, 'PASS')
    for (const other of others) {
      const result = judgeMeasurement(AT_MOST, { ...LOAD, measurements: [{ ...base, ...other }] })
      assert.equal(result.verdict, 'NOT_RUN')
    }
  })
})

describe('reports/judge: clauses', () => {
  const broken = 'http/send/disconnected-oserror'
  const accepting: ConformanceCriterion = {
    ...SHOULD,
    accepted: [{ clause: broken, justification: 'The device does not rely on it.', risk: 'R58' }],
  }

  it('a criterion is as good as the gravest of its clauses', () => {
    const verdicts = fc.tuple(...SHOULD.clauses.map(() => fc.constantFrom(...VERDICTS)))
    fc.assert(
      fc.property(verdicts, (all) => {
        const entries = SHOULD.clauses.map((id, index) => [id, all[index] ?? 'PASS'] as const)
        const { verdict } = judgeConformance(SHOULD, withVerdicts(Object.fromEntries(entries)))
        assert.equal(verdict, worst(all))
      }),
    )
  })

  it('an accepted deviation passes and stays visible', () => {
    const result = judgeConformance(accepting, withVerdicts({ [broken]: 'FAIL' }))
    assert.equal(result.verdict, 'PASS')
    assert.deepEqual(result.accepted, accepting.accepted)
    assert.equal(result.counts.FAIL, 1)
    assert.match(result.reason ?? '', /1 deviation accepted/)
  })

  it('an acceptance covers its own clause only', () => {
    const other = SHOULD.clauses.find((id) => id !== broken) ?? ''
    const result = judgeConformance(accepting, withVerdicts({ [broken]: 'FAIL', [other]: 'FAIL' }))
    assert.equal(result.verdict, 'FAIL')
    assert.deepEqual(result.failed, [other])
  })

  it('an acceptance excuses a failure, not a missing test', () => {
    const result = judgeConformance(accepting, withVerdicts({ [broken]: 'NOT_RUN' }))
    assert.equal(result.verdict, 'NOT_RUN')
  })

  it('an acceptance that nothing needs any more is pointed out', () => {
    assert.deepEqual(judgeConformance(accepting, withVerdicts({})).unneeded, [broken])
  })

  it('a clause that the evidence does not mention was not run', () => {
    const clauses = CLAUSE_RESULTS.filter(({ id }) => id !== broken)
    const result = judgeConformance(SHOULD, { ...CONFORMANCE, clauses })
    assert.equal(result.verdict, 'INCONCLUSIVE')
    assert.equal(result.counts.NOT_RUN, 1)
    assert.equal(judgeConformance(SHOULD, null).verdict, 'NOT_RUN')
  })

  it('a clause that no test can decide does not hold a criterion back', () => {
    const must = conformanceCriterion('F1.must')
    const result = judgeConformance(must, CONFORMANCE)
    assert.equal(result.verdict, 'PASS')
    assert.equal(result.counts.NOT_APPLICABLE, 1)
  })
})

describe('reports/judge: requirements', () => {
  const { target, conformance, load } = recordInput()
  const evidence = { target, conformance, load }
  it('a criterion on a capability that the target does not declare is NOT_APPLICABLE', () => {
    const p3 = requirement('P3')
    const without = { ...evidence, target: { ...target, capabilities: ['http/1.1'] as const } }
    assert.equal(judgeRequirement(p3, without).verdict, 'NOT_APPLICABLE')
    assert.notEqual(judgeRequirement(p3, evidence).verdict, 'NOT_APPLICABLE')
  })

  it('what is pending is NOT_RUN with the words of the file, even where everything would pass', () => {
    const p1 = requirement('P1')
    const pending = p1.criteria.map((criterion) => ({ ...criterion, pending: 'It comes later.' }))
    const result = judgeRequirement({ ...p1, criteria: pending }, evidence)
    assert.equal(judgeRequirement(p1, evidence).verdict, 'PASS')
    assert.equal(result.verdict, 'NOT_RUN')
    assert.equal(result.criteria[0]?.reason, 'It comes later.')
  })

  it('no anomaly, vulnerability or maintenance question is answered without having been asked', () => {
    const kinds = ['anomalies', 'vulnerabilities', 'maintenance']
    const answers = fixtureRecord()
      .requirements.flatMap((entry) => entry.criteria)
      .filter(({ kind }) => kinds.includes(kind))
    assert.equal(answers.length, 3)
    for (const answer of answers) assert.equal(answer.verdict, 'NOT_RUN')
  })

  it('a manual criterion waits for a person', () => {
    const manual = {
      ...requirement('F3'),
      criteria: [
        {
          id: 'F3.doc',
          kind: 'manual' as const,
          question: 'Is it documented?',
          capability: null,
          pending: null,
        },
      ],
    }
    assert.equal(judgeRequirement(manual, evidence).verdict, 'MANUAL')
  })
})
