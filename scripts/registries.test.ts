import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { CLAUSES } from '../conformance/clauses/catalogue.ts'
import { PROPERTIES } from '../conformance/properties/registry.ts'
import { BASE_UNIT } from '../evidence/load.ts'
import { CAPABILITIES } from '../evidence/target.ts'
import { METRICS } from '../load/metrics/registry.ts'
import { PROFILES } from '../load/profiles.ts'
import { RENDERERS } from '../reports/renderers/registry.ts'
import { packageRoot } from '../targets/package-root.ts'
import { SERVERS } from '../targets/registry.ts'
import { createProgram } from './program.ts'
import { allNeeds } from './runs/load-plan.ts'
import { readRequirements } from './runs/requirements.ts'

function assertDistinct(names: readonly string[]): void {
  assert.deepEqual([...new Set(names)], names)
  assert.ok(names.length > 0)
}

describe('every registry', () => {
  it('of servers is walked by the command line and by the README', async () => {
    const readme = await readFile(join(packageRoot(), 'README.md'), 'utf8')
    assertDistinct(SERVERS.map(({ name }) => name))
    for (const { name, axes } of SERVERS) {
      assert.ok(readme.includes(`| \`${name}\` |`), name)
      for (const flavour of axes.flatMap(({ flavours }) => flavours)) {
        assert.ok(readme.includes(`\`+${flavour.name}\``), flavour.name)
      }
    }
  })

  it('of properties cites clauses that exist and are testable, and generates plain data', () => {
    const clauses = new Map(CLAUSES.map((clause) => [clause.id, clause]))
    assertDistinct(PROPERTIES.map(({ id }) => id))
    for (const { id, law, clauses: cited, needs, program } of PROPERTIES) {
      assert.ok(law.length > 0, id)
      assert.ok(cited.length > 0, id)
      for (const clause of cited) assert.equal(clauses.get(clause)?.untestable, null, clause)
      for (const capability of needs) assert.ok(CAPABILITIES.includes(capability))
      for (const value of fc.sample(program, { seed: 1, numRuns: 5 })) {
        // A clone, because fast-check's records have no prototype.
        assert.deepEqual(JSON.parse(JSON.stringify(value)), structuredClone(value), id)
      }
    }
  })

  it('of clauses gives each its own path, document, section and paraphrase', () => {
    assertDistinct(CLAUSES.map(({ id }) => id))
    for (const { id, document, section, paraphrase } of CLAUSES) {
      assert.match(id, /^[a-z0-9]+(?:[/.-][a-z0-9]+)*$/)
      for (const text of [document, section, paraphrase]) assert.ok(text.length > 0, id)
    }
  })

  it('of metrics can be measured under some profile, in a unit that requirements can name', () => {
    assertDistinct(METRICS.map(({ id }) => id))
    assertDistinct(PROFILES.map(({ name }) => name))
    const needs = allNeeds(PROFILES, null)
    for (const { id, dimension, statistics, method } of METRICS) {
      assert.ok(dimension in BASE_UNIT)
      assert.ok(statistics.length > 0 && method.length > 0, id)
      const asked = needs.filter(({ metric }) => metric === id)
      assert.ok(asked.length > 0 && asked.length % statistics.length === 0, id)
    }
  })

  it('of report formats gives each a file of its own in the bundle', () => {
    assertDistinct(RENDERERS.map(({ id }) => id))
    assertDistinct(RENDERERS.map(({ fileName }) => fileName))
  })

  it('of subcommands is described in docs/cli.md with every option', async () => {
    const docs = await readFile(join(packageRoot(), 'docs', 'cli.md'), 'utf8')
    for (const command of createProgram(() => {}).commands) {
      assert.ok(docs.includes(`### assay ${command.name()}`), command.name())
      for (const { long } of command.options) assert.ok(docs.includes(`\`${long}`), long)
    }
  })

  it('is named in CONTRIBUTING, at a place that exists', async () => {
    const text = await readFile(join(packageRoot(), 'CONTRIBUTING.md'), 'utf8')
    const places = [...text.matchAll(/`([a-z-]+(?:\/[a-z-]+)*\/[a-z-]+(?:\.test)?\.ts)`/g)]
    assert.ok(places.length >= 7)
    for (const [, place = ''] of places) assert.ok(existsSync(join(packageRoot(), place)), place)
  })

  it('is enough for the requirements that come with assay', async () => {
    const { requirements } = await readRequirements(null)
    assert.deepEqual(
      requirements.requirements.map(({ id }) => id),
      ['F1', 'F2', 'F3', 'F4', 'P1', 'P2', 'P3', 'P4'],
    )
  })
})
