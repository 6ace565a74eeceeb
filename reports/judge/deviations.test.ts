import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Finding } from '../../evidence/conformance.ts'
import type { Deviation, DeviationResult } from '../deviations/deviations.ts'
import { CONFORMANCE } from '../fixtures/conformance-evidence.ts'
import { fixtureRecord, recordInput } from '../fixtures/record.ts'
import { buildRecord } from '../record/build.ts'
import type { ValidationRecord } from '../record/record.ts'
import { HTML_RENDERER } from '../renderers/html.ts'
import { JUNIT_RENDERER } from '../renderers/junit.ts'
import { MARKDOWN_RENDERER } from '../renderers/markdown.ts'
import { verdictBeyondDeviations } from './deviations.ts'

const FAILED: readonly Finding[] = CONFORMANCE.findings.filter(({ verdict }) => verdict === 'FAIL')
const [failed] = FAILED
assert.ok(failed)
const BROKEN = failed.clauses[0] ?? ''
const HELD = CONFORMANCE.clauses.find(({ verdict }) => verdict === 'PASS')?.id ?? ''
const UNSHOWN = CONFORMANCE.clauses.find(({ verdict }) => verdict === 'NOT_RUN')?.id ?? ''

function deviation(clause: string, changes: Partial<Deviation> = {}): Deviation {
  return {
    target: 'uvicorn@0.29.*',
    clause,
    finding: null,
    property: null,
    reason: 'We never send after a disconnect.',
    link: 'https://example.com/issues/17',
    expires: '2026-11-23',
    ...changes,
  }
}

function record(...entries: readonly Deviation[]): ValidationRecord {
  const deviations = { file: 'd.yaml', sha256: '0'.repeat(64), entries }
  return buildRecord(recordInput({ requirements: null, load: null, deviations }))
}

function states(...entries: readonly Deviation[]): readonly DeviationResult['state'][] {
  return (record(...entries).deviations?.entries ?? []).map(({ state }) => state)
}

const codes = ({ problems }: ValidationRecord): readonly string[] =>
  problems.map(({ code }) => code)

describe('reports/judge: known deviations', () => {
  it('are known up to their last day, and excuse nothing after it', () => {
    assert.deepEqual(states(deviation(BROKEN)), ['known'])
    const late = record(deviation(BROKEN, { expires: '2026-11-22' }))
    assert.equal(late.deviations?.entries[0]?.state, 'expired')
    assert.deepEqual(codes(late), ['deviations/expired'])
    assert.equal(verdictBeyondDeviations(late), 'FAIL')
  })

  it('never make a PASS of a FAIL: the record, the clause and the finding keep theirs', () => {
    const all = record(...FAILED.flatMap(({ clauses }) => clauses.map((id) => deviation(id))))
    const without = fixtureRecord({ requirements: null, load: null })
    assert.equal(all.verdict, without.verdict)
    assert.deepEqual(all.clauses, without.clauses)
    assert.deepEqual(all.findings, without.findings)
  })

  it('excuse the exit code only when every failure is known', () => {
    assert.equal(record().verdict, 'FAIL')
    assert.equal(verdictBeyondDeviations(record()), 'FAIL')
    const all = record(...FAILED.flatMap(({ clauses }) => clauses.map((id) => deviation(id))))
    assert.notEqual(verdictBeyondDeviations(all), 'FAIL')
    const whole = CONFORMANCE.findings.filter(({ verdict }) => verdict === 'FAIL')
    const conformance = {
      ...CONFORMANCE,
      complete: true,
      findings: whole,
      properties: CONFORMANCE.properties.filter(({ verdict }) => verdict === 'PASS'),
    }
    const deviations = all.deviations && { ...all.deviations }
    const known = buildRecord(
      recordInput({ requirements: null, load: null, conformance, deviations }),
    )
    assert.equal(verdictBeyondDeviations(known), 'PASS')
  })

  it('may be one finding alone', () => {
    const one = deviation(BROKEN, { finding: failed.id, property: failed.property })
    assert.deepEqual(states(one), ['known'])
    assert.deepEqual(record(one).deviations?.entries[0]?.findings, [failed.id])
    assert.deepEqual(states({ ...one, finding: 'F-00000000', property: 'none/such' }), [
      'not shown',
    ])
  })

  it('that pass are pointed out, so that the entry goes', () => {
    const passed = record(deviation(HELD))
    assert.equal(passed.deviations?.entries[0]?.state, 'unexpected pass')
    assert.deepEqual(codes(passed), ['deviations/unexpected-pass'])
  })

  it('say nothing where the clause was not shown', () => {
    assert.ok(UNSHOWN !== '')
    assert.deepEqual(states(deviation(UNSHOWN)), ['not shown'])
    assert.deepEqual(codes(record(deviation(UNSHOWN))), [])
  })

  it('of other targets, versions and flavours are left out', () => {
    for (const target of [
      'hypercorn',
      'uvicorn@0.30.*',
      'uvicorn@0.29.0+httptools',
      'uvicorn@0.2',
    ]) {
      assert.deepEqual(states(deviation(BROKEN, { target })), [], target)
    }
    for (const target of ['uvicorn', 'uvicorn@0.29.0', 'uvicorn@*', 'uvicorn@0.29.0+h11']) {
      assert.deepEqual(states(deviation(BROKEN, { target })), ['known'], target)
    }
  })

  it('are shown with reason and date wherever the finding is, which stays a failure', () => {
    const shown = record(deviation(BROKEN))
    for (const renderer of [HTML_RENDERER, MARKDOWN_RENDERER, JUNIT_RENDERER]) {
      const text = renderer.render(shown)
      assert.match(text, /Known deviation/, renderer.id)
      assert.ok(text.includes('We never send after a disconnect.'), renderer.id)
    }
    assert.match(JUNIT_RENDERER.render(shown), /<failure [^>]*type="FAIL"/)
  })
})
