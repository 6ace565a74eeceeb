import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { Finding, TranscriptEvent } from '../evidence/conformance.ts'
import { type FindingsPage, renderFindings } from './findings-page.ts'
import { arbitraryRecord } from './fixtures/arbitrary-record.ts'
import { CONFORMANCE } from './fixtures/conformance-evidence.ts'
import { fixtureRecord } from './fixtures/record.ts'
import type { ValidationRecord } from './record/record.ts'

const SECRET = 'how to split a response'

function record(changes: Partial<Finding>): ValidationRecord {
  const findings = CONFORMANCE.findings.map((finding) => ({ ...finding, ...changes }))
  return fixtureRecord({ conformance: { ...CONFORMANCE, findings } })
}

function page(...records: readonly ValidationRecord[]): FindingsPage {
  return renderFindings({
    records,
    program: () => ({ method: 'GET', breaker: SECRET }),
    programs: 'docs/findings',
    command: 'npm run docs:findings',
  })
}

describe('the findings page', () => {
  it('shows of each finding its clause, what was seen, the program, the transcript and the command', () => {
    const whole = record({ verdict: 'FAIL', security: false })
    const { markdown, shown } = page(whole)
    assert.equal(shown.length, whole.findings.length)
    for (const { finding, path } of shown) {
      assert.ok(markdown.includes(finding.id))
      assert.ok(markdown.includes(`assay replay ${path} uvicorn@0.29.0+h11`))
      const event = finding.transcript[0]
      assert.ok(event && markdown.includes(event.label))
      const clause = whole.clauses.find(({ id }) => id === finding.clauses[0])
      assert.ok(clause && markdown.includes(clause.document))
    }
    assert.ok(markdown.includes('"method": "GET"'))
  })

  it('tells the connections of a transcript apart, and which findings share their clause', () => {
    const [event] = CONFORMANCE.findings.flatMap(({ transcript }) => transcript)
    assert.ok(event)
    const on = (subject: string): TranscriptEvent => ({ ...event, subject })
    const one = { verdict: 'FAIL', security: false, clauses: ['http/scope/path'] } as const
    const [first] = record({
      ...one,
      transcript: [on('connection 1'), on('connection 2')],
    }).findings
    assert.ok(first)
    const findings = ['F-00000001', 'F-00000002'].map((id) => ({ ...first, id }))
    const { markdown } = page(fixtureRecord({ conformance: { ...CONFORMANCE, findings } }))
    assert.match(markdown, /\[connection 2\]/)
    assert.match(markdown, /F-00000001:[^]*otherwise: F-00000002\.[^]*otherwise: F-00000001\./)
    const alone = page(record({ verdict: 'FAIL', security: false, transcript: [event] }))
    assert.ok(!alone.markdown.includes(`[${event.subject}]`))
  })

  it('counts what lets an attacker in, and says nothing else of it', () => {
    const held = record({ verdict: 'FAIL', security: true, observed: SECRET, summary: SECRET })
    const { markdown, shown } = page(held)
    assert.deepEqual(shown, [])
    assert.ok(!markdown.includes(SECRET))
    for (const { id } of held.findings) assert.ok(!markdown.includes(id))
    assert.match(markdown, new RegExp(`\\| 0 \\| ${held.findings.length} \\| 0 \\|`))
  })

  it('leaves out what did not show again', () => {
    const { shown } = page(record({ verdict: 'INCONCLUSIVE', security: false }))
    assert.deepEqual(shown, [])
  })

  it('lets nothing that a server sent end a code block or begin a tag', () => {
    fc.assert(
      fc.property(arbitraryRecord, (any) => {
        const { markdown } = page(any)
        const outside = markdown.replaceAll(/^(`{3,})\w+\n[^]*?\n\1$/gm, '')
        assert.ok(!/<(?!\/?code>)/.test(outside), outside)
      }),
      { numRuns: 100 },
    )
  })
})
