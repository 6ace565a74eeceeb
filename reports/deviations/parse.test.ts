import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'mocha'
import { parse as parseYaml } from 'yaml'
import { packageRoot } from '../package-root.ts'
import { PUBLISHED_SCHEMAS } from '../published-schemas.ts'
import type { DeviationCatalogue } from './deviations.ts'
import { DeviationsError, parseDeviations } from './parse.ts'

const CLAUSE = 'http/send/disconnected-oserror'

const CATALOGUE: DeviationCatalogue = {
  targets: [
    { name: 'uvicorn', flavours: ['h11', 'httptools'] },
    { name: 'hypercorn', flavours: [] },
  ],
  clauses: [CLAUSE, 'http/scope/path'],
  finding: (id) => (id === 'F-1a2b3c4d' ? { property: CLAUSE, clause: CLAUSE } : null),
}

const GOOD = `schema: asgi-assay/deviations/1
deviations:
  - target: uvicorn@0.29.*+h11
    clause: ${CLAUSE}
    reason: Our handlers never send after a disconnect.
    link: https://example.com/issues/17
    expires: 2027-01-31
  - {target: hypercorn, finding: F-1a2b3c4d, reason: Reported to its maintainers., link: 'https://example.com/9', expires: 2026-12-31}
`

const parse = (text: string) => parseDeviations(text, 'd.yaml', CATALOGUE)

function refusal(text: string): DeviationsError {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof DeviationsError) return error
    throw error
  }
  return assert.fail('the file was accepted')
}

describe('reports/deviations: the deviations file', () => {
  it('names a clause, or one finding, which then tells its clause', () => {
    const { entries, file } = parse(GOOD)
    assert.equal(file, 'd.yaml')
    assert.deepEqual(
      entries.map(({ clause, finding, property }) => ({ clause, finding, property })),
      [
        { clause: CLAUSE, finding: null, property: null },
        { clause: CLAUSE, finding: 'F-1a2b3c4d', property: CLAUSE },
      ],
    )
  })

  for (const [what, from, to, code, line, column] of [
    ['an unknown clause', CLAUSE, `${CLAUSE}s`, 'unknown-clause', 4, 13],
    ['an unknown finding', 'F-1a2b3c4d', 'F-00000000', 'unknown-finding', 8, 34],
    ['an unknown target', 'target: uvicorn', 'target: uvicon', 'unknown-target', 3, 13],
    ['an unknown flavour', '+h11', '+h12', 'unknown-flavour', 3, 13],
    ['what is no target', 'uvicorn@0.29.*+h11', '"uvicorn 0.29"', 'bad-target', 3, 13],
    ['a date that is none', '2027-01-31', '2027-02-31', 'format', 7, 14],
    ['no date', '    expires: 2027-01-31\n', '', 'missing', 3, 5],
    ['a link that is none', 'https://example.com/issues/17', 'issue-17', 'format', 6, 11],
    ['hardly a reason', 'Our handlers never send after a disconnect.', 'later', 'too-small', 5, 13],
    ['neither clause nor finding', `    clause: ${CLAUSE}\n`, '', 'clause-or-finding', 3, 5],
    ['an unknown key', 'reason: Our', 'because: Our', 'unknown-key', 5, 5],
    ['another schema', 'deviations/1', 'deviations/2', 'choice', 1, 9],
    ['broken YAML', 'deviations:', 'deviations: [', 'yaml', null, null],
  ] as const) {
    it(`with ${what} is refused, with line and column`, () => {
      assert.ok(GOOD.includes(from))
      const { problems, exitCode } = refusal(GOOD.replace(from, to))
      assert.equal(exitCode, 2)
      const found = problems.find((problem) => problem.code === `deviations/${code}`)
      assert.ok(found, JSON.stringify(problems))
      if (line !== null) assert.deepEqual([found.line, found.column], [line, column])
    })
  }

  it('that lists the same thing twice is refused', () => {
    const entry = GOOD.slice(GOOD.indexOf('  - target'), GOOD.indexOf('  - {'))
    assert.equal(refusal(GOOD + entry).problems[0]?.code, 'deviations/twice')
  })

  it('fits the published schema, and so does the example of its documentation', () => {
    const published = PUBLISHED_SCHEMAS.find(({ fileName }) => fileName.startsWith('deviations'))
    const schema = JSON.parse(published?.render() ?? '')
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
    const page = readFileSync(join(packageRoot(), 'docs', 'deviations.md'), 'utf8')
    const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ''
    for (const text of [GOOD, example]) {
      assert.ok(validate(parseYaml(text)), JSON.stringify(validate.errors))
    }
    parse(example)
  })
})
