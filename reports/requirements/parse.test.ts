import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { parse as parseYaml } from 'yaml'
import { EXIT } from '../../evidence/verdict.ts'
import { CATALOGUE } from '../fixtures/catalogue.ts'
import { requirementsText } from '../fixtures/record.ts'
import { PUBLISHED_SCHEMAS } from '../published-schemas.ts'
import { needsOf } from './needs.ts'
import { parseRequirements } from './parse.ts'
import { RequirementsError } from './problem.ts'

const FILES = ['default.yaml', 'uvicorn-0.29.0.yaml']
const GOOD = requirementsText('default.yaml')

const parse = (text: string) => parseRequirements(text, 'r.yaml', CATALOGUE)

/** Replaces the one thing that a case is about; a case whose text is not there would test nothing. */
const change = (from: string, to: string): string => {
  assert.ok(GOOD.includes(from), `the file has no ${JSON.stringify(from)}`)
  return GOOD.replace(from, to)
}

const refusal = (text: string): RequirementsError => {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof RequirementsError) return error
    throw error
  }
  return assert.fail('the file was accepted')
}

/** The file with one acceptance in a criterion that selects `select`. */
const accepting = (clause: string, select: string): string =>
  change(
    'select: lifespan/**}',
    `select: ${select}, accepted: [{clause: ${clause}, justification: The device never relies on it.}]}`,
  )

/** What is changed into what, and how the refusal is called. The place is that of the new text. */
const REFUSALS: readonly (readonly [law: string, from: string, to: string, code: string])[] = [
  ['an unknown metric', 'metric: memory_pss', 'metric: memory_ps', 'unknown-metric'],
  ['an unknown statistic', 'statistic: p50', 'statistic: p51', 'unknown-statistic'],
  ['an unknown profile', 'profile: scaling', 'profile: scalling', 'unknown-profile'],
  [
    'an unknown engine',
    'profile: scaling',
    'profile: scaling\n        engine: ab',
    'unknown-engine',
  ],
  [
    'a closed engine on an open profile',
    'profile: nominal',
    'profile: nominal\n        engine: autocannon',
    'engine-model',
  ],
  ['a unit of another dimension', 'at_most: 500 ms', 'at_most: 500 MiB', 'wrong-unit'],
  ['an unknown unit', 'at_most: 500 ms', 'at_most: 500 msec', 'unknown-unit'],
  ['a limit without its unit', 'at_most: 500 ms', 'at_most: 500', 'no-unit'],
  ['a limit in words', 'at_most: 150 MiB', 'at_most: low', 'vague-limit'],
  ['a limit in other words', 'at_least: 1.2', 'at_least: high', 'vague-limit'],
  ['a negative limit', 'at_most: 2 ms', 'at_most: -2 ms', 'limit-range'],
  ['two limits', 'at_most: 2 ms', 'at_most: 2 ms\n        at_least: 1 ms', 'no-limit'],
  ['a confidence above one', 'confidence: 0.95', 'confidence: 95', 'confidence-range'],
  ['a confidence that is a guess', 'confidence: 0.95', 'confidence: 0.2', 'confidence-range'],
  ['an unknown clause', 'config/host', 'config/hots', 'unknown-clause'],
  ['a selection of nothing', 'select: lifespan/**', 'select: lifespam/**', 'empty-selection'],
  ['an unknown level', 'level:must', 'level:shall', 'bad-selector'],
  ['a duplicate requirement', 'id: F2', 'id: F1', 'duplicate-id'],
  ['a duplicate criterion', 'id: tail', 'id: median', 'duplicate-id'],
  ['a duplicate risk', 'id: R59', 'id: R58', 'duplicate-id'],
  ['an unknown risk', 'risks: [R59, R60]', 'risks: [R59, R60, R61]', 'unknown-risk'],
  ['a risk without evidence', 'risks: [R59, R60]', 'risks: [R60]', 'orphan-risk'],
  ['an unknown key', 'rationale: The container', 'reason: The container', 'unknown-key'],
  ['an unknown kind', 'kind: maintenance', 'kind: upkeep', 'choice'],
  ['an unknown safety class', 'safety_class: B', 'safety_class: D', 'choice'],
  ['a missing key', '        metric: latency\n', '', 'missing'],
  ['another schema', 'requirements/1', 'requirements/2', 'choice'],
  [
    'a word where a list belongs',
    'features_used: [http/1.1, lifespan, tls, workers]',
    'features_used: all',
    'type',
  ],
  ['a duplicate YAML key', 'intended_use:', 'intended_use: x\nintended_use:', 'yaml'],
  ['broken YAML', 'standard: [', 'standard: [[', 'yaml'],
]

describe('reports/requirements: the requirements file', () => {
  for (const name of FILES) {
    it(`${name} states the eight requirements and the three risks of the first user`, () => {
      const requirements = parseRequirements(requirementsText(name), name, CATALOGUE)
      const ids = requirements.requirements.map(({ id }) => id)
      assert.deepEqual(ids, ['F1', 'F2', 'F3', 'F4', 'P1', 'P2', 'P3', 'P4'])
      assert.deepEqual(
        requirements.risks.map(({ id }) => id),
        ['R58', 'R59', 'R60'],
      )
    })

    it(`${name} satisfies the published JSON Schema`, () => {
      const schema = PUBLISHED_SCHEMAS.find(({ fileName }) => fileName.startsWith('requirements'))
      const ajv = new Ajv2020({ allowUnionTypes: true })
      const validate = ajv.compile(JSON.parse(schema?.render() ?? 'false'))
      assert.ok(validate(parseYaml(requirementsText(name))), ajv.errorsText(validate.errors))
    })
  }

  for (const [law, from, to, code] of REFUSALS) {
    it(`${law} is refused as ${code}, with line and column, rule and cure`, () => {
      const text = change(from, to)
      const error = refusal(text)
      assert.equal(error.exitCode, EXIT.usage)
      const problem = error.problems.find((candidate) => candidate.code === `requirements/${code}`)
      assert.ok(problem, error.message)
      assert.ok(problem.line >= 1 && problem.line <= text.split('\n').length)
      assert.ok(problem.column >= 1)
      assert.ok(problem.rule.length > 5 && problem.cure.length > 5)
      assert.ok(error.message.includes(`r.yaml:${problem.line}:${problem.column}: `))
    })
  }

  it('the place is that of the value that is wrong', () => {
    const text = change('at_most: 150 MiB', 'at_most: minimal')
    const line = text.split('\n').findIndex((candidate) => candidate.includes('minimal'))
    const [problem] = refusal(text).problems
    assert.deepEqual(
      [problem?.line, problem?.column],
      [line + 1, (text.split('\n')[line] ?? '').indexOf('minimal') + 1],
    )
  })

  it('all problems of a file are named at once, in the order of its lines', () => {
    const text = change('config/host', 'config/hots')
      .replace('metric: memory_pss', 'metric: memory')
      .replace('at_most: 500 ms', 'at_most: soon')
      .replace('rationale: The gateway', 'ratoinale: The gateway')
    const { problems } = refusal(text)
    assert.deepEqual(
      problems.map(({ code }) => code.split('/')[1]),
      ['unknown-clause', 'vague-limit', 'unknown-metric', 'unknown-key'],
    )
    const lines = problems.map(({ line }) => line)
    assert.deepEqual(
      lines,
      lines.toSorted((a, b) => a - b),
    )
  })

  it('a slip in a name is met with the name that was meant', () => {
    const [problem] = refusal(change('metric: memory_pss', 'metric: memroy_pss')).problems
    assert.equal(problem?.cure, 'Did you mean "memory_pss"?')
  })

  it('what is pending may select clauses that do not exist yet', () => {
    const text = change('select: lifespan/**}', 'select: later/**, pending: It comes later.}')
    const criterion = parse(text).requirements.find(({ id }) => id === 'F3')?.criteria[0]
    assert.equal(criterion?.pending, 'It comes later.')
    assert.deepEqual(criterion?.kind === 'conformance' && criterion.clauses, [])
  })

  it('a deviation from a SHOULD may be accepted in writing, one from a MUST may not', () => {
    parse(accepting('http/send/disconnected-oserror', 'http/**'))
    const must = refusal(accepting('http/scope/path', 'http/**'))
    assert.deepEqual(
      must.problems.map(({ code }) => code),
      ['requirements/must-accepted'],
    )
    const other = refusal(accepting('http/send/disconnected-oserror', 'lifespan/**'))
    assert.deepEqual(
      other.problems.map(({ code }) => code),
      ['requirements/unknown-clause'],
    )
  })

  it('a profile of the file changes the built-in one of its name and adds new ones', () => {
    const text = `${GOOD}\nprofiles:\n  burst: {connections: 32, duration: 500 ms}\n  mine: {model: open, connections: 5, rate: 10 /s, request: {path: /echo, body: 2 KiB}}\n`
    const needs = needsOf(parse(text))
    const burst = needs.find((need) => need.profile.name === 'burst')?.profile
    assert.deepEqual([burst?.connections, burst?.seconds, burst?.starts], [32, 0.5, 5])
    const bad = refusal(text.replace('rate: 10 /s, ', ''))
    assert.deepEqual(
      bad.problems.map(({ code }) => code),
      ['requirements/profile-rate'],
    )
    const unknown = refusal(text.replace('model: open, ', ''))
    assert.deepEqual(
      unknown.problems.map(({ code }) => code),
      ['requirements/incomplete-profile'],
    )
  })

  it('an edit of a requirement changes its fingerprint and no other', () => {
    const before = parse(GOOD).requirements
    const after = parse(change('at_most: 2 ms', 'at_most: 3 ms')).requirements
    const changed = after.filter(
      ({ fingerprint }, index) => fingerprint !== before[index]?.fingerprint,
    )
    assert.deepEqual(
      changed.map(({ id }) => id),
      ['P2'],
    )
  })

  it('white space and comments change no fingerprint, but the hash of the file', () => {
    const [before, after] = [parse(GOOD), parse(`# a comment\n${GOOD}`)]
    assert.deepEqual(before.requirements, after.requirements)
    assert.notEqual(before.sha256, after.sha256)
  })

  it('no mutilation of the file gets anything but a result or a RequirementsError', () => {
    fc.assert(
      fc.property(
        fc.nat(GOOD.length),
        fc.nat(60),
        fc.string({ maxLength: 8 }),
        (at, length, put) => {
          const text = GOOD.slice(0, at) + put + GOOD.slice(at + length)
          try {
            parse(text)
          } catch (error) {
            assert.ok(error instanceof RequirementsError, String(error))
            assert.ok(error.problems.length > 0)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('needs are those of the measurement criteria, each once, less what does not apply', () => {
    const requirements = parse(GOOD)
    const needs = needsOf(requirements)
    assert.equal(needs.length, 7)
    const without = needsOf(requirements, ['http/1.1'])
    assert.equal(without.length, needs.length - 1)
    assert.ok(without.every((need) => need.metric !== 'throughput_ratio'))
  })
})
