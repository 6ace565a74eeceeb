import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Verdict } from '../../evidence/verdict.ts'
import { answerOf } from './answer.ts'
import { BISECTION_SCHEMA, type Change, type Step } from './bisection.ts'
import type { Range } from './range.ts'

const OPEN: Range = { from: null, to: null, good: null, bad: null }

function step(version: string, verdict: Verdict, reason: string | null = null): Step {
  const standing = verdict === 'PASS' ? 'good' : verdict === 'FAIL' ? 'bad' : 'unknown'
  return { version, verdict, standing, how: 'generated', programs: 10, reason, shown: null }
}

function answer(steps: readonly Step[], changes: readonly Change[], range = OPEN): string {
  const heard = {
    schema: BISECTION_SCHEMA as typeof BISECTION_SCHEMA,
    tool: { name: 'asgi-assay', version: '0.1.0' },
    target: 'uvicorn',
    serverArgs: [],
    pins: [],
    clause: { id: 'http/scope/path', level: 'must' as const, paraphrase: 'The path.' },
    seed: 1,
    startedAt: '2026-11-23T10:00:00.000Z',
    finishedAt: '2026-11-23T10:00:00.000Z',
    complete: true,
    range: { from: '1.0', to: '4.0', releases: 4 },
    every: false,
  }
  return answerOf({ ...heard, steps, changes }, range)
}

describe('the answer of a bisection', () => {
  const ends = [step('1.0', 'FAIL'), step('4.0', 'PASS')]

  it('names the first good release, what was judged, and what is assumed', () => {
    const text = answer(ends, [{ turns: 'good', version: '4.0', before: '1.0', unjudged: [] }])
    assert.match(text, /^1\.0 FAIL, 4\.0 PASS: the first good release is 4\.0\./)
    assert.match(text, /2 of 4 releases were judged, from 1\.0 to 4\.0; .* assumption/)
  })

  it('does not choose among releases that nobody can judge', () => {
    const change = {
      turns: 'good',
      version: '4.0',
      before: '1.0',
      unjudged: ['2.0', '3.0'],
    } as const
    assert.match(
      answer(ends, [change]),
      /is 4\.0, or one of those .* cannot be judged: 2\.0, 3\.0\./,
    )
  })

  it('says that both ends are alike, and why others could not be judged', () => {
    const steps = [step('1.0', 'FAIL'), step('4.0', 'NOT_RUN', 'pip ended with code 1.')]
    assert.equal(
      answer(steps, []),
      'No change was found: 1.0 is FAIL. 4.0 NOT_RUN: pip ended with code 1.',
    )
  })

  it('contradicts a user who is wrong about a release', () => {
    const text = answer([step('1.0', 'FAIL'), step('4.0', 'FAIL')], [], { ...OPEN, good: '4.0' })
    assert.match(text, /^4\.0 was given as good, and is FAIL\./)
  })
})
