import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFile, cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { packageRoot } from '../targets/package-root.ts'

/** What a checker needs to see of the repository. */
const SOURCES = [
  'evidence',
  'reference-server',
  'examples',
  'targets',
  'conformance',
  'load',
  'reports',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'biome.json',
  'knip.json',
  '.oxlintrc.json',
  '.gitignore',
  '.mocharc.json',
]

interface Planted {
  readonly what: string
  readonly file: string
  readonly text: string
  /** Arguments of `node`: the checker as `npm run check` and `npm test` call it. */
  readonly checker: readonly string[]
  readonly complaint: RegExp
}

const TSC = 'node_modules/typescript/bin/tsc'
const BIOME = 'node_modules/@biomejs/biome/bin/biome'
const OXLINT = 'node_modules/oxlint/bin/oxlint'
const KNIP = 'node_modules/knip/bin/knip.js'
const MOCHA = 'node_modules/mocha/bin/mocha.js'

/** One error for each checker: a tool that is silenced by an upgrade or a setting fails this test. */
const ERRORS: readonly Planted[] = [
  {
    what: 'an import against the direction of the folders (types)',
    file: 'conformance/planted.ts',
    text: "export * from '../reports/bundle.ts'\n",
    checker: [TSC, '-b', 'conformance'],
    complaint: /conformance\/planted\.ts.*TS(6307|6059)/s,
  },
  {
    what: 'an import that skips a folder (lint)',
    file: 'load/planted.ts',
    text: "export { serve } from '../reference-server/server/serve.ts'\n",
    checker: [OXLINT, 'load/planted.ts'],
    complaint: /no-restricted-imports/,
  },
  {
    what: 'a type error in a test',
    file: 'evidence/planted.test.ts',
    text: "export const planted: number = 'text'\n",
    checker: [TSC, '-b', 'evidence'],
    complaint: /evidence\/planted\.test\.ts.*TS2322/s,
  },
  {
    what: 'a type error in a k6 script',
    file: 'load/k6/planted.ts',
    text: "export const planted: number = 'text'\n",
    checker: [TSC, '-p', 'load/k6', '--noEmit'],
    complaint: /planted\.ts.*TS2322/s,
  },
  {
    what: 'a promise that nobody awaits',
    file: 'targets/planted.ts',
    text: "import { rm } from 'node:fs/promises'\nexport function planted(): void {\n  rm('x')\n}\n",
    checker: [OXLINT, 'targets/planted.ts'],
    complaint: /no-floating-promises/,
  },
  {
    what: 'a formatting fault',
    file: 'evidence/planted.ts',
    text: 'export const planted = "double"\n',
    checker: [BIOME, 'ci', 'evidence'],
    complaint: /planted\.ts/,
  },
  {
    what: 'a file that nothing uses',
    file: 'evidence/planted.ts',
    text: 'export const planted = 1\n',
    checker: [KNIP],
    complaint: /Unused files[^]*evidence\/planted\.ts/,
  },
  {
    what: 'a dependency that is not declared',
    file: 'evidence/planted.test.ts',
    text: "import undeclared from 'left-pad'\nvoid undeclared\n",
    checker: [KNIP],
    complaint: /Unlisted dependencies[^]*left-pad/,
  },
  {
    what: 'a test that runs alone',
    file: 'planted.test.mjs',
    text: "import { it } from 'mocha'\nit.only('runs alone', () => {})\n",
    checker: [MOCHA, '--no-config', '--forbid-only', 'planted.test.mjs'],
    complaint: /forbid-only|forbidOnly|\.only/,
  },
]

let copy: string

function check(args: readonly string[]): {
  readonly status: number | null
  readonly output: string
} {
  const result = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
  return { status: result.status, output: result.stdout + result.stderr }
}

describe('the toolchain', function () {
  this.timeout(60_000)

  before(async () => {
    copy = await mkdtemp(join(tmpdir(), 'assay-toolchain-'))
    for (const source of SOURCES) {
      await cp(join(packageRoot(), source), join(copy, source), { recursive: true })
    }
    await symlink(join(packageRoot(), 'node_modules'), join(copy, 'node_modules'))
  })
  after(() => rm(copy, { recursive: true, force: true }))

  for (const { what, file, text, checker, complaint } of ERRORS) {
    it(`refuses ${what}`, async () => {
      await writeFile(join(copy, file), text)
      try {
        const { status, output } = check(checker)
        assert.match(output, complaint)
        assert.notEqual(status, 0)
      } finally {
        await rm(join(copy, file))
      }
    })
  }

  it('refuses an export that nobody imports', async () => {
    await appendFile(join(copy, 'evidence/verdict.ts'), '\nexport const planted = 1\n')
    const { status, output } = check([KNIP])
    assert.match(output, /Unused exports[^]*planted/)
    assert.notEqual(status, 0)
  })
})
