import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { AssayError } from '../evidence/errors.ts'
import { packageRoot } from './package-root.ts'
import { prepareTarget } from './prepare.ts'
import { parseTargetSpec } from './spec.ts'
import type { LaunchRequest, PreparedTarget } from './target.ts'

const APPLICATION = `
async def app(scope, receive, send):
    if scope['type'] != 'http':
        raise NotImplementedError
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    await send({'type': 'http.response.body', 'body': scope['path'].encode()})
`

let folder: string
let target: PreparedTarget

function request(module: string): LaunchRequest {
  return {
    application: {
      python: { directory: folder, module, attribute: 'app' },
      node: { file: '', exportName: '' },
    },
    logFile: join(folder, 'server.log'),
  }
}

function prepare(text: string): Promise<PreparedTarget> {
  return prepareTarget(parseTargetSpec(text, { serverArgs: ['--log-level=warning'], pins: [] }))
}

describe('a prepared target', () => {
  before(async function () {
    this.timeout(120_000)
    folder = await mkdtemp(join(tmpdir(), 'assay-target-'))
    await writeFile(join(folder, 'hello.py'), APPLICATION)
    target = await prepare('uvicorn@0.29.0+h11')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('knows exactly what it is', () => {
    const { identity } = target
    assert.equal(identity.spec, 'uvicorn@0.29.0+h11')
    assert.equal(identity.purl, 'pkg:pypi/uvicorn@0.29.0')
    assert.deepEqual(identity.flavours, ['h11', 'websockets', 'uvloop'])
    assert.match(
      identity.args.join(' '),
      /--http h11 --ws websockets --loop uvloop .*--log-level=warning$/,
    )
    assert.match(identity.runtime, /^CPython 3\.\d+\.\d+$/)
    const names = identity.dependencies.map(({ name }) => name)
    assert.ok(names.includes('httptools') && names.includes('h11') && !names.includes('uvicorn'))
  })

  it('serves the application it is given, as often as it is launched', async () => {
    const servers = await Promise.all([
      target.launch(request('hello')),
      target.launch(request('hello')),
    ])
    try {
      for (const { host, port } of servers) {
        const response = await fetch(`http://${host}:${port}/path`)
        assert.equal(await response.text(), '/path')
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()))
    }
  })

  it('that cannot import its application is reported as dead at start-up', async () => {
    await assert.rejects(target.launch(request('absent')), (error: unknown) => {
      assert.ok(error instanceof AssayError)
      assert.equal(error.code, 'launch/died')
      assert.match(error.rule, /absent/)
      return true
    })
  })

  it('is refused where the release does not have the flavour yet', async () => {
    await assert.rejects(prepare('uvicorn@0.29.0+websockets-sansio'), {
      code: 'target/flavour-too-new',
    })
  })

  it('that runs already is attached to, and not stopped', async () => {
    const server = await target.launch(request('hello'))
    try {
      const attached = await prepareTarget(
        parseTargetSpec(`http://${server.host}:${server.port}`, { serverArgs: [], pins: [] }),
      )
      assert.ok(attached.identity.attached)
      const running = await attached.launch(request('hello'))
      assert.deepEqual(await running.stop(), { code: null, signal: null })
      assert.equal((await fetch(`http://${server.host}:${server.port}/`)).status, 200)
    } finally {
      await server.stop()
    }
  })
})

describe('the reference server as a target', () => {
  it('names as its dependencies just the packages that its code imports', async () => {
    const { identity } = await prepare('reference')
    const root = join(packageRoot(), 'reference-server')
    const files = await readdir(root, { recursive: true })
    const sources = await Promise.all(
      files
        .filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.startsWith('testing'))
        .map((file) => readFile(join(root, file), 'utf8')),
    )
    const imported = sources.flatMap((source) =>
      [...source.matchAll(/\b(?:from |import\()'([a-z][\w-]*)[/']/g)].map(([, name]) => name),
    )
    const named = identity.dependencies.map(({ name }) => name)
    assert.deepEqual(new Set(named), new Set(imported))
    assert.ok(identity.dependencies.every(({ version }) => version !== ''))
  })
})
