import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, it } from 'mocha'
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

describe('HTTP/2 as h2spec sees it', () => {
  it('passes all of its tests over TLS', async function () {
    const program = h2spec()
    if (program === null) {
      assert.ok(process.env['CI'] === undefined, 'h2spec cannot be built: is Go missing?')
      this.skip()
    }
    await withCertificate((files) =>
      withServer(hello, { ...files }, async ({ server }) => {
        const args = ['-t', '-k', '-h', '127.0.0.1', '-p', String(portOf(server))]
        const { stdout } = await promisify(execFile)(program, args).catch(
          (error: { stdout: string }) => error,
        )
        assert.match(stdout, /(\d+) tests, \1 passed, 0 skipped, 0 failed/, stdout)
      }),
    )
  }).timeout(300_000)
})
