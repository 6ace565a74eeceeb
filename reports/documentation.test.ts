import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { parse as parseYaml } from 'yaml'
import { CATALOGUE } from './fixtures/catalogue.ts'
import { packageRoot } from './package-root.ts'
import { PUBLISHED_SCHEMAS } from './published-schemas.ts'
import { RENDERERS } from './renderers/registry.ts'
import { parseRequirements } from './requirements/parse.ts'

const read = (...path: readonly string[]): string =>
  readFileSync(join(packageRoot(), ...path), 'utf8')

/** Every property name that a JSON Schema mentions, at any depth. */
function keysOf(schema: unknown): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return new Set()
  const properties: unknown = Reflect.get(schema, 'properties')
  const own = typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
  return new Set([...own, ...Object.values(schema).flatMap((part) => [...keysOf(part)])])
}

const schemaOf = (fileName: string): unknown =>
  JSON.parse(PUBLISHED_SCHEMAS.find((schema) => schema.fileName === fileName)?.render() ?? '{}')

describe('reports: documentation', () => {
  it('docs/requirements-file.md explains every key', () => {
    const text = read('docs', 'requirements-file.md')
    for (const key of keysOf(schemaOf('requirements.schema.json'))) {
      assert.ok(text.includes(`\`${key}\``) || text.includes(`${key}:`), `no word on ${key}`)
    }
  })

  it('docs/requirements-file.md shows a file that is accepted', () => {
    const text = read('docs', 'requirements-file.md')
    const example = [...text.matchAll(/```yaml\n([^`]*)```/g)].map(([, body = '']) => body)
    const whole = example.find((body) => body.startsWith('schema:')) ?? ''
    const parsed = parseRequirements(whole, 'docs/requirements-file.md', CATALOGUE)
    assert.deepEqual(
      parsed.requirements.map(({ id }) => id),
      ['F1', 'P4'],
    )
    for (const body of example) assert.notEqual(parseYaml(body), undefined)
  })

  it('docs/requirements-file.md names every code of refusal', () => {
    const text = read('docs', 'requirements-file.md')
    const folder = join('reports', 'requirements')
    const sources = readdirSync(join(packageRoot(), folder))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => read(folder, name))
      .join('\n')
    const codes = [
      ...sources.matchAll(/'requirements\/([\w-]+)'/g),
      ...sources.matchAll(/code: '([\w-]+)'/g),
      ...sources.matchAll(/one\('([\w-]+)'/g),
    ].map(([, code = '']) => code)
    assert.ok(codes.length > 15)
    for (const code of codes) {
      if (code !== 'refused') assert.ok(text.includes(`\`${code}\``), `no word on ${code}`)
    }
  })

  it('docs/record.md explains every key of the record and every file of the bundle', () => {
    const text = read('docs', 'record.md')
    const schema = schemaOf('record.schema.json')
    const properties: unknown =
      typeof schema === 'object' && schema !== null ? Reflect.get(schema, 'properties') : null
    const names = [...Object.keys(properties ?? {}), ...RENDERERS.map(({ fileName }) => fileName)]
    for (const name of names) assert.ok(text.includes(`\`${name}\``), `no word on ${name}`)
  })
})
