import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { arbitraryInput, arbitraryRecord } from '../fixtures/arbitrary-record.ts'
import { fixtureRecord, requirements } from '../fixtures/record.ts'
import { packageRoot } from '../package-root.ts'
import { PUBLISHED_SCHEMAS } from '../published-schemas.ts'
import { buildRecord } from './build.ts'
import { recordSchema } from './schema.ts'
import { serialiseRecord } from './serialise.ts'

const published = (fileName: string): string =>
  readFileSync(join(packageRoot(), 'schemas', fileName), 'utf8')

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, part]) => [key, reversed(part)]),
  )
}

describe('reports/record', () => {
  for (const schema of PUBLISHED_SCHEMAS) {
    it(`schemas/${schema.fileName} is what the code means (npm run schemas)`, () => {
      assert.equal(published(schema.fileName), schema.render())
    })
  }

  it('every record satisfies the published JSON Schema', () => {
    const ajv = new Ajv2020({ validateFormats: false, allowUnionTypes: true })
    const validate = ajv.compile(JSON.parse(published('record.schema.json')))
    fc.assert(
      fc.property(arbitraryRecord, (record) => {
        assert.ok(validate(JSON.parse(serialiseRecord(record))), ajv.errorsText(validate.errors))
      }),
      { numRuns: 40 },
    )
  })

  it('the published JSON Schema refuses a key that it does not know', () => {
    const validate = new Ajv2020({ validateFormats: false, allowUnionTypes: true }).compile(
      JSON.parse(published('record.schema.json')),
    )
    assert.equal(validate({ ...fixtureRecord(), remark: '' }), false)
  })

  it('a record has the same bytes in whatever order its keys came', () => {
    fc.assert(
      fc.property(arbitraryRecord, (record) => {
        const other = recordSchema.parse(reversed(record))
        assert.equal(serialiseRecord(other), serialiseRecord(record))
      }),
      { numRuns: 40 },
    )
  })

  it('no record passes unless the run is complete and every requirement passes or does not apply', () => {
    fc.assert(
      fc.property(arbitraryInput, (input) => {
        const record = buildRecord(input)
        const fine = record.requirements.every(
          ({ verdict }) => verdict === 'PASS' || verdict === 'NOT_APPLICABLE',
        )
        if (record.verdict === 'PASS') assert.ok(record.complete && fine)
        if (record.problems.some(({ severity }) => severity === 'error')) {
          assert.equal(record.complete, false)
        }
      }),
    )
  })

  it('a run that was cut short is NOT_RUN, even where everything it reached passed', () => {
    const all = requirements()
    const passing = { ...all, requirements: all.requirements.filter(({ id }) => id === 'P1') }
    assert.equal(fixtureRecord({ requirements: passing }).verdict, 'PASS')
    assert.equal(fixtureRecord({ requirements: passing, complete: false }).verdict, 'NOT_RUN')
  })

  it('a topic that is allocated elsewhere is shown and has no verdict', () => {
    const [entry] = fixtureRecord().allocated
    assert.match(entry?.topic ?? '', /SQL injection/)
    assert.equal(entry !== undefined && 'verdict' in entry, false)
  })

  it('a risk is as good as the gravest requirement that bears on it', () => {
    const record = fixtureRecord()
    const r60 = record.risks.find(({ id }) => id === 'R60')
    assert.deepEqual(r60?.requirements, ['F4'])
    assert.equal(r60.verdict, record.requirements.find(({ id }) => id === 'F4')?.verdict)
  })

  it('requirements that were written for another release are pointed out', () => {
    const { target } = fixtureRecord()
    const record = fixtureRecord({
      target: { ...target, version: '0.54.0', purl: 'pkg:pypi/uvicorn@0.54.0' },
    })
    assert.deepEqual(
      record.problems.map(({ code }) => code),
      ['requirements/other-target'],
    )
    assert.deepEqual(fixtureRecord({ requirements: requirements() }).problems, [])
  })
})
