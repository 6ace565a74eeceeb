import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { packageRoot } from '../../targets/package-root.ts'
import { CLAUSES } from './catalogue.ts'
import { clausesDocument } from './document.ts'

/** How many cells a line of a Markdown table has. */
function columns(line: string): number {
  return line.replaceAll(String.raw`\|`, '').split('|').length
}

describe('docs/clauses.md', () => {
  it('is what the catalogue says today', () => {
    const published = readFileSync(join(packageRoot(), 'docs', 'clauses.md'), 'utf8')
    assert.equal(published, clausesDocument(), 'run npm run docs:clauses')
  })

  it('has one row for each clause', () => {
    const rows = clausesDocument()
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    assert.equal(rows.length, CLAUSES.length)
  })

  it('has tables whose rows all have the columns of their head', () => {
    let head = 0
    for (const line of clausesDocument().split('\n')) {
      if (!line.startsWith('|')) head = 0
      else if (head === 0) head = columns(line)
      else assert.equal(columns(line), head, line)
    }
  })
})
