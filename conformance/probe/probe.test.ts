import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { before, describe, it } from 'mocha'
import { findPython } from '../../targets/python/interpreter.ts'
import { pythonOrSkip } from '../self-test/python-or-skip.ts'
import { PROBE } from './application.ts'

const { directory, module } = PROBE.python
const FILES = readdirSync(directory).filter((name) => name.endsWith('.py'))

async function python(code: string, ...args: readonly string[]): Promise<string> {
  const { executable } = await findPython()
  return (await promisify(execFile)(executable, ['-c', code, ...args])).stdout
}

describe('the probe in Python', () => {
  before(async function () {
    await pythonOrSkip(this)
  })

  it('is there', () => {
    assert.ok(FILES.includes(`${module}.py`))
  })

  for (const name of FILES) {
    const file = join(directory, name)

    it(`${name} is Python 3.8: no syntax that came later`, async () => {
      await python(PARSE, file)
    })

    it(`${name} imports the standard library and its own files, and trio only to serve under it`, async () => {
      const foreign = await python(FOREIGN_IMPORTS, file)
      const allowed = FILES.map((own) => own.replace('.py', ''))
      const others = foreign.split(/\s+/).filter((one) => one !== '' && !allowed.includes(one))
      assert.deepEqual(others, name === 'probe_trio.py' ? ['trio'] : [])
    })
  }

  it('the check of its syntax sees what is newer', async () => {
    await assert.rejects(
      python(PARSE.replace('open(sys.argv[1]).read()', 'sys.argv[1]'), NEWER),
      /SyntaxError/,
    )
  })
})

const PARSE = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 8))'
const NEWER = 'match 1:\n  case _: pass'

/** Modules that a file imports anywhere in it and that Python does not bring along. */
const FOREIGN_IMPORTS = `
import ast, sys
names = set()
for node in ast.walk(ast.parse(open(sys.argv[1]).read())):
    if isinstance(node, ast.Import):
        names |= {alias.name.split('.')[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        names.add(node.module.split('.')[0])
print(*sorted(names - set(sys.stdlib_module_names)))`
