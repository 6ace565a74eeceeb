import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { pythonOrSkip } from '../conformance/self-test/python-or-skip.ts'
import { UsageError } from '../evidence/errors.ts'
import { packageRoot } from '../targets/package-root.ts'
import { prepareTarget } from '../targets/prepare.ts'
import { cacheFolder, environmentFolder, listEntries } from '../targets/python/cache.ts'
import { addServers } from '../targets/registry.ts'
import { parseTargetSpec } from '../targets/spec.ts'
import { userTargets } from '../targets/user-target.ts'
import { type Outcome, outcomeOf, startAssay } from './testing/command.ts'
import { loadUserTargets } from './user-targets.ts'

const Record = z.object({
  verdict: z.string(),
  target: z.object({ name: z.string(), version: z.string(), purl: z.string().nullable() }),
  clauses: z.array(z.object({ id: z.string(), verdict: z.string() })),
})

const METHOD = ['--grep', 'http/scope/method', '--runs', '5', '--json'] as const

/** A package before the one that is installed: its own parts, then those of the other. */
const PATCHED = `
from pkgutil import extend_path
__path__ = extend_path(__path__, __name__)
from uvicorn.config import Config
from uvicorn.main import main, run
from uvicorn.server import Server
from uvicorn.protocols.http import httptools_impl

begin = httptools_impl.RequestResponseCycle.run_asgi
async def lower(self, app):
    self.scope['method'] = self.scope['method'].lower()
    await begin(self, app)
httptools_impl.RequestResponseCycle.run_asgi = lower
`

const NO_OPTIONS = { serverArgs: [], pins: [] }

describe('targets of assay.config', function () {
  this.timeout(120_000)
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-config-'))
  })
  afterEach(async () => {
    addServers([])
    await rm(folder, { recursive: true, force: true })
  })

  async function write(name: string, text: string): Promise<void> {
    await writeFile(join(folder, name), text)
  }

  function assay(...args: readonly string[]): Promise<Outcome> {
    return outcomeOf(startAssay(folder, args))
  }

  it('run like every other target: a release of a distribution on PyPI', async function () {
    await pythonOrSkip(this)
    const target = {
      name: 'mine',
      pypi: 'uvicorn',
      extras: ['standard'],
      command: ['-m', 'uvicorn', '{app}', '--no-access-log'],
      options: { host: 'host', port: 'port', lifespan: 'lifespan' },
      capabilities: ['http/1.1', 'lifespan', 'client-address'],
    }
    await write('assay.config.json', JSON.stringify({ targets: [target] }))
    const { code, stdout, stderr } = await assay('conformance', 'mine@0.29.0', ...METHOD)
    const record = Record.parse(JSON.parse(stdout))
    assert.equal(code, 0, stderr)
    assert.deepEqual(record.target, {
      name: 'mine',
      version: '0.29.0',
      purl: 'pkg:pypi/uvicorn@0.29.0',
    })
    assert.ok(
      record.clauses.some(({ id, verdict }) => id === 'http/scope/method' && verdict === 'PASS'),
    )
  })

  it('may be a command of their own, which a TypeScript file names', async () => {
    const server = join(packageRoot(), 'dist', 'reference-server', 'main.js')
    const probe = join(packageRoot(), 'dist', 'conformance', 'probe', 'probe.js')
    await write(
      'assay.config.ts',
      `const served: string = ${JSON.stringify(`${probe}:app`)}
       const command = [process.execPath, ${JSON.stringify(server)}, served, '--root-path', '/{app}']
       export default { targets: [{ name: 'by-hand', version: '7.1', command, options: { host: 'host', port: 'port' } }] }`,
    )
    const { code, stdout, stderr } = await assay('conformance', 'by-hand', ...METHOD)
    assert.equal(code, 0, stderr)
    const { target, verdict } = Record.parse(JSON.parse(stdout))
    assert.deepEqual(target, { name: 'by-hand', version: '7.1', purl: null })
    assert.equal(verdict, 'PASS')
    assert.equal((await assay('conformance', 'by-hand@7.1')).code, 2)
  })

  it('may be another build of a server that assay knows, with all that it can do', async function () {
    await pythonOrSkip(this)
    const code = join(folder, 'src', 'uvicorn')
    await mkdir(code, { recursive: true })
    await writeFile(join(code, '__init__.py'), PATCHED)
    const target = { name: 'patched', like: 'uvicorn', environment: { PYTHONPATH: 'src' } }
    await write('assay.config.json', JSON.stringify({ targets: [target] }))
    const ran = await assay('conformance', 'patched@0.29.0+asyncio', ...METHOD)
    assert.equal(ran.code, 1, ran.stderr)
    const record = Record.parse(JSON.parse(ran.stdout))
    assert.deepEqual(record.target, { name: 'patched', version: '0.29.0', purl: null })
    assert.ok(record.clauses.some(({ id, verdict }) => id === METHOD[1] && verdict === 'FAIL'))
  })

  it('may run in an environment that its user made', async function () {
    await pythonOrSkip(this)
    await prepareTarget(parseTargetSpec('uvicorn@0.29.0', NO_OPTIONS))
    const cache = cacheFolder()
    const entry = (await listEntries(cache)).find(
      ({ distribution, version }) => distribution === 'uvicorn' && version === '0.29.0',
    )
    assert.ok(entry !== undefined)
    const python = join(environmentFolder(cache, entry.environment), 'bin', 'python')
    await write(
      'assay.config.json',
      JSON.stringify({ targets: [{ name: 'local', like: 'uvicorn', python }] }),
    )
    const { code, stdout, stderr } = await assay('conformance', 'local+asyncio', ...METHOD)
    assert.equal(code, 0, stderr)
    const { target } = Record.parse(JSON.parse(stdout))
    assert.deepEqual(target, { name: 'local', version: '0.29.0', purl: null })
    const versioned = await assay('conformance', 'local@0.29.0')
    assert.equal(versioned.code, 2, versioned.stderr)
  })

  it('are none where there is no file, and a file without targets adds none', async () => {
    assert.equal(loadUserTargets(folder), null)
    await write('assay.config.yaml', 'serve: {port: 8080}')
    await loadUserTargets(folder)
    assert.throws(() => parseTargetSpec('mine', NO_OPTIONS), { code: 'target/unknown' })
  })

  for (const [what, target, complaint] of [
    ['has no name', "{command: ['x', '{app}']}", 'targets.0.name'],
    ['takes a name that is taken', "{name: uvicorn, command: ['x', '{app} {port}']}", 'uvicorn'],
    ['has an unknown key', "{name: a, comand: ['x', '{app} {port}']}", 'comand'],
    ['names an unknown capability', '{name: a, command: [x], capabilities: [http/4]}', 'http/1.1'],
    ['is not given the application', "{name: a, command: [x, '{port}']}", '{app}'],
    ['cannot be told its port', "{name: a, command: [x, '{app}']}", 'options.port'],
    [
      'declares what it cannot be told',
      "{name: a, command: [x, '{app}', '{port}'], capabilities: [workers]}",
      'options.workers',
    ],
    ['is like nothing that is known', '{name: a, like: nginx}', 'uvicorn, hypercorn'],
    ['is like another and says what that settles', '{name: a, like: uvicorn, pypi: b}', 'pypi'],
    ['has neither a command nor a likeness', '{name: a}', 'command'],
    ['has extras of nothing', "{name: a, extras: [b], command: [x, '{app}', '{port}']}", 'pypi'],
  ] as const) {
    it(`is refused where an entry ${what}`, async () => {
      await write('assay.config.yaml', `targets:\n  - ${target}\n`)
      await assert.rejects(
        async () => loadUserTargets(folder),
        (error) =>
          error instanceof UsageError &&
          error.code === 'config/targets' &&
          error.rule.includes(complaint),
      )
    })
  }

  it('stop the command with exit code 2 and the name of the file where they are wrong', async () => {
    await write('assay.config.toml', 'targets = 3\n')
    const { code, stderr } = await assay('conformance', 'reference')
    assert.equal(code, 2)
    assert.ok(stderr.includes('assay.config.toml') && stderr.includes('docs/targets.md'), stderr)
  })

  it('are documented with an entry that is accepted', async () => {
    const page = await readFile(join(packageRoot(), 'docs', 'targets.md'), 'utf8')
    const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ''
    userTargets.parse(z.object({ targets: z.unknown() }).parse(parseYaml(example)).targets)
  })
})
