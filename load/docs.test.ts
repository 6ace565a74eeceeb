import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'mocha'
import { packageRoot } from '../targets/package-root.ts'
import { METRICS } from './metrics/registry.ts'
import { PROFILES } from './profiles.ts'

describe('docs/load.md', () => {
  const text = readFileSync(path.join(packageRoot(), 'docs', 'load.md'), 'utf8')

  it('has a row for each metric, with its statistics', () => {
    for (const { id, statistics } of METRICS) {
      assert.ok(text.includes(`| \`${id}\` | ${statistics.join(' ')} |`), id)
    }
  })

  it('has a row for each built-in profile, with its model', () => {
    for (const { name, model } of PROFILES) {
      assert.ok(text.includes(`| \`${name}\` | ${model} |`), name)
    }
  })
})
