import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { Requirements } from '../eras.ts'
import {
  type EnvironmentRequest,
  ensureEnvironment,
  type InstallEvent,
  type PythonEnvironment,
} from './environment.ts'
import { findPython, type Interpreter, searchOldPython, searchPython } from './interpreter.ts'

/** Nobody listens there: what needs the index fails at once. */
const UNREACHABLE_INDEX = 'http://127.0.0.1:9/simple'
const INSTALL_TIME = 120_000

let cache: string
let interpreter: Interpreter

function request(
  version: string | null,
  packages: readonly string[] = [],
  { constraints = [], alone = false }: Partial<Requirements> = {},
): EnvironmentRequest {
  const requirements = (): Requirements => ({ packages, constraints, alone })
  return { distribution: 'h11', extras: [], version, requirements }
}

async function ensure(
  wanted: EnvironmentRequest,
  signal: AbortSignal | null = null,
): Promise<{ environment: PythonEnvironment; events: readonly string[] }> {
  const events: string[] = []
  const onEvent = (event: InstallEvent): void => {
    events.push(event.kind)
  }
  const environment = await ensureEnvironment(wanted, { cache, interpreter, signal, onEvent })
  return { environment, events }
}

async function withoutNetwork<T>(action: () => Promise<T>): Promise<T> {
  const original = { ...process.env }
  process.env['PIP_INDEX_URL'] = UNREACHABLE_INDEX
  delete process.env['PIP_FIND_LINKS']
  delete process.env['PIP_EXTRA_INDEX_URL']
  try {
    return await action()
  } finally {
    process.env = original
  }
}

async function failure(attempt: Promise<unknown>): Promise<InfrastructureError> {
  try {
    await attempt
  } catch (error) {
    assert.ok(error instanceof InfrastructureError)
    return error
  }
  return assert.fail('it was installed')
}

async function folders(): Promise<readonly string[]> {
  return readdir(join(cache, 'environments'))
}

describe('python environments', () => {
  before(async () => {
    interpreter = await findPython()
    cache = await mkdtemp(join(tmpdir(), 'assay-cache-'))
  })
  after(() => rm(cache, { recursive: true, force: true }))

  it('are built once, however many ask at the same time, and all get the same', async function () {
    this.timeout(INSTALL_TIME)
    const [a, b] = await Promise.all([ensure(request('0.14.0')), ensure(request('0.14.0'))])
    assert.deepEqual(a.environment, b.environment)
    assert.equal((await folders()).length, 1)
  })

  it('are reused without network', async () => {
    const { environment, events } = await withoutNetwork(() => ensure(request('0.14.0')))
    assert.deepEqual(events, ['cached'])
    assert.equal(environment.version, '0.14.0')
  })

  it('are the newest cached ones without network when no version is asked for, and it is said', async function () {
    this.timeout(INSTALL_TIME)
    const { environment, events } = await withoutNetwork(() => ensure(request(null)))
    assert.deepEqual(events, ['offline', 'cached'])
    assert.equal(environment.version, '0.14.0')
  })

  it('are shared by wishes that resolve to the same versions, and apart where pins differ', async function () {
    this.timeout(INSTALL_TIME)
    const plain = await ensure(request('0.14.0'))
    const pinned = await ensure(request('0.14.0', ['sniffio==1.3.1']))
    const again = await ensure(request('0.14.0', ['sniffio==1.3.1']))
    assert.notEqual(plain.environment.python, pinned.environment.python)
    assert.deepEqual(pinned.environment.dependencies, [{ name: 'sniffio', version: '1.3.1' }])
    assert.deepEqual(again.events, ['cached'])
  })

  it('respect constraints on what nobody asked for by name', async function () {
    this.timeout(INSTALL_TIME)
    const wish = request('0.14.0', ['wsproto'], { constraints: ['wsproto<1.2', 'click<8'] })
    const { environment } = await ensure(wish)
    assert.deepEqual(environment.dependencies, [{ name: 'wsproto', version: '1.1.0' }])
  })

  it('can hold a release whose own requirements are replaced', async function () {
    this.timeout(INSTALL_TIME)
    const wish: EnvironmentRequest = {
      ...request('1.2.0', ['h11==0.8.1'], { alone: true }),
      distribution: 'wsproto',
    }
    const { environment } = await ensure(wish)
    assert.deepEqual(environment.dependencies, [{ name: 'h11', version: '0.8.1' }])
  })

  it('fail by cause, and a failure leaves nothing half made', async function () {
    this.timeout(INSTALL_TIME)
    const kept = await folders()
    const absent = await failure(ensure(request('0.14.77')))
    assert.equal(absent.code, 'install/unknown-version')
    assert.match(absent.cure, /0\.16\.0/)
    const pin = await failure(ensure(request('0.14.0', ['sniffio==99.9'])))
    assert.equal(pin.code, 'install/unknown-version')
    assert.match(pin.rule, /sniffio/)
    const conflict = await failure(ensure(request('0.14.0', ['h11==0.13.0'])))
    assert.equal(conflict.code, 'install/failed')
    const offline = await withoutNetwork(() => failure(ensure(request('0.12.0'))))
    assert.equal(offline.code, 'install/no-network')
    assert.deepEqual(await folders(), kept)
  })

  it('need a cache folder that can be made', async () => {
    const context = { cache: '/dev/null/cache', interpreter, signal: null, onEvent: () => {} }
    const error = await failure(ensureEnvironment(request('0.14.0'), context))
    assert.equal(error.code, 'install/no-cache')
  })

  it('can be interrupted while they are installed', async () => {
    const kept = await folders()
    const error = await failure(ensure(request('0.11.0'), AbortSignal.timeout(150)))
    assert.equal(error.code, 'install/interrupted')
    assert.deepEqual(await folders(), kept)
  })
})

describe('python interpreter', () => {
  it('is asked for with a cure when none is on PATH', async () => {
    const error = await failure(searchPython(undefined, { PATH: '/nonexistent' }))
    assert.equal(error.code, 'python/missing')
    assert.match(error.cure, /apt-get install python3/)
  })

  it('is recent enough to be used', async () => {
    const [major = 0, minor = 0] = (await findPython()).version.split('.').map(Number)
    assert.ok(major === 3 && minor >= 11)
  })

  it('of an old release is asked for with a cure when the machine has none', async () => {
    const nowhere = {
      PATH: '/nonexistent',
      PYENV_ROOT: '/nonexistent',
      UV_PYTHON_INSTALL_DIR: '/nonexistent',
    }
    const error = await failure(searchOldPython(9, undefined, nowhere))
    assert.equal(error.code, 'python/none-so-old')
    assert.match(error.cure, /pyenv install 3\.9/)
  })

  it('of an old release is the newest that is old enough, wherever a version manager put it', async () => {
    const root = await mkdtemp(join(tmpdir(), 'assay-pyenv-'))
    const versions = join(root, 'versions')
    for (const version of ['3.7.1', '3.8.18', '3.9.18', '3.10.13']) {
      const bin = join(versions, version, 'bin')
      await mkdir(bin, { recursive: true })
      const answer = { executable: bin, version, implementation: 'CPython' }
      const script = `#!/bin/sh\necho '${JSON.stringify({ ...answer, canMakeEnvironments: version !== '3.9.18' })}'\n`
      await writeFile(join(bin, 'python3'), script, { mode: 0o755 })
    }
    const environment = { PATH: '/bin', PYENV_ROOT: root, UV_PYTHON_INSTALL_DIR: '/nonexistent' }
    const { version } = await searchOldPython(9, undefined, environment)
    await rm(root, { recursive: true, force: true })
    assert.equal(version, '3.8.18')
  })
})
