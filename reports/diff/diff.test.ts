import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, it } from 'mocha'
import type { Finding } from '../../evidence/conformance.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import { CONFORMANCE } from '../fixtures/conformance-evidence.ts'
import { LOAD } from '../fixtures/load-evidence.ts'
import { fixtureRecord } from '../fixtures/record.ts'
import { PUBLISHED_SCHEMAS } from '../published-schemas.ts'
import { diffRecords, diffTargets, disagrees } from './build.ts'
import type { NamedRecord } from './clauses.ts'
import type { DiffDocument } from './document.ts'
import { renderDiff } from './markdown.ts'
import { diffSchema } from './schema.ts'

const TOOL = { name: 'asgi-assay', version: '0.1.0' }
const [first] = CONFORMANCE.clauses.filter(({ verdict }) => verdict === 'PASS')
const clause = first?.id ?? ''

function side(name: string, verdict: Verdict, findings = CONFORMANCE.findings): NamedRecord {
  const clauses = CONFORMANCE.clauses.map((one) => (one.id === clause ? { ...one, verdict } : one))
  const conformance = { ...CONFORMANCE, clauses, findings }
  return { name, folder: `reports/${name}`, record: fixtureRecord({ conformance }) }
}

const records = (a: NamedRecord, b: NamedRecord): DiffDocument => diffRecords(TOOL, a, b)

const targets = (...sides: readonly NamedRecord[]): DiffDocument =>
  diffTargets({
    tool: TOOL,
    seed: 7,
    startedAt: '2026-11-23T10:00:00.000Z',
    finishedAt: '2026-11-23T10:02:31.000Z',
    sides,
    silent: {
      programs: 3,
      alike: 1,
      judged: 1,
      unstable: 1,
      notConfirmed: 0,
      differences: [
        {
          id: 'D-1',
          properties: ['http/scope/method'],
          habit: false,
          aspect: 'scope.method',
          subject: 'connection 1, request 1',
          programs: 1,
          answers: [
            { targets: ['a'], value: '"get"' },
            { targets: ['b'], value: '"GET" | <b>' },
          ],
          program: 'raw/differences/D-1.json',
          shown: { method: 'get' },
        },
      ],
    },
  })

describe('reports/diff: targets', () => {
  it('agree where each gives the same verdict, and then also on what all break', () => {
    const diff = targets(side('a', 'FAIL'), side('b', 'FAIL'))
    assert.deepEqual(diff.clauses, [])
    assert.ok(diff.brokenByAll.includes(clause))
    assert.equal(disagrees(diff), false)
  })

  it('disagree on a clause that one breaks and one does not', () => {
    const diff = targets(side('a', 'PASS'), side('b', 'FAIL'))
    const found = diff.clauses.find(({ id }) => id === clause)
    assert.deepEqual(found?.verdicts, ['PASS', 'FAIL'])
    assert.equal(disagrees(diff), true)
  })

  it('do not disagree where nobody breaks the clause, whatever else they say of it', () => {
    const diff = targets(side('a', 'PASS'), side('b', 'NOT_APPLICABLE'))
    assert.equal(disagrees(diff), false)
  })

  it('are never complete when one of them was cut short', () => {
    const cut = { ...side('b', 'PASS'), record: fixtureRecord({ complete: false }) }
    assert.equal(targets(side('a', 'PASS'), cut).complete, false)
  })
})

describe('reports/diff: two records', () => {
  it('of one run differ in nothing', () => {
    const diff = records(side('a', 'PASS'), side('a', 'PASS'))
    assert.deepEqual([diff.clauses, diff.findings], [[], { appeared: [], gone: [] }])
    assert.equal(disagrees(diff), false)
  })

  it('tell a clause that is no longer shown from one that still passes', () => {
    const diff = records(side('a', 'PASS'), side('b', 'NOT_RUN'))
    assert.deepEqual(diff.clauses.find(({ id }) => id === clause)?.verdicts, ['PASS', 'NOT_RUN'])
    assert.equal(disagrees(diff), false)
  })

  it('name the findings that appeared and those that are gone, with the command that shows them', () => {
    const [kept, ...rest] = CONFORMANCE.findings
    assert.ok(kept)
    const other: Finding = { ...kept, id: 'F-new', program: 'raw/programs/F-new.json' }
    const diff = records(side('a', 'PASS', [kept, ...rest]), side('b', 'PASS', [...rest, other]))
    assert.deepEqual(
      diff.findings?.gone.map(({ id }) => id),
      [kept.id],
    )
    assert.deepEqual(
      diff.findings?.appeared.map(({ replay }) => replay),
      ['assay replay reports/b/raw/programs/F-new.json'],
    )
    assert.equal(disagrees(diff), true)
  })

  it('show a changed number only where the intervals do not meet', () => {
    const [measured] = LOAD.measurements.filter(({ interval }) => interval !== null)
    assert.ok(measured?.interval && measured.estimate !== null)
    const shifted = (low: number, high: number): NamedRecord => ({
      ...side('b', 'PASS'),
      record: fixtureRecord({
        load: {
          ...LOAD,
          measurements: [{ ...measured, interval: { low, high, confidence: 0.95, method: 'x' } }],
        },
      }),
    })
    const before = shifted(1, 2)
    assert.equal(records(before, shifted(2, 3)).measurements[0]?.change, 'overlap')
    assert.equal(records(before, shifted(2.1, 3)).measurements[0]?.change, 'apart')
    assert.equal(records(shifted(4, 5), before).measurements[0]?.change, 'apart')
  })
})

describe('reports/diff: the document', () => {
  const documents = [
    targets(side('a', 'PASS'), side('b', 'FAIL')),
    records(side('a', 'PASS', []), side('b', 'FAIL')),
  ]

  it('fits its own schema and the published one', () => {
    const published = PUBLISHED_SCHEMAS.find(({ fileName }) => fileName === 'diff.schema.json')
    assert.ok(published)
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(published.render()),
    )
    for (const document of documents) {
      const read: unknown = JSON.parse(JSON.stringify(document))
      assert.deepEqual(diffSchema.parse(read), read)
      assert.ok(validate(read), JSON.stringify(validate.errors))
    }
  })

  it('names every clause, finding and difference in diff.md, and no text of a server is markup', () => {
    for (const document of documents) {
      const page = renderDiff(document)
      const lines = document.clauses.flatMap(({ breaks }) => breaks)
      for (const { id } of [...document.clauses, ...lines]) assert.ok(page.includes(id), id)
      for (const { id } of document.silent?.differences ?? []) assert.ok(page.includes(id), id)
      assert.ok(!page.includes('<b>'))
    }
  })
})
