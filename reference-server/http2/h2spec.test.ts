import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Context, describe, it } from 'mocha'
import type { ASGIApplication } from '../asgi/application.ts'
import { withCertificate } from '../testing/certificate.ts'
import { portOf, withServer } from '../testing/with-server.ts'

const MODULE = 'github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible'
const FOLDER = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'assay', 'bin')

/** h2spec from the cache, built from its Go module where it is not there yet; null without Go. */
function h2spec(): string | null {
  const path = join(FOLDER, 'h2spec')
  if (existsSync(path)) return path
  try {
    execFileSync('go', ['install', MODULE], {
      env: { ...process.env, GOBIN: FOLDER },
      stdio: 'ignore',
      timeout: 240_000,
    })
    return path
  } catch {
    return null
  }
}

const hello: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: Buffer.from('Hello, world!') })
}

/** What h2spec prints of the server at this port. */
async function report(program: string, port: number, ...more: readonly string[]): Promise<string> {
  const args = ['-h', '127.0.0.1', '-p', String(port), ...more]
  const { stdout } = await promisify(execFile)(program, args).catch(
    (error: { stdout: string }) => error,
  )
  return stdout
}

function programOrSkip(test: Context): string {
  const program = h2spec()
  if (program !== null) return program
  assert.ok(process.env['CI'] === undefined, 'h2spec cannot be built: is Go missing?')
  return test.skip()
}

describe('HTTP/2 as h2spec sees it', () => {
  it('passes all of its tests over TLS', async function () {
    const program = programOrSkip(this)
    await withCertificate((files) =>
      withServer(hello, { ...files }, async ({ server }) => {
        const stdout = await report(program, portOf(server), '-t', '-k')
        assert.match(stdout, /(\d+) tests, \1 passed, 0 skipped, 0 failed/, stdout)
      }),
    )
  }).timeout(300_000)

  it('passes all of them in cleartext', async function () {
    const program = programOrSkip(this)
    await withServer(hello, {}, async ({ server }) => {
      const stdout = await report(program, portOf(server))
      assert.match(stdout, /(\d+) tests, \1 passed, 0 skipped, 0 failed/, stdout)
    })
  }).timeout(300_000)
})
