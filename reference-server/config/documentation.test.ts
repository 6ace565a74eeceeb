import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'mocha'
import { settingsTable } from './help.ts'

/** The folder of package.json: built files live below it, documentation beside them. */
function packageRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

describe('the documentation of the server', () => {
  it('lists every setting as the schema describes it', () => {
    const text = readFileSync(join(packageRoot(), 'docs', 'server.md'), 'utf8')
    assert.ok(text.includes(settingsTable()), settingsTable())
  })
})
