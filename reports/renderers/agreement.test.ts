import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { countVerdicts, VERDICTS, type Verdict } from '../../evidence/verdict.ts'
import { arbitraryRecord } from '../fixtures/arbitrary-record.ts'
import { readXml, type XmlElement } from '../fixtures/xml.ts'
import type { ValidationRecord } from '../record/record.ts'
import { recordSchema } from '../record/schema.ts'
import { HTML_RENDERER } from './html.ts'
import { JSON_RENDERER } from './json.ts'
import { JUNIT_RENDERER } from './junit.ts'
import { MARKDOWN_RENDERER } from './markdown.ts'
import { RENDERERS } from './registry.ts'
import { VERDICT_WORDS } from './words.ts'

type Judged = readonly (readonly [id: string, verdict: string])[]

const judged = (record: ValidationRecord): Judged =>
  record.requirements.map(({ id, verdict }) => [id, verdict])

const criteria = (record: ValidationRecord): Judged =>
  record.requirements.flatMap((entry) => entry.criteria.map(({ id, verdict }) => [id, verdict]))

const groups = (text: string, pattern: RegExp): Judged =>
  [...text.matchAll(pattern)].map(([, first = '', second = '']) => [first, second])

const elements = (root: XmlElement, name: string): readonly XmlElement[] =>
  root.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...elements(child, name),
  ])

const check = (law: (record: ValidationRecord) => void): void => {
  fc.assert(fc.property(arbitraryRecord, law), { numRuns: 60 })
}

describe('reports/renderers', () => {
  it('every format is a function of the record alone: the same record, the same bytes', () => {
    check((record) => {
      // Read back from the bundle, its keys have another order: that must not show.
      const copy = recordSchema.parse(JSON.parse(JSON_RENDERER.render(record)))
      for (const renderer of RENDERERS) assert.equal(renderer.render(copy), renderer.render(record))
    })
  })

  it('no two formats share an id or a file', () => {
    for (const key of ['id', 'fileName'] as const) {
      const names = RENDERERS.map((renderer) => renderer[key])
      assert.equal(new Set(names).size, names.length)
    }
  })

  it('record.json is the record, whatever its texts hold', () => {
    check((record) => {
      assert.deepEqual(JSON.parse(JSON_RENDERER.render(record)), JSON.parse(JSON.stringify(record)))
    })
  })

  it('report.html shows the verdict of the record, of each requirement and of each criterion', () => {
    check((record) => {
      const text = HTML_RENDERER.render(record)
      const word = /verdict-line (\w+)"/.exec(text)?.[1]
      assert.equal(word, record.verdict)
      assert.deepEqual(
        groups(text, /id="requirement-([\w.-]+)" data-verdict="(\w+)"/g),
        judged(record),
      )
      assert.deepEqual(
        groups(text, /data-criterion="([\w.-]+)" data-verdict="(\w+)"/g),
        criteria(record),
      )
    })
  })

  it('report.html counts what the record holds', () => {
    check((record) => {
      const parts = record.requirements.length > 0 ? record.requirements : record.properties
      const counts = countVerdicts(parts.map((part) => part.verdict))
      const shown = groups(HTML_RENDERER.render(record), /data-verdict="(\w+)" data-count="(\d+)"/g)
      assert.deepEqual(
        shown,
        VERDICTS.map((verdict) => [verdict, String(counts[verdict])]),
      )
    })
  })

  it('report.html holds no script, no handler and no address of another machine', () => {
    check((record) => {
      const text = HTML_RENDERER.render(record)
      assert.doesNotMatch(text, /<script/i)
      assert.doesNotMatch(text, /<[^>]*\son\w+=/i)
      assert.doesNotMatch(text, /(?:src|href)="(?!#|\.\/|data:,)/i)
    })
  })

  it('report.md shows the verdict of the record and of each requirement', () => {
    check((record) => {
      const text = MARKDOWN_RENDERER.render(record)
      const { sign, word } = VERDICT_WORDS[record.verdict]
      assert.equal(text.split('\n')[2]?.startsWith(`**${sign} ${word}.**`), true)
      const rows = groups(text, /^\| \*\*([\w.-]+)\*\* [^|]* \| \S+ ([^|]+) \|/gm).filter(
        ([id]) => !id.startsWith('F-'),
      )
      const words = judged(record).map(([id, verdict]) => [id, wordOf(verdict)])
      assert.deepEqual(rows, words)
    })
  })

  it('junit.xml has one case for each criterion and property, and nothing unproven passes in it', () => {
    check((record) => {
      const root = readXml(JUNIT_RENDERER.render(record))
      const cases = elements(root, 'testcase')
      const verdicts = [
        ...criteria(record).map(([, verdict]) => verdict),
        ...record.properties.map((property) => property.verdict),
      ]
      assert.deepEqual(cases.slice(0, -1).map(outcome), verdicts.map(junitOutcome))
      assert.equal(outcome(cases.at(-1)), record.complete ? 'passed' : 'error')
      assert.equal(root.attributes.get('tests'), String(cases.length))
      const failures = verdicts.filter((verdict) => verdict === 'FAIL').length
      assert.equal(root.attributes.get('failures'), String(failures))
    })
  })
})

const wordOf = (verdict: string): string => {
  const known: Verdict | undefined = VERDICTS.find((candidate) => candidate === verdict)
  return known === undefined ? verdict : VERDICT_WORDS[known].word
}

const outcome = (testCase: XmlElement | undefined): string =>
  testCase?.children.find(({ name }) => name !== 'system-out')?.name ?? 'passed'

const junitOutcome = (verdict: string): string => {
  if (verdict === 'PASS') return 'passed'
  return verdict === 'FAIL' ? 'failure' : 'skipped'
}
